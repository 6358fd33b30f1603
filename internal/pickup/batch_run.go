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
	lease := store.Lease{ID: batch.ID, Until: batch.LeaseUntil, Renew: (*db.Queries).RenewCodeBatch}
	for ctx.Err() == nil {
		err := s.nextPiece(ctx, batch, &lease)
		if errors.Is(err, store.ErrLeaseLost) { // cancelled, complete or taken over
			return nil
		}
		if err != nil {
			return err
		}
		crashpoint.Hit("batch_piece")
	}
	return lease.Release(ctx, s.store)
}

// nextPiece makes the next codes of a batch and counts them in one transaction, so
// that a crash between pieces neither loses nor doubles any. What refuses a line
// ends that line alone.
func (s *Service) nextPiece(ctx context.Context, batch db.CodeBatch, lease *store.Lease) error {
	until := s.clock.Millis() + batchLease
	line, found, err := store.Find(s.store.NextCodeBatchLine(ctx, batch.ID))
	if err != nil {
		return err
	}
	if !found {
		return lease.InTx(ctx, s.store, until, func(tx *store.Tx) error {
			return s.endBatch(ctx, tx, batch.ID, BatchDone)
		})
	}
	m, r, expiredAt, err := s.checkLine(ctx, batch, line)
	if err == nil {
		err = lease.InTx(ctx, s.store, until, func(tx *store.Tx) error {
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
	return lease.InTx(ctx, s.store, until, func(tx *store.Tx) error {
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
