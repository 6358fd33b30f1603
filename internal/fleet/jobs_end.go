package fleet

import (
	"context"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// keepJobs is how long jobs are kept after their end, in milliseconds: 90 days, as
// the machine log is.
const keepJobs = 90 * 24 * 60 * 60 * 1000

// Stop leaves out the machines of a job of by's merchant whose turn has not come.
// Those that have their message keep their course, and the job ends when it is
// settled. A job that has no such machine, has ended or is another merchant's is
// left as it is: stopping twice does nothing more, and is audited once.
func (j *Jobs) Stop(ctx context.Context, by audit.By, jobID int64) error {
	err := j.store.InTx(ctx, func(tx *store.Tx) error {
		n, err := tx.StopMachinesOfJob(ctx, db.StopMachinesOfJobParams{
			Reason: ReasonStopped, Now: j.clock.Millis(), JobID: jobID, MerchantID: by.MerchantID,
		})
		if err != nil || n == 0 {
			return err
		}
		if err := jobChanged(ctx, tx, jobID); err != nil {
			return err
		}
		return j.audit.Record(ctx, tx, audit.Entry{
			By: by, Action: "machine.job.stop", Kind: "job", ID: strconv.FormatInt(jobID, 10),
			After: struct {
				Stopped int64 `json:"stopped"`
			}{n},
		})
	})
	if err != nil {
		return fmt.Errorf("stop job: %w", err)
	}
	j.fresh.Notify()
	return nil
}

// Sweep deletes jobs that ended more than 90 days ago, with what became of their
// machines. It is idempotent and may run on several nodes.
func (j *Jobs) Sweep(ctx context.Context) error {
	before := j.clock.Millis() - keepJobs
	for _, remove := range []func(tx *store.Tx) (int64, error){
		func(tx *store.Tx) (int64, error) { return tx.DeleteOldMachineJobRows(ctx, before, sweepBatch) },
		func(tx *store.Tx) (int64, error) { return tx.DeleteOldMachineJobs(ctx, before, sweepBatch) },
	} {
		if err := j.store.InBatches(ctx, sweepBatch, remove); err != nil {
			return fmt.Errorf("delete old jobs: %w", err)
		}
	}
	return nil
}
