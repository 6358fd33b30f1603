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

// wrongCodes is the counter that a machine's row holds; "" is none yet.
func wrongCodes(machineID int64, attempts string, lockedUntil int64) (vending.WrongCodes, error) {
	counter := vending.WrongCodes{LockedUntil: lockedUntil}
	if attempts == "" {
		return counter, nil
	}
	if err := json.Unmarshal([]byte(attempts), &counter.At); err != nil {
		return counter, fmt.Errorf("wrong codes of machine %d: %w", machineID, err)
	}
	return counter, nil
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
		row, err := tx.WrongCodesOfMachine(ctx, machineID)
		if err != nil {
			return fmt.Errorf("read the counter of wrong codes: %w", err)
		}
		counter, err := wrongCodes(machineID, row.Attempts, row.LockedUntil)
		if err != nil {
			return err
		}
		if retryAfter, locked := counter.Locked(now); locked {
			return refuseLocked(retryAfter)
		}
		next := counter.Count(now, s.cfg.WrongCodes)
		attempts, err := json.Marshal(next.At)
		if err != nil {
			return fmt.Errorf("encode wrong codes: %w", err)
		}
		n, err := tx.UpdateWrongCodes(ctx, db.UpdateWrongCodesParams{
			MachineID:      machineID,
			Attempts:       string(attempts),
			LockedUntil:    next.LockedUntil,
			OldAttempts:    row.Attempts,
			OldLockedUntil: row.LockedUntil,
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
