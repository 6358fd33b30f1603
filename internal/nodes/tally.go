package nodes

import (
	"maps"
	"sync"
)

// Tally makes a limit count on all nodes: what is counted on one is told to the
// others within a quarter of a second or so. Until a Node shares it, it does
// nothing.
type Tally struct {
	add func(key string, n int64)

	mu     sync.Mutex
	shared bool
	counts map[string]int64
}

// NewTally makes a tally. add is called with what other nodes have counted.
func NewTally(add func(key string, n int64)) *Tally {
	return &Tally{add: add, counts: map[string]int64{}}
}

// Count notes one more of a key on this node.
func (t *Tally) Count(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.shared {
		t.counts[key]++
	}
}

func (t *Tally) share() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shared = true
}

// drain returns what was counted since the last call.
func (t *Tally) drain() map[string]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	counts := maps.Clone(t.counts)
	clear(t.counts)
	return counts
}
