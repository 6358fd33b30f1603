package fleet

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
)

// Bounds of Sweep.
const (
	// keepJobs is how long jobs are kept after their end, in milliseconds: 90 days,
	// as the machine log is.
	keepJobs = 90 * 24 * 60 * 60 * 1000
	// jobSweepBatch bounds the rows one transaction deletes, so that it holds up
	// nobody.
	jobSweepBatch = 500
)

// Sweep deletes jobs that ended more than 90 days ago, with what became of their
// machines. It is idempotent and may run on several nodes.
func (j *Jobs) Sweep(ctx context.Context) error {
	before := j.clock.Millis() - keepJobs
	for _, remove := range []func(tx *store.Tx) (int64, error){
		func(tx *store.Tx) (int64, error) { return tx.DeleteOldMachineJobRows(ctx, before, jobSweepBatch) },
		func(tx *store.Tx) (int64, error) { return tx.DeleteOldMachineJobs(ctx, before, jobSweepBatch) },
	} {
		for deleted := int64(jobSweepBatch); deleted == jobSweepBatch; {
			err := j.store.InTx(ctx, func(tx *store.Tx) (err error) {
				deleted, err = remove(tx)
				return err
			})
			if err != nil {
				return fmt.Errorf("delete old jobs: %w", err)
			}
		}
	}
	return nil
}
