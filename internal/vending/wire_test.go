package vending_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/vending"
)

// Booleans are "1" and "0" on the wire (mqtt.md §3.1).
func TestFlag(t *testing.T) {
	if on, off := vending.Flag(true), vending.Flag(false); on != "1" || off != "0" {
		t.Errorf("on %q, off %q", on, off)
	}
}

// Paths of stored pictures become URLs; everything else is sent as it is.
func TestPictureURL(t *testing.T) {
	for _, c := range []struct{ public, picture, want string }{
		{"https://vm.example", "/storage/shop/a.png", "https://vm.example/storage/shop/a.png"},
		{"", "/storage/shop/a.png", "/storage/shop/a.png"},
		{"https://vm.example", "https://cdn.example/a.png", "https://cdn.example/a.png"},
		{"https://vm.example", "a.png", "a.png"},
		{"https://vm.example", "", ""},
	} {
		if got := vending.PictureURL(c.public, c.picture); got != c.want {
			t.Errorf("%q under %q: %q, want %q", c.picture, c.public, got, c.want)
		}
	}
}
