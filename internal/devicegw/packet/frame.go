package packet

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// MaxLength is the largest remaining length MQTT can express, in bytes.
const MaxLength = 268_435_455

// ReadFrame reads one packet: its first byte and what follows the remaining
// length. Memory is taken only after the remaining length was found to be at
// most limit bytes; a longer one is refused with PacketTooLarge. The body
// belongs to the caller. Errors are *Error for what the peer did wrong; io.EOF
// if the stream ended before the first byte, io.ErrUnexpectedEOF if it ended
// inside the packet, else the reader's error.
func ReadFrame(r *bufio.Reader, limit int) (first byte, body []byte, err error) {
	if first, err = r.ReadByte(); err != nil {
		return 0, nil, err
	}
	length, err := readLength(r)
	if err != nil {
		return 0, nil, err
	}
	if length > limit {
		return 0, nil, &Error{PacketTooLarge, fmt.Sprintf("packet of %d bytes, allowed %d", length, limit)}
	}
	if length == 0 {
		return first, nil, nil
	}
	body = make([]byte, length)
	if _, err = io.ReadFull(r, body); err != nil {
		return 0, nil, unexpected(err)
	}
	return first, body, nil
}

func readLength(r io.ByteReader) (int, error) {
	n := 0
	for i := range 4 {
		b, err := r.ReadByte()
		if err != nil {
			return 0, unexpected(err)
		}
		n |= int(b&0x7F) << (7 * i)
		if b < 0x80 {
			if b == 0 && i > 0 {
				return 0, malformed("remaining length not in shortest form")
			}
			return n, nil
		}
	}
	return 0, malformed("remaining length longer than four bytes")
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
