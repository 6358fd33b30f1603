package vending_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/vending"
)

func TestStorable(t *testing.T) {
	for text, want := range map[string]bool{
		"": true, "可乐 🥤\n\x01": true, "\uFFFD": true,
		"\x00": false, "a\x00b": false, "\xff": false, "a\xed\xa0\x80": false,
	} {
		if got := vending.Storable(text); got != want {
			t.Errorf("Storable(%q) = %v", text, got)
		}
	}
}
