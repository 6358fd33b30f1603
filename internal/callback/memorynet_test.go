package callback

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// memoryNet is a network inside the test: servers by host name, connected by
// pipes, so that synctest controls all waiting.
type memoryNet struct{ listeners map[string]*pipeListener }

func newMemoryNet() *memoryNet { return &memoryNet{listeners: map[string]*pipeListener{}} }

// serve starts a server for http://name and returns that URL; stop ends it.
func (n *memoryNet) serve(name string, handler http.Handler) (url string, stop func()) {
	l := &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
	n.listeners[name] = l
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Hour}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(l)
	}()
	return "http://" + name + "/notify", func() {
		_ = server.Close()
		<-done
	}
}

// attach makes a relay use the network.
func (n *memoryNet) attach(r *Relay) {
	var names []string
	g := newGuard(r.cfg)
	var mu sync.Mutex
	g.lookup = func(_ context.Context, _, host string) ([]netip.Addr, error) {
		mu.Lock()
		defer mu.Unlock()
		names = append(names, host)
		return []netip.Addr{netip.AddrFrom4([4]byte{8, 8, byte(len(names) >> 8), byte(len(names))})}, nil
	}
	g.connect = func(ctx context.Context, _, address string) (net.Conn, error) {
		mu.Lock()
		addr := netip.MustParseAddrPort(address).Addr().As4()
		name := names[int(addr[2])<<8+int(addr[3])-1]
		mu.Unlock()
		return n.listeners[name].connect(ctx)
	}
	r.transport = newTransport(r.cfg, g)
}

type pipeListener struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (l *pipeListener) connect(ctx context.Context) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case l.conns <- there:
		return here, nil
	case <-l.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{} }
