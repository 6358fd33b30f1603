package packet

import (
	"encoding/binary"
	"math"
)

func appendUint16(dst []byte, n uint16) []byte { return binary.BigEndian.AppendUint16(dst, n) }

func appendVarint(dst []byte, n uint32) []byte {
	for n >= 0x80 {
		dst = append(dst, byte(n)|0x80)
		n >>= 7
	}
	return append(dst, byte(n))
}

func appendString[T string | []byte](dst []byte, s T) ([]byte, error) {
	if len(s) > math.MaxUint16 {
		return dst, violation("string longer than 65,535 bytes")
	}
	return append(appendUint16(dst, uint16(len(s))), s...), nil
}
