package devicegw

import (
	"context"
	"errors"
	"net"
	"time"
)

// Back-off after a failed accept, for example with no descriptor left.
const (
	minAcceptDelay = 5 * time.Millisecond
	maxAcceptDelay = time.Second
)

// Serve accepts connections from l until ctx ends or Shutdown is called, and
// then closes l and returns nil. Connections live on until Shutdown. It returns
// an error if l was closed by someone else; all other errors of Accept are
// taken as passing and retried with back-off. It may run for several listeners
// at once; for TLS pass a TLS listener.
func (g *Gateway) Serve(ctx context.Context, l net.Listener) error {
	return g.serve(ctx, l, func(nc net.Conn) net.Conn { return nc })
}

// ServeWebSocket is Serve for machines that speak MQTT over WebSocket
// (path /mqtt, subprotocol mqtt).
func (g *Gateway) ServeWebSocket(ctx context.Context, l net.Listener) error {
	upgrader := newUpgrader()
	return g.serve(ctx, l, func(nc net.Conn) net.Conn { return &webSocket{Conn: nc, upgrader: upgrader} })
}

func (g *Gateway) serve(ctx context.Context, l net.Listener, wrap func(net.Conn) net.Conn) error {
	defer func() { _ = l.Close() }()
	if !g.reg.join(&g.wg) {
		return nil
	}
	defer g.wg.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(g.acceptCtx, cancel)()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()

	delay := minAcceptDelay
	for {
		nc, err := l.Accept()
		if err == nil {
			delay = minAcceptDelay
			g.start(ctx, wrap(nc))
			continue
		}
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, net.ErrClosed) {
			return err
		}
		g.counters.acceptFailures.Add(1)
		g.log.Warn("accept failed, trying again", "error", err, "delay", delay)
		select {
		case <-time.After(delay):
		case <-ctx.Done():
			return nil
		}
		delay = min(2*delay, maxAcceptDelay)
	}
}

// start runs a connection on its own goroutine, or closes it at once if there
// are too many. It waits for a handshake slot, which the handshake gives back.
func (g *Gateway) start(ctx context.Context, nc net.Conn) {
	select {
	case g.handshakeSlots <- struct{}{}:
	case <-ctx.Done():
		_ = nc.Close()
		return
	}
	tune(nc)
	c := newConn(g, nc)
	if !g.reg.add(c, g.cfg.MaxConns) {
		g.counters.refused.add("too many connections")
		_ = nc.Close()
		<-g.handshakeSlots
		return
	}
	g.wg.Go(c.serve)
}

// tune sets the TCP options: packets are small and wait for an answer, hence no
// delay; MQTT has a keep-alive of its own, so TCP probes would only cost mobile
// data.
func tune(nc net.Conn) {
	for {
		wrapped, ok := nc.(interface{ NetConn() net.Conn })
		if !ok {
			break
		}
		nc = wrapped.NetConn()
	}
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetNoDelay(true)
		_ = tcp.SetKeepAlive(false)
	}
}
