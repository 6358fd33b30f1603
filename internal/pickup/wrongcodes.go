package pickup

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// countsAsWrong tells whether a refusal counts for the wrong-code lock
// (consume.md §5).
func countsAsWrong(err error) bool {
	return slices.Contains([]vending.Code{
		vending.CodePickupCodeUnknown, vending.CodePickupCodeExpired,
		vending.CodePickupCodeCancelled, vending.CodePickupCodeProduct,
	}, vending.CodeOf(err))
}

func refuseLocked(retryAfter int64) error {
	return vending.RefuseWith(vending.CodePickupCodeLocked, vending.Data{"retry_after": retryAfter})
}

// storedWrongCodes is a machine's counter and the row it was read from, which
// is what the next write must still find.
type storedWrongCodes struct {
	counter vending.WrongCodes
	row     db.WrongCode
}

func (s *Service) wrongCodes(ctx context.Context, q *db.Queries, machineID int64) (storedWrongCodes, error) {
	row, found, err := store.Find(q.WrongCodesOfMachine(ctx, machineID))
	if err != nil || !found {
		return storedWrongCodes{}, err
	}
	stored := storedWrongCodes{row: row, counter: vending.WrongCodes{LockedUntil: row.LockedUntil}}
	if err := json.Unmarshal([]byte(row.Attempts), &stored.counter.At); err != nil {
		return stored, fmt.Errorf("wrong codes of machine %d: %w", machineID, err)
	}
	return stored, nil
}

// checkLock is consume.md §3, step 19. Switched off, the lock holds nobody,
// not even where it was on before.
func (s *Service) checkLock(ctx context.Context, machineID, now int64) error {
	if s.cfg.WrongCodes.Max <= 0 {
		return nil
	}
	stored, err := s.wrongCodes(ctx, s.store.Queries, machineID)
	if err != nil {
		return err
	}
	if retryAfter, locked := stored.counter.Locked(now); locked {
		return refuseLocked(retryAfter)
	}
	return nil
}

// countWrongCode records one counted answer and returns it. A caller that
// reaches the counter after the lock has started gets the lock's refusal
// instead and is not counted.
func (s *Service) countWrongCode(ctx context.Context, machineID int64, answer error) error {
	if s.cfg.WrongCodes.Max <= 0 {
		return answer
	}
	now := s.clock.Millis()
	err := s.store.InTx(ctx, func(tx *store.Tx) error {
		if err := tx.LockWrongCodes(ctx, machineID); err != nil {
			return fmt.Errorf("lock the counter of wrong codes: %w", err)
		}
		stored, err := s.wrongCodes(ctx, tx.Queries, machineID)
		if err != nil {
			return err
		}
		if retryAfter, locked := stored.counter.Locked(now); locked {
			return refuseLocked(retryAfter)
		}
		next := stored.counter.Count(now, s.cfg.WrongCodes)
		attempts, err := json.Marshal(next.At)
		if err != nil {
			return fmt.Errorf("encode wrong codes: %w", err)
		}
		n, err := tx.UpdateWrongCodes(ctx, db.UpdateWrongCodesParams{
			MachineID:      machineID,
			Attempts:       string(attempts),
			LockedUntil:    next.LockedUntil,
			OldAttempts:    stored.row.Attempts,
			OldLockedUntil: stored.row.LockedUntil,
		})
		if err := store.Changed("count wrong code", n, err); err != nil {
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	return answer
}
