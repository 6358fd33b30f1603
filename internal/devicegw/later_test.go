package devicegw_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// laterAnswers makes a handler that answers the messages "later" when the test
// calls what comes out of the channel.
func laterAnswers() (*recorder, <-chan func(error)) {
	answers := make(chan func(error), 100)
	h := newRecorder()
	h.onMessage = func(_ context.Context, m devicegw.Message) error {
		if string(m.Payload) == "later" {
			answers <- m.Later()
		}
		return nil
	}
	return h, answers
}

// Acknowledgements and pings of a machine are read while a message of it waits
// for its answer, or a command would wait for a heartbeat.
func TestCommandWhileAnAnswerIsDue(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		for qos, ack := range map[byte]packet.Type{1: packet.PUBACK, 2: packet.PUBREC} {
			h, answers := laterAnswers()
			s := serveTCP(t, devicegw.Config{}, h)
			m := s.online(t, v, "7")
			m.send(publication("/server/app", qos, 1, "later"))
			answer := receive(t, answers)
			m.ping()
			sent := make(chan error, 1)
			go func() { sent <- s.Send(t.Context(), "7", devicegw.Outgoing{Payload: []byte("command")}) }()
			command := expect[*packet.Publish](m)
			m.send(&packet.Ack{Type: packet.PUBACK, PacketID: command.PacketID})
			if err := receive(t, sent); err != nil {
				t.Errorf("Send: %v", err)
			}
			if n := s.Stats().MessagesIn; n != 0 {
				t.Errorf("%d messages taken before the answer", n)
			}
			answer(nil)
			expectAck(m, ack, 1, packet.Success)
			if n := s.Stats().MessagesIn; n != 1 {
				t.Errorf("%d messages taken", n)
			}
		}
	})
}

// Messages are answered in their order, whoever is answered later, and handled in it
// if the handler wants to.
func TestAnswersStayInOrder(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		var due atomic.Bool
		h := newRecorder()
		h.onMessage = func(_ context.Context, m devicegw.Message) error {
			kind := string(m.Payload)
			if kind == "now" {
				m.Settle()
				if due.Load() {
					t.Error("a message was handled before the one before it was answered")
				}
			}
			if kind == "later" {
				due.Store(true)
				answer := m.Later()
				go func() {
					runtime.Gosched()
					due.Store(false)
					answer(nil)
				}()
			}
			return nil
		}
		s := serveTCP(t, devicegw.Config{}, h)
		m := s.connect(t, connectPacket(v, "7"))
		const n = 300
		var raw []byte
		for i := range n {
			raw, _ = packet.Append(raw, v, publication("/server/app", 1, uint16(i+1), []string{"later", "now", "later", "urgent"}[i%4]))
		}
		subscribe := &packet.Subscribe{PacketID: 9, Filters: []packet.Filter{{Topic: "/clients/7", QoS: 1}}}
		raw, _ = packet.Append(raw, v, publication("/server/app", 1, n+1, "later"))
		raw, _ = packet.Append(raw, v, subscribe)
		m.sendRaw(raw)
		for i := range n + 1 {
			expectAck(m, packet.PUBACK, uint16(i+1), packet.Success)
		}
		expect[*packet.Suback](m)
	})
}

// A message may be handled while the one before it waits for its answer. It is
// acknowledged behind that one.
func TestMessageWhileAnAnswerIsDue(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		h, answers := laterAnswers()
		s := serveTCP(t, devicegw.Config{}, h)
		m := s.connect(t, connectPacket(v, "7"))
		m.send(publication("/server/app", 1, 1, "later"))
		answer := receive(t, answers)
		receive(t, s.messages)
		m.send(publication("/server/app", 1, 2, "urgent"))
		if got := receive(t, s.messages); string(got.Payload) != "urgent" {
			t.Errorf("got %q", got.Payload)
		}
		answer(nil)
		expectAck(m, packet.PUBACK, 1, packet.Success)
		expectAck(m, packet.PUBACK, 2, packet.Success)
		if n := s.Stats().MessagesIn; n != 2 {
			t.Errorf("%d messages taken", n)
		}
	})
}

// A message that the handler does not get to see is answered in its turn as well.
func TestRefusalWhileAnAnswerIsDue(t *testing.T) {
	retained := publication("/server/app", 1, 2, "")
	retained.Retain = true
	for label, refused := range map[string]*packet.Publish{
		"topic": publication("/server/other", 1, 2, ""), "retained": retained,
	} {
		synctest.Test(t, func(t *testing.T) {
			h, answers := laterAnswers()
			s := servePipe(t, devicegw.Config{}, h)
			m := s.connect(t, connectPacket(packet.V311, "7"))
			m.send(publication("/server/app", 1, 1, "later"))
			answer := receive(t, answers)
			m.send(refused)
			synctest.Wait()
			if n := s.Stats().Dropped[label]; n != 1 {
				t.Errorf("%d dropped for %s before the answer", n, label)
			}
			go answer(nil)
			expectAck(m, packet.PUBACK, 1, packet.Success)
			expectAck(m, packet.PUBACK, 2, packet.Success)
		})
	}
}

// The end of a connection, and its will, come behind the answer: a heartbeat
// that was taken after it would leave the machine online for ever.
func TestEndWaitsForTheAnswer(t *testing.T) {
	h, answers := laterAnswers()
	s := serveTCP(t, devicegw.Config{}, h)
	var due atomic.Int64
	h.onState = func(st devicegw.ConnState) {
		if !st.Online && due.Load() != 0 {
			t.Errorf("%s: %q before its message was answered", st.MachineNo, st.Reason)
		}
	}
	for i := range 50 {
		no := fmt.Sprint(i)
		m := s.connect(t, withWill(connectPacket(packet.V5, no)))
		receive(t, s.states)
		due.Store(1)
		m.send(publication("/server/app", 1, 1, "later"))
		answer := receive(t, answers)
		if got := receive(t, s.messages); string(got.Payload) != "later" {
			t.Fatalf("got %q", got.Payload)
		}
		m.send(&packet.Ack{Type: packet.PUBREC, PacketID: 1})
		m.expectEnd(packet.ProtocolError)
		due.Store(0)
		answer(nil)
		if got := receive(t, s.messages); !got.Will || got.Later != nil {
			t.Errorf("got %+v, want the will, which is answered at once", got)
		}
		if st := receive(t, s.states); st.Online || st.Reason != "protocol error" {
			t.Errorf("state %+v", st)
		}
	}
}

func TestAnswerThatIsAnError(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		h, answers := laterAnswers()
		s := serveTCP(t, devicegw.Config{}, h)
		m := s.connect(t, connectPacket(v, "7"))
		receive(t, s.states)
		m.send(publication("/server/app", 1, 1, "later"))
		receive(t, answers)(errors.New("no database"))
		m.expectEnd(packet.ImplementationSpecific)
		if st := receive(t, s.states); st.Online || st.Reason != "handler error" {
			t.Errorf("state %+v", st)
		}
		if n := s.Stats().Dropped["handler error"]; n != 1 {
			t.Errorf("%d dropped", n)
		}
	})
}

// A machine that trusts its lost session is not deaf when its first message is
// answered later.
func TestTrustedSessionAnsweredLater(t *testing.T) {
	h, answers := laterAnswers()
	s := serveTCP(t, devicegw.Config{}, h)
	m := s.connect(t, lasting(connectPacket(packet.V311, "7")))
	on := receive(t, s.states)
	m.send(publication("/server/app", 1, 1, "later"))
	receive(t, answers)(nil)
	expectAck(m, packet.PUBACK, 1, packet.Success)
	if r := receive(t, s.readies); r.epoch != on.Epoch {
		t.Errorf("ready %+v, want epoch %d", r, on.Epoch)
	}
	go m.answer()
	if err := s.Send(t.Context(), "7", devicegw.Outgoing{}); err != nil {
		t.Errorf("Send: %v", err)
	}
}

// A panic in what follows from an answer closes the connection, as in any handler.
func TestPanicOfALaterAnswer(t *testing.T) {
	h, answers := laterAnswers()
	s := serveTCP(t, devicegw.Config{}, h)
	m := s.connect(t, lasting(connectPacket(packet.V5, "7")))
	receive(t, s.states)
	close(h.readies) // OnReady panics
	m.send(publication("/server/app", 1, 1, "later"))
	receive(t, answers)(nil)
	m.expectEnd(packet.UnspecifiedError)
	if st := receive(t, s.states); st.Online || st.Reason != "internal error" {
		t.Errorf("state %+v", st)
	}
}

// Shutdown waits for an answer as for any handler.
func TestShutdownWaitsForTheAnswer(t *testing.T) {
	h, answers := laterAnswers()
	s := serveTCP(t, devicegw.Config{}, h)
	m := s.connect(t, connectPacket(packet.V311, "7"))
	m.send(publication("/server/app", 1, 1, "later"))
	answer := receive(t, answers)
	over, end := context.WithCancel(t.Context())
	end()
	if err := s.Shutdown(over); !errors.Is(err, context.Canceled) {
		t.Errorf("Shutdown before the answer: %v", err)
	}
	answer(nil)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
