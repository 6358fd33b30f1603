package console

import (
	"context"
	"math"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (s *Server) jobRoutes() []route {
	return []route{
		{http.MethodGet, "/jobs", member, account.See, s.jobs},
		{http.MethodPost, "/jobs", member, account.ControlMachines, s.createJob},
		{http.MethodGet, "/jobs/{id}", member, account.See, s.job},
		{http.MethodGet, "/jobs/{id}/machines", member, account.See, s.jobMachines},
		{http.MethodPost, "/jobs/{id}/stop", member, account.ControlMachines, s.stopJob},
	}
}

// jobInfo is an action on many machines and how far it is: those that are neither
// accepted, acknowledged, done, failed nor stopped wait for their turn.
type jobInfo struct {
	ID           int64  `json:"id"`
	Action       string `json:"action"`
	Value        string `json:"value"`
	State        string `json:"state"`
	Machines     int64  `json:"machines"`
	Accepted     int64  `json:"accepted"`
	Acknowledged int64  `json:"acknowledged"`
	Done         int64  `json:"done"`
	Failed       int64  `json:"failed"`
	Stopped      int64  `json:"stopped"`
	CreatedBy    string `json:"created_by"`
	CreatedAt    int64  `json:"created_at"`
	FinishedAt   int64  `json:"finished_at"`
}

func (jobInfo) csvHeader() []string {
	return []string{
		"id", "action", "value", "state", "machines", "accepted", "acknowledged", "done", "failed", "stopped", "created_by", "created_at",
		"finished_at",
	}
}

func (r jobInfo) csvRow() []string {
	return []string{
		number(r.ID), r.Action, r.Value, r.State, number(r.Machines), number(r.Accepted), number(r.Acknowledged), number(r.Done),
		number(r.Failed), number(r.Stopped), r.CreatedBy, isoTime(r.CreatedAt), isoTime(r.FinishedAt),
	}
}

func showJob(r db.MachineJobPageRow) jobInfo {
	j := r.MachineJob
	return jobInfo{
		j.ID, j.Action, j.Value, j.State, r.Machines, r.Accepted, r.Acknowledged, r.Done, r.Failed, r.Stopped, r.CreatedByName, j.CreatedAt,
		j.FinishedAt,
	}
}

// jobMachine is what became of one machine of a job. Reason is the code of why it
// failed or was left out, "" for none.
type jobMachine struct {
	MachineNo   string `json:"machine_no"`
	MachineName string `json:"machine_name"`
	Group       string `json:"machine_group"`
	State       string `json:"state"`
	Reason      string `json:"reason"`
	UpdatedAt   int64  `json:"updated_at"`
}

func (jobMachine) csvHeader() []string {
	return []string{"machine_no", "machine_name", "machine_group", "state", "reason", "updated_at"}
}

func (r jobMachine) csvRow() []string {
	return []string{r.MachineNo, r.MachineName, r.Group, r.State, r.Reason, isoTime(r.UpdatedAt)}
}

func showJobMachine(r db.MachinesOfJobRow) jobMachine {
	return jobMachine{
		r.MachineNo, r.MachineName, r.MachineGroup, r.MachineJobRow.State, r.MachineJobRow.Reason, r.MachineJobRow.UpdatedAt,
	}
}

func (s *Server) jobs(ctx context.Context, c *call) (any, error) {
	q := c.query()
	p := db.MachineJobPageParams{MerchantID: c.Merchant.ID, MachineGroup: c.Group, BeforeID: math.MaxInt64}
	limit := q.limit()
	q.cursor(&p.BeforeID)
	if err := q.done(); err != nil {
		return nil, err
	}
	p.PageSize = limit + 1
	stored, err := s.store.MachineJobPage(ctx, p)
	if err != nil {
		return nil, err
	}
	return paged(c, items(stored, showJob).Items, limit, "jobs", func(last jobInfo) any { return last.ID })
}

// ownJob returns a job if it is in the scope.
func (s *Server) ownJob(ctx context.Context, c *call, id int64) (jobInfo, error) {
	found, err := s.store.MachineJobPage(ctx, db.MachineJobPageParams{
		MerchantID: c.Merchant.ID, MachineGroup: c.Group, BeforeID: math.MaxInt64, JobID: id, PageSize: 1,
	})
	if err == nil && len(found) == 0 {
		err = account.NotFound
	}
	if err != nil {
		return jobInfo{}, err
	}
	return showJob(found[0]), nil
}

func (s *Server) job(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return s.ownJob(ctx, c, id)
}

func (s *Server) jobMachines(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	q := c.query()
	p := db.MachinesOfJobParams{JobID: id, State: q.oneOf("state",
		fleet.JobRowWaiting, fleet.JobRowAccepted, fleet.JobRowAcknowledged, fleet.JobRowDone, fleet.JobRowFailed, fleet.JobRowStopped)}
	limit := q.limit()
	q.cursor(&p.AfterNo)
	if err := q.done(); err != nil {
		return nil, err
	}
	if _, err := s.ownJob(ctx, c, id); err != nil {
		return nil, err
	}
	p.PageSize = limit + 1
	stored, err := s.store.MachinesOfJob(ctx, p)
	if err != nil {
		return nil, err
	}
	return paged(c, items(stored, showJobMachine).Items, limit, "job-machines", func(last jobMachine) any { return last.MachineNo })
}

// mayDo tells whether a member who controls machines may do something with many of
// them: one who is bound to a group cannot move machines out of it.
func mayDo(c *call, action fleet.JobAction) bool { return c.Group == "" || action != fleet.JobSetGroup }

// createJob stores an action on many machines of the scope, which is done in the
// background.
func (s *Server) createJob(ctx context.Context, c *call) (any, error) {
	var in struct {
		Action     fleet.JobAction `json:"action"`
		Value      string          `json:"value"`
		MachineNos []string        `json:"machine_nos"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if !mayDo(c, in.Action) {
		return nil, account.Forbidden
	}
	if len(in.MachineNos) > fleet.MaxJobMachines {
		return nil, vending.RefuseField("machine_nos", "range")
	}
	wanted := fleet.NewJob{Action: in.Action, Value: in.Value, Group: c.Group, By: c.By()}
	for _, no := range in.MachineNos {
		m, err := s.ownMachine(ctx, c, no)
		if err != nil {
			return nil, err
		}
		wanted.Machines = append(wanted.Machines, m.Machine.ID)
	}
	id, err := s.use.Jobs.Create(ctx, wanted)
	if err != nil {
		return nil, err
	}
	info, err := s.ownJob(ctx, c, id)
	return created{info}, err
}

// stopJob leaves out the machines of a job whose turn has not come. Who may not
// start such a job may not stop it.
func (s *Server) stopJob(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	info, err := s.ownJob(ctx, c, id)
	if err != nil {
		return nil, err
	}
	if !mayDo(c, fleet.JobAction(info.Action)) {
		return nil, account.Forbidden
	}
	if err := s.use.Jobs.Stop(ctx, c.By(), id); err != nil {
		return nil, err
	}
	return s.ownJob(ctx, c, id)
}
