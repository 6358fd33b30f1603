package store

import (
	"context"
	"errors"
)

// InBatch runs fn for each id: in one transaction for all where that cannot
// wait in a circle with others, else in one for each. If one fails, each is
// tried in a transaction of its own, so that a row that can never be settled does
// not hold up the others; their errors are joined. A row that loses a race is
// left to the next time.
func (s *Store) InBatch(ctx context.Context, ids []int64, fn func(tx *Tx, id int64) error) error {
	if !s.engine.ManyWriters() && len(ids) > 1 && s.inOne(ctx, ids, fn) == nil {
		return nil
	}
	var errs []error
	for _, id := range ids {
		err := s.inOne(ctx, []int64{id}, fn)
		if !errors.Is(err, ErrLostRace) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (s *Store) inOne(ctx context.Context, ids []int64, fn func(tx *Tx, id int64) error) error {
	return s.InTx(ctx, func(tx *Tx) error {
		for _, id := range ids {
			if err := fn(tx, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// InBatches runs fn, which deals with at most so many rows and returns how many, in
// one transaction after the other until they were fewer: so deleting many rows holds
// up nobody for long.
func (s *Store) InBatches(ctx context.Context, size int64, fn func(tx *Tx) (int64, error)) error {
	for n := size; n == size; {
		err := s.InTx(ctx, func(tx *Tx) (err error) {
			n, err = fn(tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// atLeast is how many rows InTurn writes before it lets others go first: fewer would
// cost a commit each.
const atLeast = 64

// InTurn runs fn for 0, 1, … below n in one transaction, which ends early when others
// stand in line behind it: for what comes in masses and is in less of a hurry than
// they are. It returns for how many, at least one if n is; if fn or the commit fails,
// for none.
func (s *Store) InTurn(ctx context.Context, n int, fn func(tx *Tx, i int) error) (done int, err error) {
	err = s.InTx(ctx, func(tx *Tx) error {
		for done = 0; done < n && (done < atLeast || !s.engine.OthersWait()); done++ {
			if err := fn(tx, done); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return done, nil
}
