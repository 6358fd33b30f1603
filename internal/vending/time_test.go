package vending_test

import (
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests must not depend on the host

	"github.com/vendlane/vendlane/internal/vending"
)

func location(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

// openapi.md §2, machine zone.
func TestZone(t *testing.T) {
	fallback := time.FixedZone("GMT+8", 8*3600)
	for name, want := range map[string]string{
		"": "GMT+8", "Nowhere/Atlantis": "GMT+8", "../etc/passwd": "GMT+8", "Europe/Berlin": "Europe/Berlin", "UTC": "UTC",
	} {
		if got := vending.Zone(name, fallback).String(); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}

func TestFormat(t *testing.T) {
	const at = 1714353655999 // shown without its milliseconds
	for name, want := range map[string][2]string{
		"Asia/Shanghai":       {"2024-04-29", "2024-04-29 09:20:55"},
		"America/Los_Angeles": {"2024-04-28", "2024-04-28 18:20:55"},
	} {
		zone := location(t, name)
		if d, dt := vending.FormatDate(at, zone), vending.FormatDateTime(at, zone); d != want[0] || dt != want[1] {
			t.Errorf("%s: %s, %s", name, d, dt)
		}
	}
	if got := vending.FormatDateTime(0, time.UTC); got != "" {
		t.Errorf("no time is %q", got)
	}
}

func TestParseDateTime(t *testing.T) {
	shanghai, berlin := location(t, "Asia/Shanghai"), location(t, "Europe/Berlin")
	for _, test := range []struct {
		text string
		zone *time.Location
		want int64
	}{
		{"2024-12-31 23:59:59", shanghai, 1735660799000},
		{"2024-12-31 23:59:59", berlin, 1735685999000},
		{"2024-02-29 00:00:00", time.UTC, 1709164800000},
	} {
		if got, err := vending.ParseDateTime(test.text, test.zone); err != nil || got != test.want {
			t.Errorf("%s in %s: %d, %v, want %d", test.text, test.zone, got, err, test.want)
		}
	}
	for _, text := range []string{
		"", "2024-12-31", "2024-12-31 23:59", "2024-12-31T23:59:59", "2024-12-31 23:59:59 ", "2023-02-29 00:00:00", "2024-13-01 00:00:00",
		"2024-12-31 24:00:00", "2024-12-31 23:60:00", "2024-12-31 23:59:60", "2024-1-1 00:00:00", "2024-12-31 23:59:59.0", "12024-12-31 23:59:59",
	} {
		if vending.ValidDateTime(text) {
			t.Errorf("%q is valid", text)
		}
	}
	// Summer time begins: 02:30 does not exist on that night.
	if got, err := vending.ParseDateTime("2024-03-31 02:30:00", berlin); err == nil {
		t.Errorf("a skipped time was read as %d", got)
	}
	if !vending.ValidDateTime("2024-03-31 02:30:00") {
		t.Error("the form of a time does not depend on a zone")
	}
}

func FuzzParseDateTime(f *testing.F) {
	for _, seed := range []string{"2024-12-31 23:59:59", "2024-02-30 00:00:00", "", "9999-12-31 23:59:59"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, err := vending.ParseDateTime(text, time.UTC)
		if err == nil && at != 0 && vending.FormatDateTime(at, time.UTC) != text {
			t.Errorf("%q is shown as %q", text, vending.FormatDateTime(at, time.UTC))
		}
	})
}
