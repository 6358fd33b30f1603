package pickup

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/vendlane/vendlane/internal/crashpoint"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

const (
	// batchPiece is how many codes one transaction makes, so that redemptions never
	// wait for a batch.
	batchPiece = 50
	// batchLease is how long a node that died keeps a batch from the others, in
	// milliseconds. It is renewed with every piece.
	batchLease = 15_000
	// batchPoll is how often a node looks for batches that nobody told it of.
	batchPoll = 5 * time.Second
)

// errBatchOver ends the work on a batch: it was cancelled, is complete, or another
// node has taken it over.
var errBatchOver = errors.New("batch is over")

// RunBatches makes the codes of batches until ctx ends. It runs on every node; a
// batch is worked on by one at a time.
func (s *Service) RunBatches(ctx context.Context) error {
	poll := time.NewTicker(batchPoll)
	defer poll.Stop()
	for {
		if err := s.RunDueBatches(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("a batch of pickup codes failed; it goes on later", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.batches.C():
		case <-poll.C:
		}
	}
}

// RunDueBatches makes the codes of all batches that nobody works on now.
func (s *Service) RunDueBatches(ctx context.Context) error {
	for ctx.Err() == nil {
		var batch db.CodeBatch
		found := false
		err := s.store.InTx(ctx, func(tx *store.Tx) (err error) {
			now := s.clock.Millis()
			batch, found, err = store.Find(tx.ClaimCodeBatch(ctx, now+batchLease, now))
			return err
		})
		if err != nil || !found {
			return err
		}
		if err := s.runBatch(ctx, batch); err != nil {
			return fmt.Errorf("batch %d: %w", batch.ID, err)
		}
	}
	return nil
}

// runBatch makes one piece after the other.
func (s *Service) runBatch(ctx context.Context, batch db.CodeBatch) error {
	for ctx.Err() == nil {
		err := s.nextPiece(ctx, &batch)
		if errors.Is(err, errBatchOver) {
			return nil
		}
		if err != nil {
			return err
		}
		crashpoint.Hit("batch_piece")
	}
	// Whoever comes next need not wait for the lease.
	return s.store.InTx(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		_, err := tx.RenewCodeBatch(ctx, 0, batch.ID, batch.LeaseUntil)
		return err
	})
}

// nextPiece makes the next codes of a batch and counts them in one transaction, so
// that a crash between pieces neither loses nor doubles any. What refuses a line
// ends that line alone.
func (s *Service) nextPiece(ctx context.Context, batch *db.CodeBatch) error {
	line, found, err := store.Find(s.store.NextCodeBatchLine(ctx, batch.ID))
	if err != nil {
		return err
	}
	if !found {
		return s.inBatch(ctx, batch, func(tx *store.Tx) error {
			return s.endBatch(ctx, tx, batch.ID, BatchDone)
		})
	}
	m, r, expiredAt, err := s.checkLine(ctx, *batch, line)
	if err == nil {
		err = s.inBatch(ctx, batch, func(tx *store.Tx) error {
			if _, err := s.issueMany(ctx, tx, m, r, expiredAt); err != nil {
				return err
			}
			n, err := tx.CountCodeBatchLine(ctx, r.Count, line.ID, line.Made)
			return store.Changed("count codes of batch", n, err)
		})
	}
	failure, refused := failureOf(err)
	if !refused {
		return err
	}
	return s.inBatch(ctx, batch, func(tx *store.Tx) error {
		tx.CodesChanged(line.MachineID)
		return tx.FailCodeBatchLine(ctx, failure, line.ID)
	})
}

// checkLine is what issuing a code checks, for the next piece of a line.
func (s *Service) checkLine(ctx context.Context, batch db.CodeBatch, line db.CodeBatchLine) (db.Machine, Issue, int64, error) {
	merchant, err := s.store.MerchantByID(ctx, batch.MerchantID)
	if err != nil {
		return db.Machine{}, Issue{}, 0, fmt.Errorf("merchant of batch: %w", err)
	}
	m, err := s.store.MachineByID(ctx, line.MachineID)
	if err != nil {
		return db.Machine{}, Issue{}, 0, fmt.Errorf("machine of batch: %w", err)
	}
	r := Issue{
		MachineNo: m.Machine.MachineNo, Length: int(batch.CodeLength), ExpiresAt: batch.ExpiresAt, ProductID: line.ProductID,
		Count: min(batchPiece, line.Wanted-line.Made), Quantity: batch.Quantity, batchID: batch.ID,
	}
	machine, expiredAt, err := s.checkIssue(ctx, merchant, r)
	if err == nil {
		_, err = s.checkProduct(ctx, machine, r)
	}
	return machine, r, expiredAt, err
}

// inBatch runs fn in a transaction if the batch is still ours, and keeps it so.
func (s *Service) inBatch(ctx context.Context, batch *db.CodeBatch, fn func(tx *store.Tx) error) error {
	until := s.clock.Millis() + batchLease
	if until == batch.LeaseUntil {
		until++ // each piece has its own, so that a lost one is never mistaken
	}
	err := s.store.InTx(ctx, func(tx *store.Tx) error {
		n, err := tx.RenewCodeBatch(ctx, until, batch.ID, batch.LeaseUntil)
		if err != nil {
			return fmt.Errorf("renew lease of batch: %w", err)
		}
		if n == 0 {
			return errBatchOver
		}
		return fn(tx)
	})
	if err == nil {
		batch.LeaseUntil = until
	}
	return err
}

// failureOf tells whether an error is a reason to end a line, and which.
func failureOf(err error) (string, bool) {
	var refusal *vending.Error
	switch {
	case errors.As(err, &refusal):
		return refusalText(refusal.Code), true
	case errors.Is(err, errNoFreeCode):
		return refusalText(vending.CodeCount), true
	}
	return "", false
}
