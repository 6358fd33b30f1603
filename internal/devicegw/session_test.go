package devicegw_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// A machine that lost its connection is reachable as soon as it is back, also
// if it relies on its session and does not subscribe again.
func TestSessionKeepsSubscription(t *testing.T) {
	for name, end := range map[string]func(m *machine){
		"connection lost": func(m *machine) { m.drop() },
		"DISCONNECT":      func(m *machine) { m.send(&packet.Disconnect{}) },
		"take-over":       nil,
	} {
		t.Run(name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v packet.Version) {
				s := serveTCP(t, devicegw.Config{}, newRecorder())
				m := s.connect(t, lasting(connectPacket(v, "7")))
				receive(t, s.states)
				m.subscribe()
				receive(t, s.readies)
				if end != nil {
					end(m)
					receive(t, s.states)
				}
				m, present := s.reconnect(t, lasting(connectPacket(v, "7")))
				if !present {
					t.Error("no session present")
				}
				for {
					if on := receive(t, s.states); on.Online {
						if r := receive(t, s.readies); r.epoch != on.Epoch {
							t.Errorf("ready %+v, want epoch %d", r, on.Epoch)
						}
						break
					}
				}
				result := s.sendAsync(t.Context(), "7", devicegw.Outgoing{Payload: []byte("cmd")})
				m.send(&packet.Ack{Type: packet.PUBACK, PacketID: expect[*packet.Publish](m).PacketID})
				if err := receive(t, result); err != nil {
					t.Error(err)
				}
				m.subscribe() // does no harm
				none(t, s.readies)
			})
		})
	}
}

// What ends a session, or leaves the subscription out of it.
func TestSessionIsNotResumed(t *testing.T) {
	expiry := func(n uint32) packet.Properties {
		return packet.Properties{{ID: packet.SessionExpiry, Num: n}}
	}
	for _, c := range []struct {
		name    string
		only5   bool
		first   func(p *packet.Connect)
		end     func(m *machine) // nil: taken over
		second  func(p *packet.Connect)
		present bool // but without a subscription
	}{
		{name: "clean start", end: (*machine).drop, second: func(p *packet.Connect) { p.CleanStart = true }},
		{name: "first session was clean", first: func(p *packet.Connect) { p.CleanStart, p.Props = true, nil }, end: (*machine).drop},
		{name: "clean session taken over", first: func(p *packet.Connect) { p.CleanStart, p.Props = true, nil }},
		{name: "no expiry", only5: true, first: func(p *packet.Connect) { p.Props = nil }, end: (*machine).drop},
		{name: "DISCONNECT ends it", only5: true, end: func(m *machine) { m.send(&packet.Disconnect{Props: expiry(0)}) }},
		{name: "unsubscribed", present: true, end: func(m *machine) {
			m.send(&packet.Unsubscribe{PacketID: 1, Topics: []string{"/clients/7"}})
			expect[*packet.Unsuback](m)
			m.drop()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, v packet.Version) {
				if c.only5 && v != packet.V5 {
					t.Skip("exists in 5.0 only")
				}
				s := serveTCP(t, devicegw.Config{}, newRecorder())
				first, second := lasting(connectPacket(v, "7")), lasting(connectPacket(v, "7"))
				if c.first != nil {
					c.first(first)
				}
				if c.second != nil {
					c.second(second)
				}
				m := s.connect(t, first)
				receive(t, s.states)
				m.subscribe()
				receive(t, s.readies)
				if c.end != nil {
					c.end(m)
					receive(t, s.states)
				}
				m, present := s.reconnect(t, second)
				if present != c.present {
					t.Errorf("session present %v", present)
				}
				m.ping()
				none(t, s.readies)
				wantErr(t, s.Send(t.Context(), "7", devicegw.Outgoing{}), devicegw.ErrOffline)
			})
		})
	}
}

func TestSessionExpires(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		for _, c := range []struct {
			away time.Duration
			want bool
		}{{time.Hour - time.Second, true}, {time.Hour, false}} {
			synctest.Test(t, func(t *testing.T) {
				s := servePipe(t, devicegw.Config{}, newRecorder())
				s.connect(t, lasting(connectPacket(v, "7"))).drop()
				receive(t, s.states)
				receive(t, s.states)
				time.Sleep(c.away)
				if _, present := s.reconnect(t, lasting(connectPacket(v, "7"))); present != c.want {
					t.Errorf("after %v: session present %v", c.away, present)
				}
			})
		}
	})
}

func TestQoS2HandledOnceAcrossConnections(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		m := s.connect(t, lasting(connectPacket(v, "7")))
		p := publication("/server/app", 2, 3, "once")
		m.send(p)
		expectAck(m, packet.PUBREC, 3, 0)
		receive(t, s.messages)
		m, _ = s.reconnect(t, lasting(connectPacket(v, "7")))
		p.Dup = true
		m.send(p)
		expectAck(m, packet.PUBREC, 3, 0)
		m.send(&packet.Ack{Type: packet.PUBREL, PacketID: 3})
		expectAck(m, packet.PUBCOMP, 3, 0)
		none(t, s.messages)
	})
}

// A machine that lost its side of the session starts counting anew; its
// messages must not be taken for old ones, nor the window stay full.
func TestQoS2OfMachineThatLostItsState(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		m := s.connect(t, lasting(connectPacket(v, "7")))
		for id := range uint16(128) {
			m.send(publication("/server/app", 2, id+1, "before"))
			expectAck(m, packet.PUBREC, id+1, 0)
			receive(t, s.messages)
		}
		m, _ = s.reconnect(t, lasting(connectPacket(v, "7")))
		m.send(publication("/server/app", 2, 1, "after"))
		expectAck(m, packet.PUBREC, 1, 0)
		if got := receive(t, s.messages); string(got.Payload) != "after" {
			t.Errorf("got %q", got.Payload)
		}
		m.send(publication("/server/app", 2, 500, "too many"))
		m.expectEnd(packet.ReceiveMaximumExceeded)
		m, _ = s.reconnect(t, lasting(connectPacket(v, "7")))
		m.send(publication("/server/app", 2, 500, "now"))
		expectAck(m, packet.PUBREC, 500, 0)
		if got := receive(t, s.messages); string(got.Payload) != "now" {
			t.Errorf("got %q", got.Payload)
		}
	})
}

// A machine that relies on a session it had before a restart, or at another
// node, and publishes without subscribing first, is not deaf.
func TestTrustedSession(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		reach := func(want error) {
			t.Helper()
			if err := s.Send(t.Context(), "7", devicegw.Outgoing{}); !errors.Is(err, want) {
				t.Errorf("Send: %v, want %v", err, want)
			}
		}
		m := s.connect(t, lasting(connectPacket(v, "7")))
		on := receive(t, s.states)
		reach(devicegw.ErrOffline)
		m.send(publication("/server/app", 1, 1, "heartbeat"))
		expectAck(m, packet.PUBACK, 1, packet.Success)
		if r := receive(t, s.readies); r.epoch != on.Epoch {
			t.Errorf("ready %+v, want epoch %d", r, on.Epoch)
		}
		go m.answer()
		reach(nil)

		// Neither one that wants no session, nor one that has said what it wants.
		for name, start := range map[string]func() *machine{
			"clean": func() *machine { return s.connect(t, connectPacket(v, "7")) },
			"unsubscribed": func() *machine {
				m, _ := s.reconnect(t, lasting(connectPacket(v, "7")))
				m.send(&packet.Unsubscribe{PacketID: 3, Topics: []string{"/clients/7"}})
				expect[*packet.Unsuback](m)
				return m
			},
		} {
			m := start()
			m.send(publication("/server/app", 1, 1, "heartbeat"))
			expectAck(m, packet.PUBACK, 1, packet.Success)
			t.Log(name)
			reach(devicegw.ErrOffline)
		}
	})
}
