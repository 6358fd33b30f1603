package devicegw_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

func publication(topic string, qos byte, id uint16, payload string) *packet.Publish {
	return &packet.Publish{Topic: topic, QoS: qos, PacketID: id, Payload: []byte(payload)}
}

func TestMessageReachesHandler(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		m := s.connect(t, connectPacket(v, "7"))
		epoch := receive(t, s.states).Epoch
		for qos := range byte(3) {
			for _, topic := range []string{"/server/app", "/server/app/7"} {
				p := publication(topic, qos, uint16(qos)*5, "body")
				p.Dup = qos > 0
				if v == packet.V5 {
					p.Props = packet.Properties{{ID: packet.MessageExpiry, Num: 3}, {ID: packet.UserProperty, Str: "a", Val: "b"}}
				}
				m.send(p)
				want := devicegw.Message{MachineNo: "7", Epoch: epoch, Topic: topic, Payload: []byte("body"), QoS: qos, Dup: qos > 0}
				got := receive(t, s.messages)
				got.Later, got.Settle = nil, nil // functions, which nothing is equal to
				if !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v, want %+v", got, want)
				}
				switch qos {
				case 1:
					expectAck(m, packet.PUBACK, 5, 0)
				case 2:
					expectAck(m, packet.PUBREC, 10, 0)
					m.send(&packet.Ack{Type: packet.PUBREL, PacketID: 10})
					expectAck(m, packet.PUBCOMP, 10, 0)
				}
			}
		}
		m.ping()
		if st := s.Stats(); st.MessagesIn != 6 || st.Accepted != 1 || st.Connections != 1 || st.Machines != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

func TestAcknowledgementWaitsForHandler(t *testing.T) {
	for qos, typ := range map[byte]packet.Type{1: packet.PUBACK, 2: packet.PUBREC} {
		eachVersion(t, func(t *testing.T, v packet.Version) {
			h := newRecorder()
			entered, leave := make(chan struct{}), make(chan struct{})
			h.onMessage = func(context.Context, devicegw.Message) error {
				entered <- struct{}{}
				<-leave
				return nil
			}
			s := serveTCP(t, devicegw.Config{}, h)
			m := s.online(t, v, "7")
			m.send(publication("/server/app", qos, 1, "x"))
			receive(t, entered)
			// A command written now overtakes the acknowledgement, which
			// proves that none was written before.
			sent := make(chan error, 1)
			go func() { sent <- s.Send(context.Background(), "7", devicegw.Outgoing{Payload: []byte("now")}) }()
			cmd := expect[*packet.Publish](m)
			close(leave)
			expectAck(m, typ, 1, 0)
			m.send(&packet.Ack{Type: packet.PUBACK, PacketID: cmd.PacketID})
			if err := receive(t, sent); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestHandlerErrorClosesWithoutAcknowledgement(t *testing.T) {
	for _, qos := range []byte{1, 2} {
		eachVersion(t, func(t *testing.T, v packet.Version) {
			h := newRecorder()
			h.onMessage = func(context.Context, devicegw.Message) error { return errors.New("no database") }
			s := serveTCP(t, devicegw.Config{}, h)
			m := s.connect(t, connectPacket(v, "7"))
			receive(t, s.states)
			m.send(publication("/server/app", qos, 1, "x"))
			m.expectEnd(packet.ImplementationSpecific)
			if st := receive(t, s.states); st.Online || st.Reason != "handler error" {
				t.Errorf("state %+v", st)
			}
		})
	}
}

func TestHandlerErrorAtQoS0KeepsConnection(t *testing.T) {
	h := newRecorder()
	h.onMessage = func(context.Context, devicegw.Message) error { return errors.New("no database") }
	s := serveTCP(t, devicegw.Config{}, h)
	m := s.connect(t, connectPacket(packet.V5, "7"))
	m.send(publication("/server/app", 0, 0, "x"))
	m.ping()
	if st := s.Stats(); st.Dropped["handler error"] != 1 || st.MessagesIn != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestHandlerPanicClosesOnlyItsConnection(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		h := newRecorder()
		h.onMessage = func(_ context.Context, m devicegw.Message) error {
			if m.MachineNo == "7" {
				panic("bug")
			}
			return nil
		}
		s := serveTCP(t, devicegw.Config{}, h)
		other := s.connect(t, connectPacket(v, "8"))
		receive(t, s.states)
		// The will panics as well.
		m := s.connect(t, withWill(connectPacket(v, "7")))
		receive(t, s.states)
		m.send(publication("/server/app", 1, 1, "x"))
		m.expectEnd(packet.UnspecifiedError)
		if st := receive(t, s.states); st.Online || st.MachineNo != "7" || st.Reason != "internal error" {
			t.Errorf("state %+v", st)
		}
		other.send(publication("/server/app", 1, 1, "x"))
		expectAck(other, packet.PUBACK, 1, 0)
	})
}

func TestMessagesStayInOrder(t *testing.T) {
	s := serveTCP(t, devicegw.Config{}, newRecorder())
	m := s.connect(t, connectPacket(packet.V311, "7"))
	const n = 500
	var raw []byte
	for i := range n {
		raw, _ = packet.Append(raw, packet.V311, publication("/server/app", byte(i%2), uint16(i%2*(i+1)), fmt.Sprint(i)))
	}
	m.sendRaw(raw)
	for i := range n {
		if got := string(receive(t, s.messages).Payload); got != fmt.Sprint(i) {
			t.Fatalf("message %d is %s", i, got)
		}
		if i%2 == 1 {
			expectAck(m, packet.PUBACK, uint16(i+1), 0)
		}
	}
}

func TestDeniedTopics(t *testing.T) {
	for _, topic := range []string{
		"/server/app/8", "/server/app/", "/server/app/7/", "/server/app/7/x", "/server/app7", "/server",
		"server/app", "/clients/7", "/clients/8", "$SYS/x", "/SERVER/APP",
	} {
		eachVersion(t, func(t *testing.T, v packet.Version) {
			s := serveTCP(t, devicegw.Config{}, newRecorder())
			m := s.connect(t, connectPacket(v, "7"))
			reason := packet.Success
			if v == packet.V5 {
				reason = packet.NotAuthorized
			}
			m.send(publication(topic, 0, 0, "x"))
			m.send(publication(topic, 1, 1, "x"))
			expectAck(m, packet.PUBACK, 1, reason)
			m.send(publication(topic, 2, 2, "x"))
			expectAck(m, packet.PUBREC, 2, reason)
			if v == packet.V311 {
				m.send(&packet.Ack{Type: packet.PUBREL, PacketID: 2})
				expectAck(m, packet.PUBCOMP, 2, 0)
			}
			m.ping()
			none(t, s.messages)
			if st := s.Stats(); st.Dropped["topic"] != 3 {
				t.Errorf("stats %+v", st)
			}
		})
	}
}

func TestRetainedRefused(t *testing.T) {
	t.Run("3.1.1", func(t *testing.T) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		m := s.connect(t, connectPacket(packet.V311, "7"))
		p := publication("/server/app/7", 1, 1, "x")
		p.Retain = true
		m.send(p)
		expectAck(m, packet.PUBACK, 1, 0)
		none(t, s.messages)
		if st := s.Stats(); st.Dropped["retained"] != 1 {
			t.Errorf("stats %+v", st)
		}
	})
	t.Run("5.0", func(t *testing.T) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		m := s.connect(t, connectPacket(packet.V5, "7"))
		p := publication("/server/app/7", 1, 1, "x")
		p.Retain = true
		m.send(p)
		m.expectEnd(packet.RetainNotSupported)
		none(t, s.messages)
	})
}

func TestQoS2HandledOnce(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		m := s.connect(t, connectPacket(v, "7"))
		p := publication("/server/app", 2, 3, "once")
		m.send(p)
		expectAck(m, packet.PUBREC, 3, 0)
		p.Dup = true
		m.send(p)
		expectAck(m, packet.PUBREC, 3, 0)
		receive(t, s.messages)
		none(t, s.messages)
		m.send(&packet.Ack{Type: packet.PUBREL, PacketID: 3})
		expectAck(m, packet.PUBCOMP, 3, 0)
		unknown := packet.Success
		if v == packet.V5 {
			unknown = packet.PacketIDNotFound
		}
		m.send(&packet.Ack{Type: packet.PUBREL, PacketID: 3})
		expectAck(m, packet.PUBCOMP, 3, unknown)
		// The identifier is free again for the next message.
		m.send(publication("/server/app", 2, 3, "next"))
		expectAck(m, packet.PUBREC, 3, 0)
		if got := receive(t, s.messages); string(got.Payload) != "next" {
			t.Errorf("got %q", got.Payload)
		}
	})
}

func TestQoS2WindowIsBounded(t *testing.T) {
	s := serveTCP(t, devicegw.Config{}, newRecorder())
	m := s.connect(t, connectPacket(packet.V5, "7"))
	for id := range uint16(128) {
		m.send(publication("/server/app", 2, id+1, "x"))
		expectAck(m, packet.PUBREC, id+1, 0)
	}
	m.send(publication("/server/app", 2, 200, "x"))
	m.expectEnd(packet.ReceiveMaximumExceeded)
}

func TestSubscriptions(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		denied := byte(0x80)
		if v == packet.V5 {
			denied = 0x87
		}
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		m := s.connect(t, connectPacket(v, "7"))
		m.send(&packet.Subscribe{PacketID: 1, Filters: []packet.Filter{
			{Topic: "/clients/8"}, {Topic: "/clients/+"}, {Topic: "/clients/#"}, {Topic: "#"}, {Topic: "/server/app/7"},
			{Topic: "$share/g/clients/7"}, {Topic: "/clients/7/"}, {Topic: "clients/7"},
		}})
		if ack := expect[*packet.Suback](m); ack.PacketID != 1 || string(ack.Codes) != string([]byte{denied, denied, denied, denied, denied, denied, denied, denied}) {
			t.Errorf("SUBACK %+v", ack)
		}
		none(t, s.readies)
		if s.Connected("7") {
			t.Error("connected without a subscription")
		}
		m.send(&packet.Subscribe{PacketID: 2, Filters: []packet.Filter{{Topic: "#"}, {Topic: "/clients/7", QoS: 2}}})
		if ack := expect[*packet.Suback](m); string(ack.Codes) != string([]byte{denied, 1}) {
			t.Errorf("SUBACK %+v", ack)
		}
		receive(t, s.readies)
		if !s.Connected("7") {
			t.Error("not connected after the subscription")
		}
		// Repeated, at another QoS: still 1, and no second OnReady.
		m.send(&packet.Subscribe{PacketID: 3, Filters: []packet.Filter{{Topic: "/clients/7", QoS: 0}}})
		if ack := expect[*packet.Suback](m); string(ack.Codes) != "\x01" {
			t.Errorf("SUBACK %+v", ack)
		}
		m.send(&packet.Unsubscribe{PacketID: 4, Topics: []string{"/clients/8", "/clients/7", "/clients/7"}})
		ack := expect[*packet.Unsuback](m)
		if v == packet.V5 && string(ack.Codes) != "\x11\x00\x11" {
			t.Errorf("UNSUBACK %+v", ack)
		}
		if s.Connected("7") {
			t.Error("connected after unsubscribe")
		}
		none(t, s.readies)
		m.subscribe()
		receive(t, s.readies)
	})
}

func TestSubscriptionIdentifierRejected(t *testing.T) {
	s := serveTCP(t, devicegw.Config{}, newRecorder())
	m := s.connect(t, connectPacket(packet.V5, "7"))
	m.send(&packet.Subscribe{
		PacketID: 1, Props: packet.Properties{{ID: packet.SubscriptionID, Num: 1}},
		Filters: []packet.Filter{{Topic: "/clients/7", QoS: 1}},
	})
	if ack := expect[*packet.Suback](m); string(ack.Codes) != "\xa1" {
		t.Errorf("SUBACK %+v", ack)
	}
}

// What a connected machine may not send.
func TestProtocolErrors(t *testing.T) {
	encode := func(v packet.Version, p packet.Packet) string {
		raw, err := packet.Append(nil, v, p)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	const both = packet.Version(0)
	for _, c := range []struct {
		name string
		v    packet.Version
		raw  string
		want packet.Reason
	}{
		{"second CONNECT 3.1.1", packet.V311, encode(packet.V311, connectPacket(packet.V311, "7")), 0},
		{"second CONNECT 5.0", packet.V5, encode(packet.V5, connectPacket(packet.V5, "7")), packet.ProtocolError},
		{"CONNACK", packet.V311, "\x20\x02\x00\x00", 0},
		{"PINGRESP", both, "\xd0\x00", packet.ProtocolError},
		{"AUTH", packet.V5, "\xf0\x00", packet.ProtocolError},
		{"reserved type", both, "\x00\x00", packet.MalformedPacket},
		{"PUBREC", both, "\x50\x02\x00\x01", packet.ProtocolError},
		{"PUBCOMP", both, "\x70\x02\x00\x01", packet.ProtocolError},
		{"QoS 3", both, "\x36\x05\x00\x02/a\x00", packet.MalformedPacket},
		{"wildcard topic", packet.V311, "\x30\x04\x00\x02/#", 0},
		{"wildcard topic", packet.V5, "\x30\x05\x00\x02/#\x00", packet.TopicNameInvalid},
		{"topic alias", packet.V5, "\x30\x06\x00\x00\x03\x23\x00\x01", packet.TopicAliasInvalid},
		{"subscription identifier", packet.V5, "\x30\x07\x00\x02/a\x02\x0b\x01", packet.ProtocolError},
		{"packet above the limit", both, "\x30\x80\x80\x80\x01", packet.PacketTooLarge},
		{"body above the limit", both, encode(packet.V5, publication("/server/app", 0, 0, string(make([]byte, 1025)))), packet.PacketTooLarge},
		{"subscribe without filters", packet.V311, "\x82\x02\x00\x01", 0},
		{"session expiry at DISCONNECT only", packet.V5, encode(packet.V5, &packet.Disconnect{
			Props: packet.Properties{{ID: packet.SessionExpiry, Num: 9}},
		}), packet.ProtocolError},
	} {
		eachVersion(t, func(t *testing.T, v packet.Version) {
			if c.v != both && c.v != v {
				return
			}
			t.Run(c.name, func(t *testing.T) {
				s := serveTCP(t, devicegw.Config{MaxPacket: 1024}, newRecorder())
				m := s.connect(t, withWill(connectPacket(v, "7")))
				receive(t, s.states)
				m.sendRaw([]byte(c.raw))
				m.expectEnd(c.want)
				if will := receive(t, s.messages); !will.Will {
					t.Errorf("message %+v instead of the will", will)
				}
				if st := receive(t, s.states); st.Online || st.Reason != "protocol error" {
					t.Errorf("state %+v", st)
				}
			})
		})
	}
}

func TestLargestBodyIsTaken(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		m := s.connect(t, connectPacket(v, "7"))
		m.send(publication("/server/app/7", 1, 1, string(make([]byte, 64<<10))))
		expectAck(m, packet.PUBACK, 1, 0)
		if n := len(receive(t, s.messages).Payload); n != 64<<10 {
			t.Errorf("%d bytes", n)
		}
	})
}
