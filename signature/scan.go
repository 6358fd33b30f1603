package signature

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads the tokens of RFC 8259 from valid UTF-8. It is written by hand
// because numbers must keep their text and duplicate names must be seen, and
// because every request passes through it.
type scanner struct {
	text string
	pos  int
}

// fail tells what is wrong and where. It never quotes the input, which may hold
// codes or passwords.
func (s *scanner) fail(what string) error {
	return fmt.Errorf("%w: %s at byte %d", ErrMalformed, what, s.pos)
}

// peek returns the byte at the current position, 0 at the end of the text.
func (s *scanner) peek() byte {
	if s.pos < len(s.text) {
		return s.text[s.pos]
	}
	return 0
}

func (s *scanner) space() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\n', '\r':
			s.pos++
		default:
			return
		}
	}
}

// word consumes the literal if it stands at the current position.
func (s *scanner) word(literal string) bool {
	if !strings.HasPrefix(s.text[s.pos:], literal) {
		return false
	}
	s.pos += len(literal)
	return true
}

// next moves to the next element of a container: past the comma, or past the
// closing bracket, which it reports. first says that no element was read yet.
func (s *scanner) next(closing byte, first bool) (end bool, err error) {
	s.space()
	if s.peek() == closing {
		s.pos++
		return true, nil
	}
	if first {
		return false, nil
	}
	if s.peek() != ',' {
		return false, s.fail("comma or closing bracket expected")
	}
	s.pos++
	s.space()
	return false, nil
}

func (s *scanner) readNumber() (string, error) {
	start := s.pos
	if s.peek() == '-' {
		s.pos++
	}
	if s.peek() == '0' {
		s.pos++
	} else if !s.digits() {
		return "", s.fail("digit expected")
	}
	if s.peek() == '.' {
		s.pos++
		if !s.digits() {
			return "", s.fail("digit expected")
		}
	}
	if c := s.peek(); c == 'e' || c == 'E' {
		s.pos++
		if c := s.peek(); c == '+' || c == '-' {
			s.pos++
		}
		if !s.digits() {
			return "", s.fail("digit expected")
		}
	}
	return s.text[start:s.pos], nil
}

// digits consumes decimal digits and reports whether there was at least one.
func (s *scanner) digits() bool {
	start := s.pos
	for isDigit(s.peek()) {
		s.pos++
	}
	return s.pos > start
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// readString reads a string and resolves its escapes. A string without escapes is
// a part of the text and costs no copy.
func (s *scanner) readString() (string, error) {
	if s.peek() != '"' {
		return "", s.fail("string expected")
	}
	s.pos++
	var decoded []byte
	start := s.pos // of the characters not yet copied to decoded
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == '"':
			rest := s.text[start:s.pos]
			s.pos++
			if decoded == nil {
				return rest, nil
			}
			return string(append(decoded, rest...)), nil
		case c == '\\':
			decoded = append(decoded, s.text[start:s.pos]...)
			r, err := s.readEscape()
			if err != nil {
				return "", err
			}
			decoded = utf8.AppendRune(decoded, r)
			start = s.pos
		case c < ' ':
			return "", s.fail("control character in a string")
		default:
			s.pos++
		}
	}
	return "", s.fail("string does not end")
}

// readEscape reads the escape whose backslash stands at the current position.
func (s *scanner) readEscape() (rune, error) {
	s.pos++
	if s.pos == len(s.text) {
		return 0, s.fail("string does not end")
	}
	c := s.peek()
	s.pos++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		r, ok := s.hex4()
		if ok && utf16.IsSurrogate(r) {
			low := rune(0)
			if ok = s.word(`\u`); ok {
				low, ok = s.hex4()
			}
			r = utf16.DecodeRune(r, low)
			ok = ok && r != utf8.RuneError
		}
		if ok {
			return r, nil
		}
	}
	return 0, s.fail("bad escape")
}

// hex4 consumes the four hex digits of a \u escape.
func (s *scanner) hex4() (rune, bool) {
	if len(s.text)-s.pos < 4 {
		return 0, false
	}
	r, err := strconv.ParseUint(s.text[s.pos:s.pos+4], 16, 16)
	s.pos += 4
	return rune(r), err == nil
}
