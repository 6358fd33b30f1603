package account

import (
	"sync"

	"github.com/vendlane/vendlane/internal/nodes"
	"github.com/vendlane/vendlane/internal/vending"
)

// maxGuessers bounds the memory an attacker with many addresses can take.
const maxGuessers = 100_000

// guesses counts failures by a key, an address or an account, and locks it
// after too many.
type guesses struct {
	clock  vending.Clock
	limits vending.WrongCodeLimits

	mu     sync.Mutex
	counts map[string]vending.WrongCodes
	tally  *nodes.Tally
}

func newGuesses(clock vending.Clock, limit int) *guesses {
	g := &guesses{
		clock: clock, counts: map[string]vending.WrongCodes{},
		limits: vending.WrongCodeLimits{Max: limit, Window: guessWindow, Lock: guessWindow},
	}
	g.tally = nodes.NewTally(func(key string, n int64) {
		for range min(n, int64(limit)) {
			g.add(key)
		}
	})
	return g
}

func (g *guesses) locked(key string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, locked := g.counts[key].Locked(g.clock.Millis())
	return locked
}

// failed notes a failure here, and on the other nodes.
func (g *guesses) failed(key string) {
	g.add(key)
	g.tally.Count(key)
}

func (g *guesses) add(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.counts[key]; !known && len(g.counts) >= maxGuessers {
		clear(g.counts) // better to forgive than to grow without bound
	}
	g.counts[key] = g.counts[key].Count(g.clock.Millis(), g.limits)
}

func (g *guesses) forgive(key string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.counts, key)
}
