package devicegw_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// sendAsync starts a Send and returns its result.
func (s *server) sendAsync(ctx context.Context, no string, out devicegw.Outgoing) <-chan error {
	result := make(chan error, 1)
	go func() { result <- s.Send(ctx, no, out) }()
	return result
}

// wantErr fails unless err wraps want and no other error of Send.
func wantErr(t testing.TB, err, want error) {
	t.Helper()
	wrapped := 0
	for _, e := range []error{devicegw.ErrOffline, devicegw.ErrTooLarge, devicegw.ErrNotAcknowledged} {
		if errors.Is(err, e) {
			wrapped++
		}
	}
	if wrapped != 1 || !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func TestSend(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		m := s.online(t, v, "7")
		result := s.sendAsync(t.Context(), "7", devicegw.Outgoing{Payload: []byte("cmd"), Expiry: 29_001 * time.Millisecond})
		got := expect[*packet.Publish](m)
		want := &packet.Publish{QoS: 1, Topic: "/clients/7", PacketID: 1, Payload: []byte("cmd")}
		if v == packet.V5 {
			want.Props = packet.Properties{{ID: packet.MessageExpiry, Num: 30}}
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
		select {
		case err := <-result:
			t.Fatalf("Send returned %v before the PUBACK", err)
		default:
		}
		m.send(&packet.Ack{Type: packet.PUBACK, PacketID: 77}) // unknown: ignored
		m.send(&packet.Ack{Type: packet.PUBACK, PacketID: got.PacketID})
		if err := receive(t, result); err != nil {
			t.Error(err)
		}
		if st := s.Stats(); st.MessagesOut != 1 || st.Acknowledged != 1 {
			t.Errorf("stats %+v", st)
		}
	})
}

func TestSendOffline(t *testing.T) {
	s := serveTCP(t, devicegw.Config{}, newRecorder())
	send := func() error { return s.Send(t.Context(), "7", devicegw.Outgoing{Payload: []byte("cmd")}) }
	wantErr(t, send(), devicegw.ErrOffline)
	m := s.connect(t, connectPacket(packet.V311, "7"))
	receive(t, s.states)
	wantErr(t, send(), devicegw.ErrOffline) // not subscribed
	m.subscribe()
	m.send(&packet.Unsubscribe{PacketID: 1, Topics: []string{"/clients/7"}})
	expect[*packet.Unsuback](m)
	wantErr(t, send(), devicegw.ErrOffline)
	m.subscribe()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantErr(t, s.Send(ctx, "7", devicegw.Outgoing{}), devicegw.ErrOffline)
	m.ping() // nothing was written before the PINGRESP
	m.send(&packet.Disconnect{})
	receive(t, s.states)
	wantErr(t, send(), devicegw.ErrOffline)
	if st := s.Stats(); st.MessagesOut != 0 {
		t.Errorf("stats %+v", st)
	}
}

func TestSendNotAcknowledged(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(m *machine, cancel func(), cmd *packet.Publish)
	}{
		{"connection lost", func(m *machine, _ func(), _ *packet.Publish) { m.drop() }},
		{"DISCONNECT", func(m *machine, _ func(), _ *packet.Publish) { m.send(&packet.Disconnect{}) }},
		{"context ended", func(_ *machine, cancel func(), _ *packet.Publish) { cancel() }},
		{"negative PUBACK", func(m *machine, _ func(), cmd *packet.Publish) {
			m.send(&packet.Ack{Type: packet.PUBACK, PacketID: cmd.PacketID, Reason: packet.QuotaExceeded})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := serveTCP(t, devicegw.Config{}, newRecorder())
			m := s.online(t, packet.V5, "7")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			result := s.sendAsync(ctx, "7", devicegw.Outgoing{Payload: []byte("cmd")})
			c.end(m, cancel, expect[*packet.Publish](m))
			wantErr(t, receive(t, result), devicegw.ErrNotAcknowledged)
		})
	}
	t.Run("AckTimeout", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := servePipe(t, devicegw.Config{}, newRecorder())
			m := s.online(t, packet.V5, "7")
			start := time.Now()
			result := s.sendAsync(t.Context(), "7", devicegw.Outgoing{})
			expect[*packet.Publish](m)
			wantErr(t, <-result, devicegw.ErrNotAcknowledged)
			if d := time.Since(start); d != 10*time.Second {
				t.Errorf("after %v", d)
			}
			if !s.Connected("7") {
				t.Error("one late PUBACK ended the connection")
			}
		})
	})
}

func TestSendTooLarge(t *testing.T) {
	s := serveTCP(t, devicegw.Config{}, newRecorder())
	p := connectPacket(packet.V5, "7")
	p.Props = packet.Properties{{ID: packet.MaximumPacketSize, Num: 100}}
	m := s.connect(t, p)
	m.subscribe()
	// 2 fixed header, 2+10 topic, 2 identifier, 1 properties.
	wantErr(t, s.Send(t.Context(), "7", devicegw.Outgoing{Payload: make([]byte, 84)}), devicegw.ErrTooLarge)
	wantErr(t, s.Send(t.Context(), "7", devicegw.Outgoing{Payload: make([]byte, 64<<10+1)}), devicegw.ErrTooLarge)
	result := s.sendAsync(t.Context(), "7", devicegw.Outgoing{Payload: make([]byte, 83)})
	got := expect[*packet.Publish](m)
	m.send(&packet.Ack{Type: packet.PUBACK, PacketID: got.PacketID})
	if err := receive(t, result); err != nil {
		t.Error(err)
	}
}

func TestSendsGoOutInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servePipe(t, devicegw.Config{}, newRecorder())
		m := s.online(t, packet.V311, "7")
		const n = 100 // more than the window
		results := make([]<-chan error, n)
		for i := range n {
			results[i] = s.sendAsync(t.Context(), "7", devicegw.Outgoing{Payload: []byte(fmt.Sprint(i))})
			synctest.Wait() // called, and written or waiting for the window
		}
		for i := range n {
			got := expect[*packet.Publish](m)
			if string(got.Payload) != fmt.Sprint(i) {
				t.Fatalf("message %d is %s", i, got.Payload)
			}
			m.send(&packet.Ack{Type: packet.PUBACK, PacketID: got.PacketID})
			if err := <-results[i]; err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestSendRespectsReceiveMaximum(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servePipe(t, devicegw.Config{}, newRecorder())
		p := connectPacket(packet.V5, "7")
		p.Props = packet.Properties{{ID: packet.ReceiveMaximum, Num: 2}}
		m := s.connect(t, p)
		receive(t, s.states)
		m.subscribe()
		var results [3]<-chan error
		for i := range results {
			results[i] = s.sendAsync(t.Context(), "7", devicegw.Outgoing{})
		}
		first, second := expect[*packet.Publish](m), expect[*packet.Publish](m)
		m.ping() // nothing in between
		m.send(&packet.Ack{Type: packet.PUBACK, PacketID: second.PacketID})
		third := expect[*packet.Publish](m)
		if third.PacketID == first.PacketID {
			t.Error("identifier in flight used again")
		}
		m.send(&packet.Ack{Type: packet.PUBACK, PacketID: first.PacketID})
		m.send(&packet.Ack{Type: packet.PUBACK, PacketID: third.PacketID})
		for _, r := range results {
			if err := <-r; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestFullWindow(t *testing.T) {
	full := func(t *testing.T, ackTimeout time.Duration) (*server, *machine, *packet.Publish) {
		s := servePipe(t, devicegw.Config{MaxPendingMessages: 1, AckTimeout: ackTimeout}, newRecorder())
		m := s.online(t, packet.V5, "7")
		result := s.sendAsync(t.Context(), "7", devicegw.Outgoing{})
		first := expect[*packet.Publish](m)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wantErr(t, s.Send(ctx, "7", devicegw.Outgoing{}), devicegw.ErrOffline)
		wantErr(t, <-result, devicegw.ErrNotAcknowledged)
		return s, m, first
	}
	t.Run("late PUBACK frees it", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, m, first := full(t, 10*time.Second)
			m.send(&packet.Ack{Type: packet.PUBACK, PacketID: first.PacketID})
			result := s.sendAsync(t.Context(), "7", devicegw.Outgoing{})
			m.send(&packet.Ack{Type: packet.PUBACK, PacketID: expect[*packet.Publish](m).PacketID})
			if err := <-result; err != nil {
				t.Error(err)
			}
		})
	})
	t.Run("without PUBACK the connection ends", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s, m, _ := full(t, 10*time.Second)
			result := s.sendAsync(t.Context(), "7", devicegw.Outgoing{})
			if d := waitForever[*packet.Disconnect](t, m); d.Reason != packet.QuotaExceeded {
				t.Errorf("DISCONNECT %+v", d)
			}
			wantErr(t, <-result, devicegw.ErrOffline)
			if st := receive(t, s.states); st.Reason != "acknowledgements overdue" {
				t.Errorf("state %+v", st)
			}
		})
	})
}

func TestUnsubscribeFailsWaitingSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servePipe(t, devicegw.Config{MaxPendingMessages: 1}, newRecorder())
		m := s.online(t, packet.V311, "7")
		start := time.Now()
		written := s.sendAsync(t.Context(), "7", devicegw.Outgoing{})
		first := expect[*packet.Publish](m)
		waiting := s.sendAsync(t.Context(), "7", devicegw.Outgoing{})
		synctest.Wait()
		m.send(&packet.Unsubscribe{PacketID: 1, Topics: []string{"/clients/7"}})
		expect[*packet.Unsuback](m)
		wantErr(t, <-waiting, devicegw.ErrOffline)
		m.send(&packet.Ack{Type: packet.PUBACK, PacketID: first.PacketID})
		if err := <-written; err != nil {
			t.Error(err)
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("took %v", d)
		}
	})
}
