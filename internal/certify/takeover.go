package certify

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// takeover lets another connection with the machine's client id displace the
// machine, which has to come back (mqtt.md §2.1).
func (s *session) takeover(ctx context.Context) {
	old := s.station.conn()
	leave, err := s.rival(ctx)
	defer leave()
	if err != nil {
		s.judge("takeover.returns", Skip, "%s", err)
		return
	}
	conn, ok := s.returned(ctx, old, s.cfg.Timeout)
	if !ok {
		s.judge("takeover.returns", Fail, "not back within %s", s.cfg.Timeout)
		return
	}
	connect := s.events.since(0, onConn(conn, isKind(connecting)))[0].connect
	s.judgeIf(!connect.CleanStart || s.cleanBefore(old), "takeover.returns", "subscribed again, clean session %t", connect.CleanStart)
	s.judgeHeartbeat(ctx, "takeover.heartbeat", conn)
	t := s.try(ctx, s.expired()) // costs no goods
	s.judgeIf(t.answer != nil, "takeover.answers", "%s", outcome(t.answer))
}

// cleanBefore tells whether clean session was on in an earlier connection: then
// it has failed a check already.
func (s *session) cleanBefore(conn int) bool {
	connects := s.events.since(0, onConn(conn, isKind(connecting)))
	return len(connects) > 0 && connects[0].connect.CleanStart
}

// rival connects with the machine's credentials, past the tap. leave ends it.
func (s *session) rival(ctx context.Context) (leave func(), err error) {
	here, there := net.Pipe()
	l := &pipeListener{conns: make(chan net.Conn, 1), closed: make(chan struct{})}
	l.conns <- there
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.gateway.Serve(ctx, l) }) // ends with ctx
	wg.Go(func() { _, _ = io.Copy(io.Discard, here) })
	leave = func() {
		cancel()
		_ = here.Close()
		wg.Wait()
	}
	hello, err := packet.Append(nil, packet.V311, &packet.Connect{
		Version: packet.V311, CleanStart: true, KeepAlive: 60, ClientID: s.cfg.MachineNo,
		HasUsername: true, Username: s.cfg.MachineNo, Password: []byte(s.cfg.Password),
	})
	if err == nil {
		_, err = here.Write(hello)
	}
	if err != nil {
		return leave, fmt.Errorf("connect in the machine's name: %w", err)
	}
	return leave, nil
}

// pipeListener hands out connections inside the process.
type pipeListener struct {
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case nc := <-l.conns:
		return nc, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }
