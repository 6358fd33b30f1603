package certify

import (
	"net"
	"testing"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// Whatever comes from the network, the tap hands it on unchanged.
func FuzzTap(f *testing.F) {
	hello, err := packet.Append(nil, packet.V311, &packet.Connect{Version: packet.V311, ClientID: machineNo, KeepAlive: 60})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(hello, []byte{0x20, 2, 0, 0})
	f.Add(append(hello, 0x30, 5, 0, 1, 'a', '{', '}'), []byte{0x40, 2, 0, 1, 0x40, 2, 0, 2})
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), []byte{0x40})
	f.Add([]byte{0xC0, 0}, []byte{0xD0, 0})
	f.Fuzz(func(t *testing.T, in, out []byte) {
		machine, inside := net.Pipe()
		s := &station{events: newEvents(clock)}
		tapped := &tap{Conn: inside, s: s}
		go func() {
			_, _ = machine.Write(in)
			_ = machine.Close()
		}()
		var got []byte
		buf := make([]byte, 7)
		for {
			n, err := tapped.Read(buf)
			got = append(got, buf[:n]...)
			if err != nil {
				break
			}
		}
		if string(got) != string(in) {
			t.Errorf("read %q, want %q", got, in)
		}
		if pass := tapped.filter(out); string(pass) != string(out) {
			t.Errorf("wrote %q, want %q", pass, out)
		}
		_ = tapped.Close()
	})
}
