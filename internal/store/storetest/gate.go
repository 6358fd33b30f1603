package storetest

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/store"
)

// gate is an engine whose sets can be held back, so that a test decides who
// shares one.
type gate struct {
	store.Engine

	mu     sync.Mutex
	held   chan struct{} // nil while open
	visits []int         // how many redemptions each visit had since hold
}

func (g *gate) Sets() store.Sets {
	return WrapSets(g.Engine, func(sets store.Sets) store.Sets { return gatedSets{sets, g} })
}

// WrapSets is the Sets of an engine around another one: those of that one, wrapped,
// or nil where it has none.
func WrapSets(engine store.Engine, wrap func(store.Sets) store.Sets) store.Sets {
	if sets := engine.Sets(); sets != nil {
		return wrap(sets)
	}
	return nil
}

type gatedSets struct {
	store.Sets
	gate *gate
}

func (s gatedSets) Redeem(ctx context.Context, requests []store.RedeemRequest) ([]store.Verdict, error) {
	s.gate.mu.Lock()
	s.gate.visits = append(s.gate.visits, len(requests))
	held := s.gate.held
	s.gate.mu.Unlock()
	if held != nil {
		<-held
	}
	return s.Sets.Redeem(ctx, requests)
}

// hold lets the next visit begin and go no further until release is called.
func (g *gate) hold() (release func()) {
	held := make(chan struct{})
	g.mu.Lock()
	defer g.mu.Unlock()
	g.held, g.visits = held, nil
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.held = nil
		close(held)
	}
}

// together makes the calls arrive in their order, in one set (or two, if they are
// many) where the engine has sets, and returns their errors. It must run in a synctest bubble.
func together(t *testing.T, f *Fixture, g *gate, calls []func() error) []error {
	t.Helper()
	errs := make([]error, len(calls))
	if g.Engine.Sets() == nil {
		for i, call := range calls {
			errs[i] = call()
		}
		return errs
	}
	release := g.hold()
	var wg sync.WaitGroup
	// A redemption on no machine holds up the others until all are there.
	wg.Go(func() { _, _ = f.Pickup.Consume(t.Context(), f.Merchant, pickup.Consumption{MachineNo: "0"}) })
	synctest.Wait()
	for i, call := range calls {
		wg.Go(func() { errs[i] = call() })
		synctest.Wait()
	}
	release()
	wg.Wait()
	// Where 32 wait a second set starts beside the first. What comes behind them
	// are those who lost a race and try again.
	most, shared := 1+len(calls)/32, 0
	for _, n := range g.visits[1:min(len(g.visits), 1+most)] {
		shared += n
	}
	if shared != len(calls) {
		t.Fatalf("visits of %v redemptions, want %d in %d", g.visits, len(calls), most)
	}
	return errs
}
