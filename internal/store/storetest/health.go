package storetest

import (
	"maps"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// testQueues: what is due is counted with the time it has been due since, what is
// given up apart from it, and what is not due yet not at all.
func testQueues(t *testing.T, f *Fixture) {
	ctx := t.Context()
	f.queueOne(t)
	want := func(now int64, counts map[string][2]int64) {
		t.Helper()
		rows, err := f.Store.Queues(ctx, now)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string][2]int64{}
		for _, row := range rows {
			got[row.Queue] = [2]int64{row.Waiting, row.Since}
		}
		if !maps.Equal(got, counts) {
			t.Errorf("at %d: %v, want %v", now, got, counts)
		}
	}
	want(0, map[string][2]int64{"commands": {}, "callbacks": {}, "callbacks_dead": {}, "alert_messages": {}})
	want(5, map[string][2]int64{"commands": {1, 1}, "callbacks": {1, 1}, "callbacks_dead": {}, "alert_messages": {1, 1}})
	f.Write(t, func(tx *store.Tx) error {
		rows, err := tx.ClaimCallbacks(ctx, db.ClaimCallbacksParams{LeaseUntil: 9, Now: 5, Batch: 1})
		if err != nil {
			return err
		}
		_, err = tx.DeadCallback(ctx, 5, rows[0].ID, "")
		return err
	})
	want(5, map[string][2]int64{"commands": {1, 1}, "callbacks": {}, "callbacks_dead": {1, 0}, "alert_messages": {1, 1}})

	for _, online := range []bool{false, true} {
		f.Online(t, online)
		if n, err := f.Store.MachinesConnected(ctx); err != nil || (n > 0) != online {
			t.Errorf("online %v: %d machines connected (%v)", online, n, err)
		}
	}
}
