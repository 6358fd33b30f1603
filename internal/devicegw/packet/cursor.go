package packet

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"
)

// cursor takes fields off the front of a packet body. The first failure
// sticks: later calls return zero values, so that a decoder may read several
// fields and check err once.
type cursor struct {
	b   []byte
	err error
}

func (c *cursor) fail(err error) {
	if c.err == nil {
		c.err = err
	}
	c.b = nil
}

func (c *cursor) take(n int) []byte {
	if c.err == nil && n > len(c.b) {
		c.fail(malformed("packet ends too early"))
	}
	if c.err != nil {
		return nil
	}
	out := c.b[:n:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) uint8() byte {
	b := c.take(1)
	if b == nil {
		return 0
	}
	return b[0]
}

func (c *cursor) uint16() uint16 {
	b := c.take(2)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint16(b)
}

func (c *cursor) uint32() uint32 {
	b := c.take(4)
	if b == nil {
		return 0
	}
	return binary.BigEndian.Uint32(b)
}

// varint reads a variable byte integer (MQTT 5.0 §1.5.5).
func (c *cursor) varint() uint32 {
	n := uint32(0)
	for i := range 4 {
		b := c.uint8()
		if c.err != nil {
			return 0
		}
		n |= uint32(b&0x7F) << (7 * i)
		if b < 0x80 {
			if b == 0 && i > 0 {
				c.fail(malformed("variable byte integer not in shortest form"))
				return 0
			}
			return n
		}
	}
	c.fail(malformed("variable byte integer longer than four bytes"))
	return 0
}

// binary reads a length-prefixed byte string. The result is a slice of the
// packet; it is non-nil, though maybe empty, unless the cursor failed.
func (c *cursor) binary() []byte { return c.take(int(c.uint16())) }

// string reads a UTF-8 string and refuses invalid UTF-8 and U+0000
// (MQTT 5.0 §1.5.4).
func (c *cursor) string() string {
	s := string(c.binary())
	if !utf8.ValidString(s) {
		c.fail(malformed("string is not UTF-8"))
		return ""
	}
	if strings.IndexByte(s, 0) >= 0 {
		c.fail(malformed("string contains U+0000"))
		return ""
	}
	return s
}

// packetID reads a packet identifier, which is never zero.
func (c *cursor) packetID() uint16 {
	id := c.uint16()
	if c.err == nil && id == 0 {
		c.fail(violation("packet identifier zero"))
	}
	return id
}

// end reports the failure of the cursor, or that bytes are left over.
func (c *cursor) end() error {
	if c.err == nil && len(c.b) > 0 {
		c.fail(malformed("bytes after the end of the packet"))
	}
	return c.err
}
