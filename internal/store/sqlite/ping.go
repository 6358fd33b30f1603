package sqlite

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"sync"
)

// roomAfterLoss is what the disk must have left, in bytes, before a database
// that has lost a transaction counts as well again: a small write may succeed
// where the next large one fails.
const roomAfterLoss = 1 << 20

// touch is the smallest change that reaches the disk: it writes one page.
// Nothing reads the number.
const touch = "PRAGMA user_version = 0"

// pinger finds out whether the database takes writes. All who ask while it
// looks share one look, however many they are and however long the disk takes.
type pinger struct {
	look func() error

	mu      sync.Mutex
	current *look // nil: nobody looks
	looks   sync.WaitGroup
}

// look is a look under way; err may be read when done is closed.
type look struct {
	done chan struct{}
	err  error
}

func (p *pinger) ping(ctx context.Context) error {
	l := p.join()
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return fmt.Errorf("the disk does not answer: %w", ctx.Err())
	}
}

// join returns the look under way, or a new one.
func (p *pinger) join() *look {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.current != nil {
		return p.current
	}
	l := &look{done: make(chan struct{})}
	p.current = l
	p.looks.Go(func() {
		l.err = p.look()
		p.mu.Lock()
		p.current = nil
		p.mu.Unlock()
		close(l.done)
	})
	return l
}

// takesWrites commits a change. Nobody's context ends it: the write cannot be
// taken back, and others share it.
func (e *Engine) takesWrites() error {
	ctx := context.Background()
	err := e.writes.runRaw(ctx, func(c *cachedConn) error {
		_, err := c.ExecContext(ctx, touch)
		return err
	})
	if err != nil {
		return err
	}
	if e.writes.lost.Load() {
		if err := hasRoom(e.file + ".room"); err != nil {
			return fmt.Errorf("a transaction was lost before, and there is no room for more: %w", err)
		}
		e.writes.lost.Store(false)
	}
	return e.readDB.PingContext(ctx)
}

// hasRoom writes a file of roomAfterLoss bytes and removes it.
func hasRoom(file string) (err error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(file)) }()
	block := make([]byte, roomAfterLoss)
	_, _ = rand.Read(block) // never fails; some file systems store zeros without taking room
	if _, err := f.Write(block); err != nil {
		return err
	}
	return f.Sync()
}
