package storetest

import (
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
