package devicegw_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"reflect"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

func TestConnectionLimit(t *testing.T) {
	s := serveTCP(t, devicegw.Config{MaxConns: 2}, newRecorder())
	first := s.connect(t, connectPacket(packet.V311, "1"))
	s.connect(t, connectPacket(packet.V311, "2"))
	third := s.open(t, packet.V311, "3")
	third.expectEnd(0)
	if st := s.Stats(); st.Refused["too many connections"] != 1 || st.Connections != 2 {
		t.Errorf("stats %+v", st)
	}
	receive(t, s.states)
	receive(t, s.states)
	first.drop()
	receive(t, s.states)
	s.connect(t, connectPacket(packet.V311, "3"))
}

func TestHandshakeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := servePipe(t, devicegw.Config{MaxHandshakes: 1}, newRecorder())
		start := time.Now()
		silent := s.open(t, packet.V311, "")
		// The next one is served when the silent one has used up its time.
		s.connect(t, connectPacket(packet.V311, "7"))
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("served after %v", d)
		}
		silent.expectEnd(0)
		// An authenticated connection takes no place.
		s.connect(t, connectPacket(packet.V311, "8"))
		if d := time.Since(start); d != 5*time.Second {
			t.Errorf("served after %v", d)
		}
	})
}

// failingListener fails a number of times before it accepts.
type failingListener struct {
	pipeListener
	failures int
	at       []time.Duration // since the first call
	start    time.Time
}

func (l *failingListener) Accept() (net.Conn, error) {
	l.at = append(l.at, time.Since(l.start))
	if len(l.at) <= l.failures {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return l.pipeListener.Accept()
}

func TestAcceptBacksOffAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &failingListener{failures: 10, start: time.Now()}
		l.conns, l.closed = make(chan net.Conn), make(chan struct{})
		s := serve(t, devicegw.Config{}, newRecorder(), l)
		s.dial = l.dial
		s.connect(t, connectPacket(packet.V311, "7"))
		want := []time.Duration{0, 5, 15, 35, 75, 155, 315, 635, 1275, 2275, 3275}
		for i := range want {
			want[i] *= time.Millisecond
		}
		synctest.Wait() // the listener is in its last Accept
		if got := l.at[:len(want)]; !reflect.DeepEqual(got, want) {
			t.Errorf("accepts at %v, want %v", got, want)
		}
	})
}

func TestServeEnds(t *testing.T) {
	newGateway := func() *devicegw.Gateway {
		return devicegw.New(devicegw.Config{}, newRecorder(), slog.New(slog.DiscardHandler))
	}
	listen := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	t.Run("with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := newGateway().Serve(ctx, listen()); err != nil {
			t.Error(err)
		}
	})
	t.Run("when the listener is closed", func(t *testing.T) {
		l := listen()
		_ = l.Close()
		if err := newGateway().Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
	t.Run("after Shutdown", func(t *testing.T) {
		g, l := newGateway(), listen()
		if err := g.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := g.Serve(t.Context(), l); err != nil {
			t.Error(err)
		}
		if _, err := net.Dial("tcp", l.Addr().String()); err == nil {
			t.Error("listener stays open")
		}
	})
}

func TestSeveralListeners(t *testing.T) {
	s := serveTCP(t, devicegw.Config{}, newRecorder())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	first := s.connect(t, connectPacket(packet.V311, "1"))
	s.dial = func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }
	second := s.connect(t, connectPacket(packet.V311, "2"))
	cancel()
	if err := receive(t, served); err != nil {
		t.Error(err)
	}
	first.ping()
	second.ping() // connections outlive their listener
}

func TestShutdown(t *testing.T) {
	h := newRecorder()
	entered, leave := make(chan struct{}, 1), make(chan struct{})
	h.onMessage = func(ctx context.Context, _ devicegw.Message) error {
		entered <- struct{}{}
		<-leave
		return ctx.Err() // not cancelled while Shutdown waits
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	leaks := goleak.IgnoreCurrent()
	g := devicegw.New(devicegw.Config{}, h, slog.New(slog.DiscardHandler))
	served := make(chan error, 1)
	go func() { served <- g.Serve(context.Background(), l) }()
	s := &server{Gateway: g, recorder: h, dial: func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }}

	idle3 := s.connect(t, withWill(connectPacket(packet.V311, "3")))
	idle5 := s.connect(t, withWill(connectPacket(packet.V5, "5")))
	busy := s.connect(t, withWill(connectPacket(packet.V5, "7")))
	halfway := s.open(t, packet.V5, "")
	halfway.sendRaw([]byte("\x10"))
	idle5.subscribe()
	for range 3 {
		receive(t, s.states)
	}
	pending := s.sendAsync(t.Context(), "5", devicegw.Outgoing{})
	expect[*packet.Publish](idle5)
	busy.send(publication("/server/app", 1, 1, "last words"))
	receive(t, entered)

	down := make(chan error, 1)
	go func() { down <- g.Shutdown(context.Background()) }()
	idle3.expectEnd(0)
	idle5.expectEnd(packet.ServerShuttingDown)
	busy.expectEnd(packet.ServerShuttingDown)
	halfway.expectEnd(0)
	wantErr(t, receive(t, pending), devicegw.ErrNotAcknowledged)
	none(t, down) // the handler is still at work
	close(leave)
	if err := receive(t, down); err != nil {
		t.Error(err)
	}
	if err := receive(t, served); err != nil {
		t.Error(err)
	}
	for range 3 {
		if st := receive(t, s.states); st.Online || st.Reason != "server shutting down" {
			t.Errorf("state %+v", st)
		}
	}
	if msg := receive(t, s.messages); string(msg.Payload) != "last words" {
		t.Errorf("message %+v", msg)
	}
	none(t, s.messages) // no wills
	wantErr(t, g.Send(t.Context(), "5", devicegw.Outgoing{}), devicegw.ErrOffline)
	goleak.VerifyNone(t, leaks)
}

func TestShutdownStopsWaiting(t *testing.T) {
	h := newRecorder()
	entered := make(chan struct{}, 1)
	h.onMessage = func(ctx context.Context, _ devicegw.Message) error {
		entered <- struct{}{}
		<-ctx.Done() // until Shutdown gives up
		return ctx.Err()
	}
	s := serveTCP(t, devicegw.Config{}, h)
	m := s.connect(t, connectPacket(packet.V311, "7"))
	m.send(publication("/server/app", 1, 1, "x"))
	receive(t, entered)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	receive(t, s.states)
	if st := receive(t, s.states); st.Online {
		t.Errorf("state %+v", st)
	}
}

func TestShutdownEndsAuthentication(t *testing.T) {
	h := newRecorder()
	entered := make(chan struct{}, 1)
	h.authenticate = func(ctx context.Context, _ devicegw.Credentials) (string, error) {
		entered <- struct{}{}
		<-ctx.Done()
		return "", ctx.Err()
	}
	s := serveTCP(t, devicegw.Config{ConnectTimeout: time.Hour}, h)
	s.open(t, packet.V311, "7").send(connectPacket(packet.V311, "7"))
	receive(t, entered)
	if err := s.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	none(t, s.states)
}
