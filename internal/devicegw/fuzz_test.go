package devicegw_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// FuzzGateway sends arbitrary bytes to a running gateway, as the first bytes of
// a connection or after a CONNECT of either version. Whatever comes, the gateway
// stays up, reports a beginning and an end for what it accepted, and serves the
// next machine.
func FuzzGateway(f *testing.F) {
	for mode, v := range []packet.Version{packet.V311, packet.V5} {
		connect, err := packet.Append(nil, v, withWill(connectPacket(v, "7")))
		if err != nil {
			f.Fatal(err)
		}
		session := connect
		for _, p := range everyPacket(v) {
			raw, err := packet.Append(nil, v, p)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(byte(0), raw)
			f.Add(byte(mode+1), raw)
			if _, again := p.(*packet.Connect); !again {
				session = append(session, raw...)
			}
		}
		f.Add(byte(0), session)
		f.Add(byte(mode+1), session[len(connect):])
	}
	f.Fuzz(func(t *testing.T, mode byte, raw []byte) {
		synctest.Test(t, func(t *testing.T) {
			s := servePipe(t, devicegw.Config{}, newRecorder())
			m := s.open(t, packet.V311, "7")
			if mode %= 3; mode > 0 {
				v := versions[mode-1].v
				m = s.connect(t, connectPacket(v, "7"))
			}
			go func() { _, _ = io.Copy(io.Discard, m.br) }()
			_ = m.nc.SetWriteDeadline(time.Now().Add(patience))
			_, _ = m.nc.Write(raw)
			m.drop()
			synctest.Wait()
			s.connect(t, connectPacket(packet.V311, "8"))
			online := make(map[int64]bool)
			for len(s.states) > 0 {
				st := <-s.states
				if online[st.Epoch] == st.Online {
					t.Fatalf("state %+v twice", st)
				}
				online[st.Epoch] = st.Online
				if st.MachineNo == "8" {
					online[st.Epoch] = false
				}
			}
			for epoch, still := range online {
				if still {
					t.Fatalf("epoch %d has no end", epoch)
				}
			}
			if st := s.Stats(); st.Ended["internal error"] > 0 {
				t.Fatal("panic")
			}
		})
	})
}
