package pickup

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// expireBatch bounds how many codes one transaction of the sweep expires.
const expireBatch = 500

// List returns the usable codes of one product, ascending by id
// (openapi.md §7.12), and the machine they are on.
func (s *Service) List(ctx context.Context, merchant db.Merchant, machineNo string, productID int64) ([]db.PickupCode, db.Machine, error) {
	m, err := s.machine(ctx, merchant, machineNo)
	if err != nil {
		return nil, m, err
	}
	offer, found, err := store.Find(s.store.Offer(ctx, productID, m.ID))
	if err != nil {
		return nil, m, err
	}
	if !found || offer.GoodID == 0 {
		return nil, m, vending.RefuseProduct(vending.CodeProductUnknown, productID)
	}
	codes, err := s.store.LiveCodesOfProduct(ctx, productID, s.clock.Millis())
	if err != nil {
		return nil, m, fmt.Errorf("list codes: %w", err)
	}
	return codes, m, nil
}

// Cancel cancels one code by its row id (openapi.md §7.10). A code that has
// already ended without being used is left as it is.
func (s *Service) Cancel(ctx context.Context, merchant db.Merchant, machineNo string, codeID int64) error {
	m, err := s.machine(ctx, merchant, machineNo)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		now := s.clock.Millis()
		_, found, err := store.Find(tx.CodeOfMachine(ctx, codeID, m.ID))
		if err != nil {
			return err
		}
		if !found {
			return vending.Refuse(vending.CodeRecordUnknown)
		}
		if n, err := cancelOne(ctx, tx, m.ID, codeID, now); err != nil || n == 1 {
			return err
		}
		// It has ended; how is read only now, since that may just have happened.
		code, err := tx.CodeOfMachine(ctx, codeID, m.ID)
		if err == nil {
			code, found, err = ownCode(ctx, tx.Queries, merchant.ID, code)
		}
		switch {
		case err != nil:
			return fmt.Errorf("read ended code: %w", err)
		case !found:
			return vending.Refuse(vending.CodeRecordUnknown)
		case code.State == vending.CodeUsed:
			return refuseUsed(code.OrderID)
		}
		return nil
	})
}

// CancelAll cancels every usable code of a machine in one transaction
// (openapi.md §7.11).
func (s *Service) CancelAll(ctx context.Context, merchant db.Merchant, machineNo string) error {
	m, err := s.machine(ctx, merchant, machineNo)
	if err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		now := s.clock.Millis()
		ids, err := tx.LiveCodesOfMachine(ctx, m.ID, now)
		if err != nil {
			return fmt.Errorf("list codes: %w", err)
		}
		return cancel(ctx, tx, m.ID, ids, now)
	})
}

// CancelForProduct cancels the usable codes of a product that goes away, in
// the caller's transaction (openapi.md §6.1).
func (s *Service) CancelForProduct(ctx context.Context, tx *store.Tx, machineID, productID int64) error {
	now := s.clock.Millis()
	codes, err := tx.LiveCodesOfProduct(ctx, productID, now)
	if err != nil {
		return fmt.Errorf("list codes: %w", err)
	}
	ids := make([]int64, len(codes))
	for i, code := range codes {
		ids[i] = code.ID
	}
	return cancel(ctx, tx, machineID, ids, now)
}

func cancel(ctx context.Context, tx *store.Tx, machineID int64, codeIDs []int64, now int64) error {
	for _, id := range codeIDs {
		if _, err := cancelOne(ctx, tx, machineID, id, now); err != nil {
			return err
		}
	}
	return nil
}

// cancelOne cancels a code and tells its machine. It is 0 if the code has ended,
// consumed in the meantime say, and stays as it is.
func cancelOne(ctx context.Context, tx *store.Tx, machineID, codeID, now int64) (int64, error) {
	n, err := tx.CancelCode(ctx, now, codeID)
	if err != nil {
		return 0, fmt.Errorf("cancel code: %w", err)
	}
	if n == 0 {
		return 0, nil
	}
	return n, tx.QueueCommand(ctx, deletion(machineID, codeID, now))
}

// ExpireSweep turns codes whose time has come into EXPIRED, in batches. No
// message goes out: machines expire their own copies (openapi.md §6.1).
func (s *Service) ExpireSweep(ctx context.Context) error {
	for {
		var n int64
		err := s.store.InTx(ctx, func(tx *store.Tx) (err error) {
			n, err = tx.ExpireCodes(ctx, s.clock.Millis(), expireBatch)
			return err
		})
		if err != nil {
			return fmt.Errorf("expire codes: %w", err)
		}
		if n < expireBatch {
			return nil
		}
	}
}

func (s *Service) machine(ctx context.Context, merchant db.Merchant, machineNo string) (db.Machine, error) {
	m, err := store.OwnMachine(ctx, s.store.Queries, merchant.ID, machineNo)
	if err != nil {
		return db.Machine{}, err
	}
	return m.Machine, vending.ManageGate().Check(m.Machine.Status, m.Presence.IsOnline, merchant.Debug)
}
