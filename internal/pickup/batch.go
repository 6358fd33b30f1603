package pickup

import (
	"context"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// States of a batch. All but RUNNING are final.
const (
	BatchRunning   = "RUNNING"
	BatchDone      = "DONE"
	BatchCancelled = "CANCELLED"
)

// Bounds of a batch.
const (
	// MaxBatch is how many codes it has.
	MaxBatch = 10_000
	// MaxBatchLines is how many products it is for.
	MaxBatchLines = 500
)

// NewBatch is a request to make many codes in the background.
type NewBatch struct {
	// Length of each code in digits, 6–10; Quantity is the pieces of each code.
	Length   int
	Quantity int64
	// ExpiresAt is UTC milliseconds, 0 for never.
	ExpiresAt int64
	Lines     []BatchLine
	// CreatedBy is the user who asks.
	CreatedBy int64
}

// BatchLine is how many codes of a batch are for one product. The capacity of its
// channel is no bound, as it is for one call of the API: people come to redeem a
// batch over weeks, in which the channel is filled again and again.
type BatchLine struct {
	MachineNo string
	ProductID int64
	Count     int64
}

// CreateBatch checks every line as if one code were issued, and stores the batch
// for RunBatches. The whole is refused if one line is: with the code that issuing a
// code has, or with 10033 and the bound if there are too many.
func (s *Service) CreateBatch(ctx context.Context, merchant db.Merchant, b NewBatch) (int64, error) {
	if err := checkNumbers(b); err != nil {
		return 0, err
	}
	machines := make([]int64, len(b.Lines))
	for i, line := range b.Lines {
		r := Issue{MachineNo: line.MachineNo, Length: b.Length, ExpiresAt: b.ExpiresAt, ProductID: line.ProductID, Quantity: b.Quantity}
		m, _, err := s.checkIssue(ctx, merchant, r)
		if err == nil {
			_, err = s.checkProduct(ctx, m, r)
		}
		if err != nil {
			return 0, err
		}
		machines[i] = m.ID
	}
	var id int64
	err := s.store.InTx(ctx, func(tx *store.Tx) (err error) {
		if id, err = tx.InsertCodeBatch(ctx, db.InsertCodeBatchParams{
			MerchantID: merchant.ID, CreatedBy: b.CreatedBy, CreatedAt: s.clock.Millis(),
			CodeLength: int64(b.Length), Quantity: b.Quantity, ExpiresAt: b.ExpiresAt,
		}); err != nil {
			return fmt.Errorf("store batch: %w", err)
		}
		for i, line := range b.Lines {
			if err := tx.InsertCodeBatchLine(ctx, db.InsertCodeBatchLineParams{
				BatchID: id, MachineID: machines[i], ProductID: line.ProductID, Wanted: line.Count,
			}); err != nil {
				return fmt.Errorf("store line of batch: %w", err)
			}
		}
		tx.CodesChanged(machines[0])
		return nil
	})
	s.batches.Notify()
	return id, err
}

func checkNumbers(b NewBatch) error {
	if len(b.Lines) < 1 || len(b.Lines) > MaxBatchLines {
		return vending.RefuseField("lines", "range")
	}
	left := int64(MaxBatch)
	for _, line := range b.Lines {
		if line.Count < 1 || line.Count > left {
			return vending.RefuseWith(vending.CodeCount, vending.Data{"max": int64(MaxBatch)})
		}
		left -= line.Count
	}
	switch {
	case b.Quantity < 1:
		return vending.RefuseField("quantity", "range")
	case b.Length < vending.MinCodeLength || b.Length > vending.MaxCodeLength:
		return vending.Refuse(vending.CodeCodeLength)
	}
	return nil
}

// StopBatch makes no more codes for a batch; those that are made stay. One that
// has ended is left as it is.
func (s *Service) StopBatch(ctx context.Context, batch db.CodeBatch) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error { return s.endBatch(ctx, tx, batch.ID, BatchCancelled) })
}

// endBatch ends a batch that has not ended, and tells open pages.
func (s *Service) endBatch(ctx context.Context, tx *store.Tx, id int64, state string) error {
	n, err := tx.EndCodeBatch(ctx, state, s.clock.Millis(), id)
	if err != nil || n == 0 {
		return err
	}
	lines, err := tx.CodeBatchLines(ctx, id)
	if err != nil {
		return fmt.Errorf("read batch: %w", err)
	}
	tx.CodesChanged(lines[0].CodeBatchLine.MachineID)
	return nil
}

// refusalText is what a line keeps of why it ended early: the number of the code,
// as the pages translate it.
func refusalText(code vending.Code) string { return strconv.Itoa(int(code)) }
