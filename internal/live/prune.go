package live

import (
	"context"
	"sync"

	"github.com/vendlane/vendlane/internal/store"
)

// Pruner forgets changes that nobody can resume from any more.
type Pruner struct {
	store *store.Store
	mu    sync.Mutex
	last  int64
}

// NewPruner makes a pruner.
func NewPruner(st *store.Store) *Pruner { return &Pruner{store: st} }

// Sweep deletes the changes that were there at the sweep before, so that each
// lives for one interval at least.
func (p *Pruner) Sweep(ctx context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	bounds, err := p.store.ChangesBounds(ctx)
	if err != nil {
		return err
	}
	if p.last > 0 {
		err = p.store.InTx(ctx, func(tx *store.Tx) error { return tx.DeleteChanges(ctx, p.last) })
	}
	if err == nil {
		p.last = bounds.Last
	}
	return err
}
