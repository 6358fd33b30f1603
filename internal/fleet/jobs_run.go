package fleet

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Times of jobs, in milliseconds.
const (
	// jobLease is how long a node that died keeps a job from the others. It is
	// renewed with every machine.
	jobLease = 15_000
	// jobLook is the pause between two looks at what has become of the messages.
	jobLook = 1000
	// jobMessageWait is how long a machine has to take its message.
	jobMessageWait = 5 * 60 * 1000
	// jobReportWait is how long it has to connect anew then.
	jobReportWait = 10 * 60 * 1000
)

// Run works on jobs until ctx ends. It runs on every node; a job is worked on by one
// at a time.
func (j *Jobs) Run(ctx context.Context) error {
	look := time.NewTicker(jobLook * time.Millisecond)
	defer look.Stop()
	for {
		if err := j.RunDue(ctx); err != nil && ctx.Err() == nil {
			j.log.Error("a job of machines failed; it goes on later", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-j.fresh.C():
		case <-look.C:
		}
	}
}

// errNotItsTurn means that a machine of a job waits no more: the job was stopped
// since it was chosen. What was done for it is undone with the transaction.
var errNotItsTurn = errors.New("the machine of the job waits no more")

// RunDue does what is to be done now for all jobs that nobody works on.
func (j *Jobs) RunDue(ctx context.Context) error {
	for ctx.Err() == nil {
		// Most of the time there is none, and no need for a transaction.
		if due, err := j.store.MachineJobDue(ctx, j.clock.Millis()); err != nil || !due {
			return err
		}
		var job db.MachineJob
		found := false
		err := j.store.InTx(ctx, func(tx *store.Tx) (err error) {
			now := j.clock.Millis()
			job, found, err = store.Find(tx.ClaimMachineJob(ctx, now+jobLease, now))
			return err
		})
		if err != nil || !found {
			return err
		}
		if err := j.work(ctx, job); err != nil {
			return fmt.Errorf("job %d: %w", job.ID, err)
		}
	}
	return nil
}

// work takes the machines whose turn has not come one after the other, and then
// looks at those that were told something.
func (j *Jobs) work(ctx context.Context, job db.MachineJob) error {
	lease := &store.Lease{ID: job.ID, Until: job.LeaseUntil, Renew: (*db.Queries).RenewMachineJob}
	for ctx.Err() == nil {
		machineID, found, err := store.Find(j.store.NextMachineOfJob(ctx, job.ID))
		switch {
		case err != nil:
			return err
		case found:
			err = store.Retry("act on a machine", func() error { return j.take(ctx, job, lease, machineID) })
			if errors.Is(err, errNotItsTurn) {
				err = nil
			}
		default:
			err = j.look(ctx, lease)
		}
		if errors.Is(err, store.ErrLeaseLost) || err == nil && !found {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return lease.Release(ctx, j.store)
}

// take acts on one machine and notes what became of it in one transaction, so that
// a crash neither forgets a machine nor does anything twice. What refuses a machine
// is noted and stops no other.
func (j *Jobs) take(ctx context.Context, job db.MachineJob, lease *store.Lease, machineID int64) error {
	until := j.clock.Millis() + jobLease
	row := db.SetMachineJobRowParams{JobID: job.ID, MachineID: machineID}
	err := lease.InTx(ctx, j.store, until, func(tx *store.Tx) error {
		m, err := tx.MachineByID(ctx, machineID)
		if err != nil {
			return fmt.Errorf("machine of job: %w", err)
		}
		if row.Reason = outOfReach(job, m.Machine); row.Reason != "" {
			row.State = JobRowFailed
		} else if err := j.act(ctx, tx, job, store.Machine(m), &row); err != nil {
			return err
		}
		return j.note(ctx, tx, row)
	})
	var refusal *vending.Error
	if !errors.As(err, &refusal) {
		return err
	}
	row = db.SetMachineJobRowParams{JobID: job.ID, MachineID: machineID, State: JobRowFailed, Reason: strconv.Itoa(int(refusal.Code))}
	return lease.InTx(ctx, j.store, until, func(tx *store.Tx) error { return j.note(ctx, tx, row) })
}

// outOfReach tells why a machine is no longer one of those that who asked may act
// on, "" if it is.
func outOfReach(job db.MachineJob, m db.Machine) string {
	switch {
	case m.MerchantID != job.MerchantID:
		return strconv.Itoa(int(vending.CodeMachineUnknown))
	case job.MachineGroup != "" && m.MachineGroup != job.MachineGroup:
		return ReasonOutOfGroup
	}
	return ""
}

func (j *Jobs) note(ctx context.Context, tx *store.Tx, row db.SetMachineJobRowParams) error {
	row.Now = j.clock.Millis()
	tx.MachineChanged(row.MachineID)
	n, err := tx.SetMachineJobRow(ctx, row)
	if err == nil && n == 0 {
		return errNotItsTurn
	}
	return err
}

// before is what the audit log keeps of a machine that a job changes.
type before struct {
	Group       string                `json:"machine_group"`
	Status      vending.MachineStatus `json:"status"`
	PickupCodes bool                  `json:"pickup_code_enabled"`
}

// act does the action of a job with one machine. One whose settings change is told to
// load its data again.
func (j *Jobs) act(ctx context.Context, tx *store.Tx, job db.MachineJob, m store.Machine, row *db.SetMachineJobRowParams) (err error) {
	row.State = JobRowDone
	changed := false
	switch action := JobAction(job.Action); action {
	case JobSetGroup:
		changed, err = j.fleet.SetGroup(ctx, tx, m, job.Value)
	case JobMaintenanceOn, JobMaintenanceOff:
		changed, err = j.fleet.SetMaintenance(ctx, tx, m, action == JobMaintenanceOn)
	case JobPauseCodes, JobResumeCodes:
		changed, err = j.fleet.SetPickupCodes(ctx, tx, m, action == JobResumeCodes)
	case JobReboot:
		row.State, row.Epoch = JobRowAccepted, m.Presence.Epoch
		row.CommandID, err = j.fleet.QueueReboot(ctx, tx, m, jobMessageWait)
	}
	if err == nil && changed {
		err = j.catalog.QueueRefresh(ctx, tx, m.Machine.ID)
	}
	if err != nil || !changed && row.State == JobRowDone {
		return err
	}
	return j.audit.Record(ctx, tx, audit.Entry{
		By:     audit.By{UserID: job.CreatedBy, MerchantID: job.MerchantID, IP: job.Ip},
		Action: "machine." + job.Action, Kind: "machine", ID: m.Machine.MachineNo,
		Before: before{m.Machine.MachineGroup, m.Machine.Status, m.Machine.PickupCodeEnabled},
		After: struct {
			Job   int64  `json:"job"`
			Value string `json:"value,omitempty"`
		}{job.ID, job.Value},
	})
}

// look notes what has become of the messages to machines, and ends the job if there
// is nothing left to wait for; else it gives the job back until the next look.
func (j *Jobs) look(ctx context.Context, lease *store.Lease) error {
	now, jobID := j.clock.Millis(), lease.ID
	return lease.InTx(ctx, j.store, now+jobLook, func(tx *store.Tx) error {
		steps := []func() (int64, error){
			func() (int64, error) { return tx.AcknowledgeMachinesOfJob(ctx, now, jobID) },
			func() (int64, error) { return tx.GiveUpMachinesOfJob(ctx, ReasonUnanswered, now, jobID) },
			func() (int64, error) { return tx.FinishMachinesOfJob(ctx, now, jobID) },
			func() (int64, error) {
				return tx.MissMachinesOfJob(ctx, db.MissMachinesOfJobParams{
					JobID: jobID, Reason: ReasonNotBack, Now: now, SilentSince: now - jobReportWait,
				})
			},
		}
		news := int64(0)
		for _, step := range steps {
			n, err := step()
			if err != nil {
				return fmt.Errorf("look at the machines of a job: %w", err)
			}
			news += n
		}
		open, err := tx.OpenMachinesOfJob(ctx, jobID)
		if err != nil {
			return fmt.Errorf("count the machines of a job: %w", err)
		}
		if open == 0 {
			if err := tx.EndMachineJob(ctx, now, jobID); err != nil {
				return fmt.Errorf("end job: %w", err)
			}
		}
		if news == 0 && open > 0 {
			return nil
		}
		return jobChanged(ctx, tx, jobID)
	})
}

// jobChanged tells open pages that something has become of the machines of a job.
func jobChanged(ctx context.Context, tx *store.Tx, jobID int64) error {
	one, err := tx.MachinesOfJob(ctx, db.MachinesOfJobParams{JobID: jobID, PageSize: 1})
	if err != nil {
		return fmt.Errorf("machine of job: %w", err)
	}
	tx.MachineChanged(one[0].MachineJobRow.MachineID)
	return nil
}
