package e2e

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// splitter hands TCP connections to the nodes in turn, to the next one if a
// node does not accept.
type splitter struct {
	listener net.Listener
	backends []func() string
	turn     atomic.Uint64
	serving  sync.WaitGroup

	mu   sync.Mutex
	open map[*relayed]struct{}
}

// relayed is a connection that a splitter carries.
type relayed struct {
	client, server net.Conn
	// severed: the client is gone, and the server is not told.
	severed atomic.Bool
}

func newSplitter(t *testing.T, backends ...func() string) *splitter {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	b := &splitter{listener: listener, backends: backends, open: map[*relayed]struct{}{}}
	b.serving.Go(b.serve)
	t.Cleanup(b.close)
	return b
}

func (b *splitter) addr() string { return b.listener.Addr().String() }
func (b *splitter) url() string  { return "http://" + b.addr() }

func (b *splitter) serve() {
	for {
		client, err := b.listener.Accept()
		if err != nil {
			return
		}
		b.serving.Go(func() { b.carry(client) })
	}
}

func (b *splitter) carry(client net.Conn) {
	defer client.Close()
	first := b.turn.Add(1)
	for i := range b.backends {
		at := b.backends[(first+uint64(i))%uint64(len(b.backends))]()
		server, err := net.DialTimeout("tcp", at, time.Second)
		if err == nil {
			b.join(&relayed{client: client, server: server})
			return
		}
	}
}

// join copies both ways until one side ends; then both do.
func (b *splitter) join(r *relayed) {
	b.mu.Lock()
	b.open[r] = struct{}{}
	b.mu.Unlock()
	b.serving.Go(func() {
		_, _ = io.Copy(r.server, r.client)
		if !r.severed.Load() {
			_ = r.server.Close()
		}
	})
	_, _ = io.Copy(r.client, r.server)
	if r.severed.Load() {
		_, _ = io.Copy(io.Discard, r.server)
	}
	_ = r.client.Close()
	_ = r.server.Close()
	b.mu.Lock()
	delete(b.open, r)
	b.mu.Unlock()
}

// sever cuts all connections in such a way that the clients notice and the
// nodes do not, as when a machine's modem changes its network.
func (b *splitter) sever() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for r := range b.open {
		r.severed.Store(true)
		_ = r.client.Close()
	}
}

func (b *splitter) close() {
	_ = b.listener.Close()
	b.mu.Lock()
	for r := range b.open {
		_ = r.client.Close()
		_ = r.server.Close()
	}
	b.mu.Unlock()
	b.serving.Wait()
}
