package devicegw_test

import (
	"context"
	"errors"
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
		if w := receive(t, s.messages); !w.Will || !w.Outdated || w.Epoch != first.Epoch {
			t.Errorf("will %+v, want an outdated one of epoch %d", w, first.Epoch)
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

// Two connections of a machine that come at the same time: the one with the
// higher epoch stays, also when the other one is ready later.
func TestOvertakenBeforeItsTurn(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		h := newRecorder()
		entered, leave := make(chan struct{}, 1), make(chan struct{})
		h.connecting = func(string) (int64, error) {
			epoch := h.epoch.Add(1)
			if epoch == 1 {
				entered <- struct{}{}
				<-leave
			}
			return epoch, nil
		}
		s := serveTCP(t, devicegw.Config{}, h)
		slow := s.open(t, v, "7")
		slow.send(withWill(connectPacket(v, "7")))
		receive(t, entered)
		m := s.online(t, v, "7")
		close(leave)
		if code := expect[*packet.Connack](slow).Code; code == 0 {
			t.Error("the older connection was accepted")
		}
		slow.expectEnd(0)
		go m.answer()
		if err := s.Send(t.Context(), "7", devicegw.Outgoing{}); err != nil {
			t.Error(err)
		}
	})
}

// A machine is not accepted while its connection cannot be noted.
func TestConnectionNotNoted(t *testing.T) {
	h := newRecorder()
	h.connecting = func(string) (int64, error) { return 0, errors.New("store down") }
	s := serveTCP(t, devicegw.Config{}, h)
	m := s.open(t, packet.V311, "7")
	m.send(connectPacket(packet.V311, "7"))
	if code := expect[*packet.Connack](m).Code; code != packet.ServerUnavailable3 {
		t.Errorf("code %d, want server unavailable", code)
	}
	m.expectEnd(0)
	none(t, s.states)
}

// A machine that has connected to another node is let go, unless it has come
// back since.
func TestTakenOverElsewhere(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		m := s.connect(t, withWill(connectPacket(v, "7")))
		epoch := receive(t, s.states).Epoch
		if got := s.Epochs(); len(got) != 1 || got["7"] != epoch {
			t.Errorf("epochs %v, want %d of machine 7", got, epoch)
		}
		if s.TakenOver("7", epoch) || s.TakenOver("8", epoch+1) {
			t.Error("a connection that is as new, or that there is not, was ended")
		}
		if !s.TakenOver("7", epoch+1) || s.TakenOver("7", epoch+1) {
			t.Error("want the older connection ended once")
		}
		m.expectEnd(packet.SessionTakenOver)
		if w := receive(t, s.messages); !w.Will || !w.Outdated || w.Epoch != epoch {
			t.Errorf("will %+v, want an outdated one of epoch %d", w, epoch)
		}
	})
}

// A machine whose password is not accepted any more is cut off: its will counts,
// nothing reaches it, and its session is gone.
func TestRefuse(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		p := withWill(connectPacket(v, "7"))
		p.CleanStart = false
		m := s.connect(t, p)
		epoch := receive(t, s.states).Epoch
		if s.Refuse("7", epoch-1) || s.Refuse("8", epoch) {
			t.Error("a newer connection, or one that there is not, was ended")
		}
		m.ping()
		if !s.Refuse("7", epoch) || s.Refuse("7", epoch) {
			t.Error("want the connection ended once")
		}
		if err := s.Send(t.Context(), "7", devicegw.Outgoing{}); !errors.Is(err, devicegw.ErrOffline) {
			t.Errorf("Send: %v, want ErrOffline", err)
		}
		m.expectEnd(packet.AdministrativeAction)
		if w := receive(t, s.messages); !w.Will || w.Outdated || w.Epoch != epoch {
			t.Errorf("will %+v, want one of epoch %d that counts", w, epoch)
		}
		if off := receive(t, s.states); off.Online || off.Epoch != epoch || off.Reason != "password not accepted" {
			t.Errorf("state %+v", off)
		}
		again := s.open(t, v, "7")
		again.send(p)
		if ack := expect[*packet.Connack](again); ack.Code != 0 || ack.SessionPresent {
			t.Errorf("CONNACK %+v, want a new session", ack)
		}
	})
}

// All machines are sent away at once, and may come back.
func TestDisconnectAll(t *testing.T) {
	s := serveTCP(t, devicegw.Config{}, newRecorder())
	machines := []*machine{
		s.connect(t, withWill(connectPacket(packet.V5, "7"))), s.connect(t, withWill(connectPacket(packet.V5, "8"))),
	}
	s.DisconnectAll()
	for _, m := range machines {
		m.expectEnd(packet.ServerShuttingDown)
	}
	for range 2 * len(machines) { // their beginnings and ends
		receive(t, s.states)
	}
	s.online(t, packet.V5, "7")
	none(t, s.messages)
}
