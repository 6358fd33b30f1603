// Package guesses counts wrong guesses by who makes them, and locks out who makes
// too many, on all nodes together.
package guesses

import (
	"sync"

	"github.com/vendlane/vendlane/internal/nodes"
	"github.com/vendlane/vendlane/internal/vending"
)

// maxGuessers bounds the memory an attacker with many addresses can take.
const maxGuessers = 100_000

// Counter counts failures by a key, such as an address or an account, and locks
// it after too many.
type Counter struct {
	clock  vending.Clock
	limits vending.WrongCodeLimits

	mu     sync.Mutex
	counts map[string]vending.WrongCodes
	tally  *nodes.Tally
}

// New makes a counter that locks a key as limits say. Its Max is above 0.
func New(clock vending.Clock, limits vending.WrongCodeLimits) *Counter {
	g := &Counter{clock: clock, counts: map[string]vending.WrongCodes{}, limits: limits}
	g.tally = nodes.NewTally(func(key string, n int64) {
		for range min(n, int64(limits.Max)) {
			g.add(key)
		}
	})
	return g
}

// Tally is what the nodes have to share.
func (g *Counter) Tally() *nodes.Tally { return g.tally }

// Locked tells whether a key is locked.
func (g *Counter) Locked(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, locked := g.counts[key].Locked(g.clock.Millis())
	return locked
}

// Left tells how many more failures lock a key.
func (g *Counter) Left(key string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.counts[key].Left(g.clock.Millis(), g.limits)
}

// Failed notes a failure here, and on the other nodes.
func (g *Counter) Failed(key string) {
	g.add(key)
	g.tally.Count(key)
}

func (g *Counter) add(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.counts[key]; !known && len(g.counts) >= maxGuessers {
		clear(g.counts) // better to forgive than to grow without bound
	}
	g.counts[key] = g.counts[key].Count(g.clock.Millis(), g.limits)
}

// Forgive forgets the failures of a key.
func (g *Counter) Forgive(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.counts, key)
}
