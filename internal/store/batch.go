package store

import (
	"context"
	"errors"
)

// InBatch runs fn for each id, all of them in one transaction. If one fails,
// each is tried in a transaction of its own, so that a row that can never be
// settled does not hold up the others; their errors are joined. A row that
// loses a race is left to the next time.
func (s *Store) InBatch(ctx context.Context, ids []int64, fn func(tx *Tx, id int64) error) error {
	if len(ids) == 0 {
		return nil
	}
	err := s.InTx(ctx, func(tx *Tx) error {
		for _, id := range ids {
			if err := fn(tx, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return nil
	}
	var errs []error
	for _, id := range ids {
		err := s.InTx(ctx, func(tx *Tx) error { return fn(tx, id) })
		if !errors.Is(err, ErrLostRace) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
