package vending

import (
	"strings"
	"unicode/utf8"
)

// Storable tells whether every store engine can keep a text: it is UTF-8 without
// U+0000, which PostgreSQL refuses. Adapters check it where texts come in.
func Storable(text string) bool {
	return utf8.ValidString(text) && !strings.Contains(text, "\x00")
}
