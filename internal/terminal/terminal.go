// Package terminal keeps texts of others from commanding an operator's terminal.
// Machines, merchants and receivers of callbacks write texts that end there: in the
// log, in the machine log, in alerts. What a terminal might act on (control
// characters, also those above ASCII, and directions of writing) is not among what
// is shown.
package terminal

import (
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Text returns a text with such characters replaced; it stays on its line.
func Text(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return unicode.ReplacementChar
	}, text)
}

// Short is Text, cut to at most so many bytes between two characters.
func Short(text string, most int) string {
	text = Text(text)
	return strings.ToValidUTF8(text[:min(len(text), most)], "")
}

// JSON writes lines of JSON to W with such characters as escapes, which mean the
// same to whoever reads the JSON. encoding/json and slog escape those of ASCII
// only.
type JSON struct{ W io.Writer }

// Write implements io.Writer.
func (j JSON) Write(line []byte) (int, error) {
	out := make([]byte, 0, len(line))
	for rest := line; len(rest) > 0; {
		c, size := utf8.DecodeRune(rest)
		if c == '\n' || unicode.IsPrint(c) {
			out = append(out, rest[:size]...)
		} else {
			for _, unit := range utf16.Encode([]rune{c}) {
				out = append(out, '\\', 'u', hexDigit(unit>>12), hexDigit(unit>>8), hexDigit(unit>>4), hexDigit(unit))
			}
		}
		rest = rest[size:]
	}
	if _, err := j.W.Write(out); err != nil {
		return 0, err
	}
	return len(line), nil
}

func hexDigit(n uint16) byte { return "0123456789abcdef"[n&15] }
