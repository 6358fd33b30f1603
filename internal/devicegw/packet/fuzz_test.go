package packet

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
)

// FuzzDecode feeds a byte stream as a server would see it: packets one after
// the other, in both versions, the version changing when a CONNECT is accepted.
// What decodes must encode again to something that decodes to the same.
func FuzzDecode(f *testing.F) {
	var session5, session3 []byte
	for _, c := range goodPackets {
		raw, err := hex.DecodeString(strings.ReplaceAll(c.hex, " ", ""))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(c.v), raw)
		if c.v == V5 {
			session5 = append(session5, raw...)
		} else {
			session3 = append(session3, raw...)
		}
	}
	f.Add(byte(V5), session5)
	f.Add(byte(V311), session3)
	f.Add(byte(V311), []byte("\x30\xff\xff\xff\x7f"))
	f.Fuzz(func(t *testing.T, level byte, stream []byte) {
		v := V311
		if level == byte(V5) {
			v = V5
		}
		const limit = 1 << 16
		r := bufio.NewReaderSize(bytes.NewReader(stream), 16)
		for {
			first, body, err := ReadFrame(r, limit)
			var refused *Error
			if err != nil {
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.As(err, &refused) {
					t.Fatalf("unexpected kind of error: %v", err)
				}
				return
			}
			if len(body) > limit {
				t.Fatalf("body of %d bytes", len(body))
			}
			p, err := Decode(v, first, body)
			if err != nil {
				if !errors.As(err, &refused) || refused.Reason < 0x80 {
					t.Fatalf("unexpected kind of error: %v", err)
				}
				continue
			}
			if c, ok := p.(*Connect); ok {
				v = c.Version
			}
			checkRoundTrip(t, v, p)
		}
	})
}

func checkRoundTrip(t *testing.T, v Version, p Packet) {
	t.Helper()
	raw, err := Append(nil, v, p)
	if err != nil {
		t.Fatalf("%#v does not encode: %v", p, err)
	}
	first, body, err := ReadFrame(bufio.NewReader(bytes.NewReader(raw)), MaxLength)
	if err != nil {
		t.Fatalf("%#v encodes to an unreadable frame: %v", p, err)
	}
	again, err := Decode(v, first, body)
	if err != nil {
		t.Fatalf("%#v encodes to what does not decode: %v", p, err)
	}
	if !reflect.DeepEqual(p, again) {
		t.Fatalf("round trip\n%#v\n%#v", p, again)
	}
}
