package pickup

import (
	"context"
	"fmt"
	"slices"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// MaxBulk is how many codes one transaction cancels or extends.
const MaxBulk = 500

// Whose says which codes may be touched: those on the machines of a merchant, and
// of a group of them unless Group is "".
type Whose struct {
	Merchant db.Merchant
	Group    string
}

// Bulk is what became of many codes.
type Bulk struct {
	// Changed codes are as asked for. Skipped ones had ended before, or needed no
	// change.
	Changed, Skipped int64
}

// CancelMany cancels up to MaxBulk codes by their row ids in one transaction. A
// code that is not the merchant's is the refusal 80002, and nothing changes.
func (s *Service) CancelMany(ctx context.Context, whose Whose, ids []int64) (Bulk, error) {
	now := s.clock.Millis()
	return s.each(ctx, whose, ids, func(tx *store.Tx, row db.CodeInScopeRow) (int64, error) {
		return cancelOne(ctx, tx, row.Machine.ID, row.PickupCode.ID, now)
	})
}

// ExtendMany gives up to MaxBulk codes a later end, UTC milliseconds, 0 for never.
// Codes that have ended, or end later than that, are skipped. The machines get the
// codes again, as mqtt.md §5.14 stores them by id. A time in the past is the refusal
// 10032; a code that is not the merchant's is 80002, and nothing changes.
func (s *Service) ExtendMany(ctx context.Context, whose Whose, ids []int64, expiresAt int64) (Bulk, error) {
	now := s.clock.Millis()
	if expiresAt != 0 && expiresAt <= now {
		return Bulk{}, vending.Refuse(vending.CodeExpiredAt)
	}
	return s.each(ctx, whose, ids, func(tx *store.Tx, row db.CodeInScopeRow) (int64, error) {
		code := row.PickupCode
		n, err := tx.ExtendCode(ctx, expiresAt, code.ID, now)
		if err != nil || n == 0 {
			return n, err
		}
		code.ExpiredAt = expiresAt
		return n, s.QueueCreate(ctx, tx, row.Machine, code)
	})
}

// CancelBatch cancels the usable codes of a batch, MaxBulk at a time: what is done
// stays done if it fails, and doing it again does the rest. Cancel the batch first.
func (s *Service) CancelBatch(ctx context.Context, whose Whose, batchID int64) (Bulk, error) {
	var done Bulk
	after := int64(0)
	for {
		rows, err := s.store.LiveCodesOfBatch(ctx, db.LiveCodesOfBatchParams{
			BatchID: batchID, AfterID: after, MerchantID: whose.Merchant.ID, Now: s.clock.Millis(), PageSize: MaxBulk,
		})
		if err != nil {
			return done, fmt.Errorf("list codes of batch: %w", err)
		}
		if len(rows) == 0 {
			return done, nil
		}
		ids := make([]int64, len(rows))
		for i, r := range rows {
			ids[i], after = r.ID, r.ID
		}
		piece, err := s.CancelMany(ctx, whose, ids)
		if err != nil {
			return done, err
		}
		done.Changed, done.Skipped = done.Changed+piece.Changed, done.Skipped+piece.Skipped
	}
}

// each changes codes in the order of their ids, as everything else does.
func (s *Service) each(
	ctx context.Context, whose Whose, ids []int64, change func(tx *store.Tx, row db.CodeInScopeRow) (int64, error),
) (Bulk, error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	if len(ids) < 1 || len(ids) > MaxBulk {
		return Bulk{}, vending.RefuseField("ids", "range")
	}
	var done Bulk
	err := s.store.InTx(ctx, func(tx *store.Tx) error {
		done = Bulk{}
		for _, id := range ids {
			row, found, err := store.Find(tx.CodeInScope(ctx, id, whose.Merchant.ID, whose.Group))
			if err != nil {
				return err
			}
			if !found {
				return vending.Refuse(vending.CodeRecordUnknown)
			}
			// Presence is no matter: the message waits for the machine.
			if err := vending.ManageGate().Check(row.Machine.Status, true, whose.Merchant.Debug); err != nil {
				return err
			}
			n, err := change(tx, row)
			if err != nil {
				return fmt.Errorf("change code %d: %w", id, err)
			}
			done.Changed, done.Skipped = done.Changed+n, done.Skipped+1-n
		}
		return nil
	})
	return done, err
}
