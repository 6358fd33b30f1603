package e2e

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// wire carries TCP connections to a place, and may do so badly. (A library for
// it exists, toxiproxy; it would bring five modules for these lines.)
type wire struct {
	listener net.Listener
	dial     func() (net.Conn, error)
	carrying sync.WaitGroup

	mu      sync.Mutex
	changed chan struct{} // closed when the fields below change
	delay   time.Duration // of every piece, each way
	frozen  bool          // nothing moves, and nobody is told
	refuses bool          // new connections end at once
	open    map[*carried]struct{}
}

// carried is a connection on a wire.
type carried struct {
	near, far net.Conn
	severed   atomic.Bool // near is gone, and far is not told
}

func newWire(t *testing.T, dial func() (net.Conn, error)) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, dial: dial, changed: make(chan struct{}), open: map[*carried]struct{}{}}
	w.carrying.Go(w.serve)
	t.Cleanup(w.close)
	return w
}

// inTurn dials one address after the other, the next one if nobody accepts.
func inTurn(addresses ...func() string) func() (net.Conn, error) {
	var turn atomic.Uint64
	return func() (conn net.Conn, err error) {
		first := turn.Add(1)
		for i := range uint64(len(addresses)) {
			at := addresses[(first+i)%uint64(len(addresses))]()
			if conn, err = net.DialTimeout("tcp", at, time.Second); err == nil {
				return conn, nil
			}
		}
		return nil, err
	}
}

func (w *wire) addr() *net.TCPAddr { return w.listener.Addr().(*net.TCPAddr) }

// set changes how the wire carries.
func (w *wire) set(change func(w *wire)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
	close(w.changed)
	w.changed = make(chan struct{})
}

// slow, freeze and refuse are kinds of badness; mend ends them.
func (w *wire) slow(d time.Duration) { w.set(func(w *wire) { w.delay = d }) }
func (w *wire) freeze()              { w.set(func(w *wire) { w.frozen = true }) }
func (w *wire) refuse()              { w.set(func(w *wire) { w.refuses = true }) }
func (w *wire) mend()                { w.set(func(w *wire) { w.delay, w.frozen, w.refuses = 0, false, false }) }

// cut resets all connections, without a word of farewell.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		for _, end := range []net.Conn{c.near, c.far} {
			if tcp, ok := end.(*net.TCPConn); ok {
				_ = tcp.SetLinger(0)
			}
			_ = end.Close()
		}
		delete(w.open, c)
	}
}

// sever cuts all connections in such a way that the near ends notice and the far
// ones do not, as when a machine's modem changes its network.
func (w *wire) sever() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		c.severed.Store(true)
		_ = c.near.Close()
	}
}

func (w *wire) serve() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		w.carrying.Go(func() { w.carry(near) })
	}
}

func (w *wire) carry(near net.Conn) {
	defer near.Close()
	w.mu.Lock()
	refuses := w.refuses
	w.mu.Unlock()
	if refuses {
		return
	}
	far, err := w.dial()
	if err != nil {
		return
	}
	defer far.Close()
	c := &carried{near: near, far: far}
	w.mu.Lock()
	w.open[c] = struct{}{}
	w.mu.Unlock()
	gone := make(chan struct{})
	var once sync.Once
	leave := func() {
		once.Do(func() {
			close(gone)
			_ = near.Close()
			_ = far.Close()
		})
	}
	var back sync.WaitGroup
	back.Go(func() {
		defer leave()
		w.copy(near, far, gone)
		if c.severed.Load() {
			_, _ = io.Copy(io.Discard, far)
		}
	})
	w.copy(far, near, gone)
	if !c.severed.Load() {
		leave()
	}
	back.Wait()
	w.mu.Lock()
	delete(w.open, c)
	w.mu.Unlock()
}

// copy carries one way until a side ends or gone is closed.
func (w *wire) copy(to io.Writer, from io.Reader, gone <-chan struct{}) {
	piece := make([]byte, 16<<10)
	for {
		n, err := from.Read(piece)
		if err != nil || !w.hold(gone) {
			return
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}

// hold keeps a piece as long as the wire says; false tells that the connection
// ended meanwhile.
func (w *wire) hold(gone <-chan struct{}) bool {
	for {
		w.mu.Lock()
		delay, frozen, changed := w.delay, w.frozen, w.changed
		w.mu.Unlock()
		var over <-chan time.Time
		switch {
		case frozen: // until something changes
		case delay == 0:
			return true
		default:
			over = time.After(delay)
		}
		select {
		case <-over:
			return true
		case <-changed:
		case <-gone:
			return false
		}
	}
}

func (w *wire) close() {
	_ = w.listener.Close()
	w.mend()
	w.cut()
	w.carrying.Wait()
}
