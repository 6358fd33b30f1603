package fleet

import (
	"cmp"
	"context"
	"runtime"
	"slices"

	"github.com/vendlane/vendlane/internal/gather"
	"github.com/vendlane/vendlane/internal/store"
)

// groupSize bounds the writes of one transaction, so that a fleet that connects all
// at once holds up no command.
const groupSize = 128

// group gathers the small writes that arrive while a transaction is under way
// into the next one, in the order of the machines, and for a machine in their
// own: so two nodes that write of the same machines never wait in a circle. It
// spares each write the savepoint it would have in a transaction of its own. It
// has a goroutine only while there is something to write.
type group struct {
	store   *store.Store
	waiting gather.Line[write]
}

// write is a change of a machine and who waits for it. change runs again, alone, if another
// one of its transaction fails.
type write struct {
	machineID int64
	change    func(ctx context.Context, tx *store.Tx) error
	done      func(error)
}

// do makes a change of a machine and returns after its commit. When ctx ends first it
// returns at once, and the change is made all the same.
func (g *group) do(ctx context.Context, machineID int64, change func(ctx context.Context, tx *store.Tx) error) error {
	done := make(chan error, 1)
	w := write{machineID: machineID, change: change, done: func(err error) { done <- err }}
	if g.waiting.Put(w) {
		go g.write(context.WithoutCancel(ctx))
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// write writes until nothing waits any more.
func (g *group) write(ctx context.Context) {
	for {
		runtime.Gosched() // whoever is about to join comes along
		batch := g.waiting.Take(groupSize)
		if len(batch) == 0 {
			return
		}
		g.together(ctx, batch)
	}
}

// together makes changes in one transaction, or a few if others stand in line, and
// tells each what became of it.
func (g *group) together(ctx context.Context, batch []write) {
	slices.SortStableFunc(batch, func(a, b write) int { return cmp.Compare(a.machineID, b.machineID) })
	for len(batch) > 0 {
		n, err := g.commit(ctx, batch)
		if err != nil {
			g.alone(ctx, batch, err)
			return
		}
		for _, w := range batch[:n] {
			w.done(nil)
		}
		batch = batch[n:]
	}
}

// alone makes changes one by one after they failed together: one of them cannot be
// made, and the others must not suffer.
func (g *group) alone(ctx context.Context, batch []write, err error) {
	for i, w := range batch {
		if len(batch) > 1 {
			_, err = g.commit(ctx, batch[i:i+1])
		}
		w.done(err)
	}
}

func (g *group) commit(ctx context.Context, batch []write) (done int, err error) {
	return g.store.InTurn(ctx, len(batch), func(tx *store.Tx, i int) error { return batch[i].change(ctx, tx) })
}
