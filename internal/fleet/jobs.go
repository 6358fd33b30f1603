package fleet

import (
	"context"
	"fmt"
	"log/slog"
	"slices"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// JobAction is what a job does with each of its machines.
type JobAction string

// The actions of jobs.
const (
	JobSetGroup       JobAction = "set_group"
	JobMaintenanceOn  JobAction = "maintenance_on"
	JobMaintenanceOff JobAction = "maintenance_off"
	JobPauseCodes     JobAction = "pause_codes"
	JobResumeCodes    JobAction = "resume_codes"
	JobReboot         JobAction = "reboot"
)

// JobActions lists them.
func JobActions() []JobAction {
	return []JobAction{JobSetGroup, JobMaintenanceOn, JobMaintenanceOff, JobPauseCodes, JobResumeCodes, JobReboot}
}

// JobDone is the final state of a job; before that it is RUNNING.
const JobDone = "DONE"

// States of one machine of a job. JobRowDone, JobRowFailed and JobRowStopped are final.
const (
	JobRowWaiting      = "WAITING"      // its turn has not come
	JobRowAccepted     = "ACCEPTED"     // a message to the machine is queued
	JobRowAcknowledged = "ACKNOWLEDGED" // the machine has the message
	JobRowDone         = "DONE"         // the change is made, or the machine has connected anew
	JobRowFailed       = "FAILED"
	JobRowStopped      = "STOPPED" // the job was stopped before its turn came
)

// Reasons why a machine of a job failed or was left out, beside the codes of
// refusals.
const (
	// ReasonOutOfGroup: the machine has left the group of who asked.
	ReasonOutOfGroup = "out_of_group"
	// ReasonUnanswered: the machine did not acknowledge the message in time.
	ReasonUnanswered = "unanswered"
	// ReasonNotBack: the machine has the message and did not connect anew in time.
	ReasonNotBack = "not_back"
	// ReasonStopped: somebody has stopped the job before the machine's turn.
	ReasonStopped = "stopped"
)

// MaxJobMachines is how many machines a job has at most.
const MaxJobMachines = 1000

// Jobs is the use case of doing the same with many machines in the background.
type Jobs struct {
	store   *store.Store
	fleet   *Service
	catalog *catalog.Service
	audit   *audit.Log
	clock   vending.Clock
	log     *slog.Logger
	// fresh wakes Run.
	fresh *store.Signal
}

// NewJobs makes the use case.
func NewJobs(st *store.Store, fleet *Service, goods *catalog.Service, trail *audit.Log, clock vending.Clock, log *slog.Logger) *Jobs {
	return &Jobs{store: st, fleet: fleet, catalog: goods, audit: trail, clock: clock, log: log, fresh: store.NewSignal()}
}

// NewJob is a request to do something with many machines.
type NewJob struct {
	Action JobAction
	// Value is the group for JobSetGroup, else "".
	Value string
	// Machines are ids of machines of the merchant; one that is named twice counts
	// once.
	Machines []int64
	// Group is the group of machines that who asks is bound to, "" for all. A
	// machine that has left it meanwhile is not touched.
	Group string
	By    audit.By
}

// Create stores a job for Run and returns its id. It refuses with 10001 what is no
// job.
func (j *Jobs) Create(ctx context.Context, n NewJob) (int64, error) {
	switch {
	case !slices.Contains(JobActions(), n.Action):
		return 0, vending.RefuseField("action", "range")
	case n.Action != JobSetGroup && n.Value != "", len(n.Value) > MaxGroupName, !vending.Storable(n.Value):
		return 0, vending.RefuseField("value", "range")
	case len(n.Machines) < 1 || len(n.Machines) > MaxJobMachines:
		return 0, vending.RefuseField("machine_nos", "range")
	}
	machines := slices.Compact(slices.Sorted(slices.Values(n.Machines)))
	now := j.clock.Millis()
	var id int64
	err := j.store.InTx(ctx, func(tx *store.Tx) (err error) {
		if id, err = tx.InsertMachineJob(ctx, db.InsertMachineJobParams{
			MerchantID: n.By.MerchantID, MachineGroup: n.Group, CreatedBy: n.By.UserID, Ip: n.By.IP, CreatedAt: now,
			Action: string(n.Action), Value: n.Value,
		}); err != nil {
			return fmt.Errorf("store job: %w", err)
		}
		for _, machineID := range machines {
			if err := tx.InsertMachineJobRow(ctx, id, machineID, now); err != nil {
				return fmt.Errorf("store machine of job: %w", err)
			}
		}
		tx.MachineChanged(machines[0])
		return nil
	})
	j.fresh.Notify()
	return id, err
}
