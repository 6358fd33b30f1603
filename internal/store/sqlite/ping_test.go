package sqlite

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// A disk that hangs holds nobody up who asks for it, and is asked once.
func TestPingOfAStuckDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looks atomic.Int64
		again := make(chan error)
		p := pinger{look: func() error { looks.Add(1); return <-again }}
		for range 10 {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			if err := p.ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("a stuck disk: %v", err)
			}
			cancel()
		}
		if n := looks.Load(); n != 1 {
			t.Errorf("%d looks", n)
		}
		broken := errors.New("broken")
		answer := make(chan error, 1)
		go func() { answer <- p.ping(t.Context()) }()
		synctest.Wait() // it has joined the look
		again <- broken
		if err := <-answer; !errors.Is(err, broken) {
			t.Errorf("the look's answer: %v", err)
		}
		p.looks.Wait()
	})
}
