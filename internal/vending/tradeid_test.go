package vending_test

import (
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/vending"
)

// consume.md §2.
func TestParseTradeID(t *testing.T) {
	const (
		bare   = "800a7e9500d345c8987d3aafa412c77d"
		dashed = "800a7e95-00d3-45c8-987d-3aafa412c77d"
	)
	for _, test := range []struct{ sent, key, shown string }{
		{bare, bare, dashed},
		{strings.ToUpper(bare), bare, dashed},
		{dashed, bare, dashed},
		{strings.ToUpper(dashed), bare, dashed},
		{"20240429000000000001", "20240429000000000001", "20240429000000000001"},
		{"aZ_-aZ_-aZ_-aZ_-aZ_-", "aZ_-aZ_-aZ_-aZ_-aZ_-", "aZ_-aZ_-aZ_-aZ_-aZ_-"},
		{bare[:31], bare[:31], bare[:31]},
		{bare[:31] + "g", bare[:31] + "g", bare[:31] + "g"},
		{bare[:31] + "-", bare[:31] + "-", bare[:31] + "-"},
	} {
		got, err := vending.ParseTradeID(test.sent)
		if want := (vending.TradeID{Sent: test.sent, Key: test.key, Shown: test.shown}); err != nil || got != want {
			t.Errorf("%s: %+v, %v, want %+v", test.sent, got, err, want)
		}
	}
	for _, text := range []string{
		"", strings.Repeat("1", 19), strings.Repeat("1", 33), strings.Repeat("1", 35), strings.Repeat("1", 36), strings.Repeat("1", 37), dashed + "0",
		strings.Repeat("1", 19) + " ", strings.Repeat("1", 19) + ".", strings.Repeat("1", 18) + "é", strings.Repeat("1", 19) + "\x00",
		"800a7e95-00d3-45c8-987d-3aafa412c77g", "800a7e950-0d3-45c8-987d-3aafa412c77d", "800a7e95-00d3-45c8-987d3-aafa412c77d",
		"{00a7e95-00d3-45c8-987d-3aafa412c77}", "800a7e95_00d3_45c8_987d_3aafa412c77d",
		// Control characters that become digits if one bit is set.
		"\x180a7e950-00d3-45c8-987d-3aafa412c77d", "\x10\x11\x12\x13\x14\x15\x16\x17-00d3-45c8-987d-3aafa412c77d",
	} {
		if got, err := vending.ParseTradeID(text); vending.CodeOf(err) != vending.CodeTradeIDInvalid {
			t.Errorf("%q: %+v, %v, want 40001", text, got, err)
		}
	}
}

func FuzzParseTradeID(f *testing.F) {
	for _, seed := range []string{"", "800a7e95-00d3-45c8-987d-3aafa412c77d", "800A7E9500d345c8987d3aafa412c77d", "20240429000000000001"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := vending.ParseTradeID(text)
		if err != nil {
			return
		}
		if got.Sent != text {
			t.Errorf("sent as %q", got.Sent)
		}
		if strings.Trim(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-") != "" {
			t.Errorf("%q was accepted", text)
		}
		// What is shown is the same order number.
		again, err := vending.ParseTradeID(got.Shown)
		if err != nil || again.Key != got.Key || again.Shown != got.Shown {
			t.Errorf("%q shows %q, which is %+v (%v)", text, got.Shown, again, err)
		}
	})
}
