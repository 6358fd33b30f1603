package signature

import (
	"slices"
	"strings"
)

// Form says how names and texts are written in the canonical string (signing.md §3).
type Form int

// The forms.
const (
	// Raw writes names and texts as they are. Vendlane signs in this form only.
	Raw Form = iota
	// Escaped writes them in application/x-www-form-urlencoded as Go does: a space
	// becomes "+", and of the punctuation only "-", "_", "." and "~" stay.
	Escaped
	// EscapedJava is Escaped in the dialect of Java: "*" stays and "~" is escaped.
	EscapedJava
)

// forms lists every form that a received signature may have.
var forms = [...]Form{Raw, Escaped, EscapedJava}

// signMember is the member that holds the signature and is not signed itself.
const signMember = "sign"

// pair is one line of the canonical string.
type pair struct{ name, text string }

// counts reports whether a text enters the signature at all.
func counts(text string) bool { return text != "" && text != "NULL" }

// sortPairs orders by the bytes of the names, before any escaping. Pairs whose
// flattened names happen to be equal ({"a[b]":1,"a":{"b":2}}) keep their order.
func sortPairs(pairs []pair) {
	slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.name, b.name) })
}

// Canonical returns the string whose MD5 is the signature (signing.md §3). It ends
// with the key, so it is as secret as the key: show it in tests and tools, never in
// a log.
func (o *Object) Canonical(f Form, key string) string {
	return string(appendKey(o.appendPairs(nil, f), key))
}

// appendPairs appends the canonical string without the key.
func (o *Object) appendPairs(dst []byte, f Form) []byte {
	for i, p := range o.pairs {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = appendText(dst, p.name, f)
		dst = append(dst, '=')
		dst = appendText(dst, p.text, f)
	}
	return dst
}

// appendKey appends the end of the canonical string. Keys are never escaped.
func appendKey(dst []byte, key string) []byte {
	return append(append(dst, "&key="...), key...)
}

func appendText(dst []byte, text string, f Form) []byte {
	if f == Raw {
		return append(dst, text...)
	}
	const hexDigits = "0123456789ABCDEF"
	for i := range len(text) {
		switch c := text[i]; {
		case unescaped(c, f):
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return dst
}

func unescaped(c byte, f Form) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', isDigit(c):
		return true
	case c == '-', c == '_', c == '.':
		return true
	case c == '~':
		return f == Escaped
	case c == '*':
		return f == EscapedJava
	}
	return false
}
