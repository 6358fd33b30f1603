package signature

import (
	"bytes"
	"encoding/base64"
	"fmt"
)

// DecodeBase64 decodes a payload as leniently as signing.md §2.3 wants: the standard
// or the URL-safe alphabet (not both in one text), padding present or absent, ASCII
// white space anywhere. Padding that is present must be complete. Everything else
// fails with an error that wraps [ErrMalformed].
//
// The length of text is not limited; the result is never longer than text.
func DecodeBase64(text []byte) ([]byte, error) {
	digits := make([]byte, 0, len(text))
	standard, urlSafe := false, false
	for _, c := range text {
		switch c {
		case ' ', '\t', '\n', '\v', '\f', '\r':
			continue
		case '+', '/':
			standard = true
		case '-':
			urlSafe, c = true, '+'
		case '_':
			urlSafe, c = true, '/'
		}
		digits = append(digits, c)
	}
	if standard && urlSafe {
		return nil, fmt.Errorf("%w: base64 alphabets mixed", ErrMalformed)
	}
	unpadded := bytes.TrimRight(digits, "=")
	padding := len(digits) - len(unpadded)
	if padding > 2 || padding > 0 && len(digits)%4 != 0 {
		return nil, fmt.Errorf("%w: wrong base64 padding", ErrMalformed)
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(unpadded)))
	n, err := base64.RawStdEncoding.Decode(out, unpadded)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return out[:n], nil
}
