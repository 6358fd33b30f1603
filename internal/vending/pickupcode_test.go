package vending_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
	"testing/iotest"

	"github.com/vendlane/vendlane/internal/vending"
)

func TestValidCode(t *testing.T) {
	for text, want := range map[string]bool{
		"123456": true, "0000000000": true, "5288640": true,
		"": false, "12345": false, "12345678901": false, "12345x": false, " 123456": false, "123456٣": false, "-123456": false,
	} {
		if got := vending.ValidCode(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// Codes have the length asked for, start with 1–9 and use the whole range
// (openapi.md §7.8).
func TestNewCode(t *testing.T) {
	for length := vending.MinCodeLength; length <= vending.MaxCodeLength; length++ {
		first := map[byte]bool{}
		for range 500 {
			code, err := vending.NewCode(rand.Reader, length)
			if err != nil {
				t.Fatal(err)
			}
			if len(code) != length || !vending.ValidCode(code) || code[0] == '0' {
				t.Fatalf("code %q of length %d", code, length)
			}
			first[code[0]] = true
		}
		if len(first) != 9 {
			t.Errorf("length %d: first digits %v, want nine", length, first)
		}
	}
	lowest, err := vending.NewCode(bytes.NewReader(make([]byte, 64)), 6)
	if err != nil || lowest != "100000" {
		t.Errorf("lowest code %s, %v", lowest, err)
	}
	broken := errors.New("no randomness")
	if _, err := vending.NewCode(iotest.ErrReader(broken), 6); !errors.Is(err, broken) {
		t.Errorf("without randomness: %v", err)
	}
}
