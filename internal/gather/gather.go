// Package gather collects what comes while something is under way, so that one
// goroutine, which is there only while there is something to do, takes it together.
package gather

import "sync"

// Line holds what waits. The zero value is empty. It may be used by many
// goroutines at a time.
type Line[T any] struct {
	mu      sync.Mutex
	waiting []T
	taking  bool
}

// Put appends to the line. If start is true, nobody is at it, and the caller has to
// start a goroutine that calls Take until there is nothing more.
func (l *Line[T]) Put(t T) (start bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, t)
	start = !l.taking
	l.taking = true
	return start
}

// Take returns what has waited longest, at most so much, in the order it came. With
// nothing the goroutine is released from its duty.
func (l *Line[T]) Take(most int) []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.waiting), most)
	batch := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	if n == 0 {
		l.waiting, l.taking = nil, false
	}
	return batch
}
