package storetest

import (
	"fmt"
	"math"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// addJob puts a job of the merchant there, with its machines in these states.
func (f *Fixture) addJob(t *testing.T, states map[int64]string) (id int64) {
	t.Helper()
	ctx := t.Context()
	f.Write(t, func(tx *store.Tx) (err error) {
		if id, err = tx.InsertMachineJob(ctx, db.InsertMachineJobParams{MerchantID: f.Merchant.ID, Action: "reboot", CreatedAt: 1}); err != nil {
			return err
		}
		for machine, state := range states {
			if err := tx.InsertMachineJobRow(ctx, id, machine, 1); err != nil {
				return err
			}
			if _, err := tx.SetMachineJobRow(ctx, db.SetMachineJobRowParams{JobID: id, MachineID: machine, State: state, Now: 1}); err != nil {
				return err
			}
		}
		return nil
	})
	return id
}

// The machines of a job are counted by their states, those of each job of a page for
// themselves.
func testJobPage(t *testing.T, f *Fixture) {
	ctx := t.Context()
	one, two := f.Machine.ID, f.neighbour(t)
	var ids []int64
	for _, states := range [][2]string{
		{"WAITING", "ACCEPTED"}, {"ACKNOWLEDGED", "DONE"}, {"FAILED", "STOPPED"}, {"DONE", "DONE"},
	} {
		ids = append(ids, f.addJob(t, map[int64]string{one: states[0], two: states[1]}))
	}
	all := db.MachineJobPageParams{MerchantID: f.Merchant.ID, BeforeID: math.MaxInt64, PageSize: 3}
	show := func(p db.MachineJobPageParams) (out string) {
		page, err := f.Store.MachineJobPage(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		for _, j := range page {
			out += fmt.Sprintf("%d:%d/%d%d%d%d%d ", j.MachineJob.ID-ids[0], j.Machines, j.Accepted, j.Acknowledged, j.Done, j.Failed, j.Stopped)
		}
		return out
	}
	for name, test := range map[string]struct {
		narrow func(p *db.MachineJobPageParams)
		want   string
	}{
		"the newest first":    {func(*db.MachineJobPageParams) {}, "3:2/00200 2:2/00011 1:2/01100 "},
		"older than one":      {func(p *db.MachineJobPageParams) { p.BeforeID = ids[1] }, "0:2/10000 "},
		"one":                 {func(p *db.MachineJobPageParams) { p.JobID = ids[2] }, "2:2/00011 "},
		"of another merchant": {func(p *db.MachineJobPageParams) { p.MerchantID++ }, ""},
		"of another group":    {func(p *db.MachineJobPageParams) { p.MachineGroup = "elsewhere" }, ""},
	} {
		p := all
		test.narrow(&p)
		if got := show(p); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

// A stop changes what waits of a job of the merchant, and nothing that is under way.
func testStopJob(t *testing.T, f *Fixture) {
	ctx := t.Context()
	id := f.addJob(t, map[int64]string{f.Machine.ID: "ACCEPTED", f.neighbour(t): "WAITING"})
	other := f.addJob(t, map[int64]string{f.Machine.ID: "WAITING"})
	for _, step := range []struct {
		why      string
		merchant int64
		want     int64
	}{
		{"of another merchant", f.Merchant.ID + 1, 0},
		{"one machine waits", f.Merchant.ID, 1},
		{"none waits", f.Merchant.ID, 0},
	} {
		n := f.changed(t, func(tx *store.Tx) (int64, error) {
			return tx.StopMachinesOfJob(ctx, db.StopMachinesOfJobParams{JobID: id, MerchantID: step.merchant, Reason: "stopped", Now: 2})
		})
		if n != step.want {
			t.Errorf("%s: %d machines are left out, want %d", step.why, n, step.want)
		}
	}
	if n := f.changed(t, func(tx *store.Tx) (int64, error) {
		return tx.SetMachineJobRow(ctx, db.SetMachineJobRowParams{JobID: id, MachineID: f.neighbour(t), State: "ACCEPTED"})
	}); n != 0 {
		t.Error("a machine that is left out is taken")
	}
	for _, job := range []struct{ id, waiting int64 }{{id, 1}, {other, 1}} { // the accepted one, and the other's
		if open, err := f.Store.OpenMachinesOfJob(ctx, job.id); err != nil || open != job.waiting {
			t.Errorf("job %d: %d open machines, want %d (%v)", job.id, open, job.waiting, err)
		}
	}
}

// Old jobs that are over are deleted in batches, their machines first.
func testDeleteJobs(t *testing.T, f *Fixture) {
	ctx := t.Context()
	one, two := f.Machine.ID, f.neighbour(t)
	ids := []int64{}
	for range 4 {
		ids = append(ids, f.addJob(t, map[int64]string{one: "DONE", two: "DONE"}))
	}
	f.Write(t, func(tx *store.Tx) error {
		for i, at := range []int64{5, 6, 7} { // the last one is under way
			if err := tx.EndMachineJob(ctx, at, ids[i]); err != nil {
				return err
			}
		}
		return nil
	})
	for i, step := range []struct{ rows, jobs int64 }{{3, 1}, {1, 1}, {0, 0}} {
		rows := f.changed(t, func(tx *store.Tx) (int64, error) { return tx.DeleteOldMachineJobRows(ctx, 7, 3) })
		jobs := f.changed(t, func(tx *store.Tx) (int64, error) { return tx.DeleteOldMachineJobs(ctx, 7, 3) })
		if rows != step.rows || jobs != step.jobs {
			t.Errorf("step %d: %d machines and %d jobs deleted, want %+v", i, rows, jobs, step)
		}
	}
	left, err := f.Store.MachineJobPage(ctx, db.MachineJobPageParams{MerchantID: f.Merchant.ID, BeforeID: math.MaxInt64, PageSize: 10})
	if err != nil || len(left) != 2 || left[0].MachineJob.ID != ids[3] || left[1].MachineJob.ID != ids[2] || left[0].Machines != 2 || left[1].Machines != 2 {
		t.Errorf("left %+v (%v)", left, err)
	}
}
