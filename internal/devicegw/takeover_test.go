package devicegw_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// answer acknowledges every command until the connection ends.
func (m *machine) answer() {
	for {
		p, err := m.next()
		if err != nil {
			return
		}
		pub, ok := p.(*packet.Publish)
		if !ok {
			continue
		}
		raw, err := packet.Append(nil, m.v, &packet.Ack{Type: packet.PUBACK, PacketID: pub.PacketID})
		if err != nil {
			return
		}
		if _, err := m.nc.Write(raw); err != nil {
			return
		}
	}
}

func TestTakeOver(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		old := s.connect(t, withWill(connectPacket(v, "7")))
		first := receive(t, s.states)
		old.subscribe()
		receive(t, s.readies)
		pending := s.sendAsync(t.Context(), "7", devicegw.Outgoing{Payload: []byte("cmd")})
		expect[*packet.Publish](old)

		m := s.connect(t, withWill(connectPacket(v, "7")))
		old.expectEnd(packet.SessionTakenOver)
		wantErr(t, receive(t, pending), devicegw.ErrNotAcknowledged)
		var off, on devicegw.ConnState
		for range 2 { // in either order
			if st := receive(t, s.states); st.Online {
				on = st
			} else {
				off = st
			}
		}
		if off.Epoch != first.Epoch || off.Reason != "taken over" || on.Epoch <= first.Epoch {
			t.Errorf("first %+v, offline %+v, online %+v", first, off, on)
		}
		if w := receive(t, s.messages); !w.Will || w.Epoch != first.Epoch {
			t.Errorf("will %+v, want epoch %d", w, first.Epoch)
		}
		none(t, s.messages)

		// The new connection is alone and works.
		wantErr(t, s.Send(t.Context(), "7", devicegw.Outgoing{}), devicegw.ErrOffline)
		m.subscribe()
		if r := receive(t, s.readies); r.epoch != on.Epoch {
			t.Errorf("ready %+v, want epoch %d", r, on.Epoch)
		}
		go m.answer()
		if err := s.Send(t.Context(), "7", devicegw.Outgoing{}); err != nil {
			t.Error(err)
		}
		if st := s.Stats(); st.Machines != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

// The old connection's handler returns only after the new one is at work.
func TestTakeOverWhileHandlerRuns(t *testing.T) {
	h := newRecorder()
	entered, leave := make(chan struct{}, 1), make(chan struct{})
	h.onMessage = func(_ context.Context, m devicegw.Message) error {
		if string(m.Payload) == "slow" {
			entered <- struct{}{}
			<-leave
		}
		return nil
	}
	s := serveTCP(t, devicegw.Config{}, h)
	old := s.online(t, packet.V5, "7")
	// The second message is read into the buffer but must not be handled
	// after the take-over.
	var raw []byte
	raw, _ = packet.Append(raw, packet.V5, publication("/server/app", 1, 1, "slow"))
	raw, _ = packet.Append(raw, packet.V5, publication("/server/app", 1, 2, "behind"))
	old.sendRaw(raw)
	receive(t, entered)

	m := s.online(t, packet.V5, "7")
	old.expectEnd(packet.SessionTakenOver)
	go m.answer()
	if err := s.Send(t.Context(), "7", devicegw.Outgoing{}); err != nil {
		t.Error(err)
	}
	close(leave)
	if off := receive(t, s.states); off.Online {
		t.Errorf("state %+v", off)
	}
	if msg := receive(t, s.messages); string(msg.Payload) != "slow" {
		t.Errorf("message %+v", msg)
	}
	none(t, s.messages)
	if err := s.Send(t.Context(), "7", devicegw.Outgoing{}); err != nil {
		t.Errorf("the end of the old connection hurt the new one: %v", err)
	}
}

func TestEpochsIncreaseWhateverTheClockDoes(t *testing.T) {
	readings := []int64{1000, 500, 1000, 1002, 5000}
	want := []int64{1000, 1001, 1002, 1003, 5000}
	i := 0
	s := serveTCP(t, devicegw.Config{Clock: func() int64 { i++; return readings[i-1] }}, newRecorder())
	for n, epoch := range want {
		s.connect(t, connectPacket(packet.V311, fmt.Sprint(n)))
		if st := receive(t, s.states); st.Epoch != epoch {
			t.Errorf("epoch %d, want %d", st.Epoch, epoch)
		}
	}
}
