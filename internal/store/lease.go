package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/vendlane/vendlane/internal/store/db"
)

// ErrLeaseLost means that what a lease is for is over, or that another node has
// taken it over.
var ErrLeaseLost = errors.New("the lease is lost")

// Lease is the right of a node to work alone on a row that it has claimed: a batch
// of codes, say. A node that dies loses it when its time is over.
type Lease struct {
	// ID is the row.
	ID int64
	// Until is the end of the lease as the row has it, in UTC milliseconds.
	Until int64
	// Renew changes the end of the row's lease if it is still the one given last, and
	// counts the rows it has changed.
	Renew func(q *db.Queries, ctx context.Context, until, id, heldUntil int64) (int64, error)
}

// InTx runs fn in a transaction if the lease is still held, and holds it until a
// time in UTC milliseconds. It returns ErrLeaseLost if it is not.
func (l *Lease) InTx(ctx context.Context, st *Store, until int64, fn func(tx *Tx) error) error {
	if until == l.Until {
		until++ // each step has its own, so that a lost one is never mistaken
	}
	err := st.InTx(ctx, func(tx *Tx) error {
		n, err := l.Renew(tx.Queries, ctx, until, l.ID, l.Until)
		if err != nil {
			return fmt.Errorf("renew lease: %w", err)
		}
		if n == 0 {
			return ErrLeaseLost
		}
		return fn(tx)
	})
	if err == nil {
		l.Until = until
	}
	return err
}

// Release gives the lease back although ctx has ended: whoever comes next need not
// wait for its end.
func (l *Lease) Release(ctx context.Context, st *Store) error {
	ctx = context.WithoutCancel(ctx)
	return st.InTx(ctx, func(tx *Tx) error {
		_, err := l.Renew(tx.Queries, ctx, 0, l.ID, l.Until)
		return err
	})
}
