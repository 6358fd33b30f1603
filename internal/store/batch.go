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
