package e2e

import (
	"io"
	"net"
	"sync"
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
	open    map[net.Conn]struct{}
}

func newWire(t *testing.T, dial func() (net.Conn, error)) *wire {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: listener, dial: dial, changed: make(chan struct{}), open: map[net.Conn]struct{}{}}
	w.carrying.Go(w.serve)
	t.Cleanup(w.close)
	return w
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
		if tcp, ok := c.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = c.Close()
		delete(w.open, c)
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
	w.mu.Lock()
	w.open[near], w.open[far] = struct{}{}, struct{}{}
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
	back.Go(func() { defer leave(); w.copy(near, far, gone) })
	w.copy(far, near, gone)
	leave()
	back.Wait()
	w.mu.Lock()
	delete(w.open, near)
	delete(w.open, far)
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
