package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// An offline alert that is due is taken by one sweep, and by none before.
func testAlertTaken(t *testing.T, f *Fixture) {
	ctx := t.Context()
	const due = 1714353685000
	now := f.Now().UnixMilli()
	if n := f.changed(t, func(tx *store.Tx) (int64, error) {
		return tx.MachineOffline(ctx, db.MachineOfflineParams{MachineID: f.Machine.ID, Epoch: now, AlertAt: due})
	}); n != 1 {
		t.Fatalf("%d machines went offline, want 1", n)
	}
	take := func(at int64) []int {
		return f.winners(t, 8, func(tx *store.Tx, _ int) (int64, error) { return tx.AlertTaken(ctx, f.Machine.ID, at) })
	}
	waiting := func(at int64) []int64 {
		ids, err := f.Store.MachinesToAlert(ctx, at, 500)
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	if got := waiting(due - 1); len(got) != 0 || len(take(due-1)) != 0 {
		t.Errorf("an alert was taken before it was due (%v)", got)
	}
	if got := waiting(due); !slices.Equal(got, []int64{f.Machine.ID}) {
		t.Errorf("machines to alert %v", got)
	}
	if won := take(due); len(won) != 1 {
		t.Errorf("%d took the alert, want 1", len(won))
	}
	if got := waiting(due); len(got) != 0 || len(take(due)) != 0 {
		t.Errorf("an alert was taken twice (%v)", got)
	}
}

// At most one alert of a kind and subject is open on a machine.
func testOpenAlert(t *testing.T, f *Fixture) {
	ctx := t.Context()
	jam := db.OpenAlertParams{MachineID: f.Machine.ID, Kind: vending.AlertChannel, Subject: "131", Detail: "jam", OpenedAt: 1}
	open := func(change func(*db.OpenAlertParams)) int {
		p := jam
		change(&p)
		return len(f.winners(t, 8, func(tx *store.Tx, _ int) (int64, error) { return tx.OpenAlert(ctx, p) }))
	}
	for _, change := range []func(*db.OpenAlertParams){
		func(*db.OpenAlertParams) {},
		func(p *db.OpenAlertParams) { p.Subject = "132" },
		func(p *db.OpenAlertParams) { p.Subject = "" },
		func(p *db.OpenAlertParams) { p.Kind = vending.AlertDelivery },
		func(p *db.OpenAlertParams) { p.MachineID = f.neighbour(t) },
	} {
		if n := open(change); n != 1 {
			t.Errorf("%d alerts were opened, want 1", n)
		}
	}
	if n := open(func(p *db.OpenAlertParams) { p.Detail, p.OpenedAt = "other", 2 }); n != 0 {
		t.Errorf("%d alerts were opened beside an open one", n)
	}
	resolve := func(now int64) int {
		return len(f.winners(t, 8, func(tx *store.Tx, _ int) (int64, error) {
			return tx.ResolveAlert(ctx, db.ResolveAlertParams{MachineID: f.Machine.ID, Kind: vending.AlertChannel, Subject: "131", Now: now})
		}))
	}
	if n := resolve(3); n != 1 {
		t.Errorf("%d resolved it, want 1", n)
	}
	if n := resolve(4); n != 0 {
		t.Errorf("%d resolved what was over", n)
	}
	if n := open(func(p *db.OpenAlertParams) { p.OpenedAt = 5 }); n != 1 {
		t.Errorf("%d alerts were opened after the first was over, want 1", n)
	}
	rows, err := f.Store.AlertsOfMachine(ctx, f.Machine.ID, 100)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, row := range rows {
		got = append(got, fmt.Sprintf("%s %s %d–%d", row.Kind, row.Subject, row.OpenedAt, row.ResolvedAt))
	}
	want := []string{"CHANNEL_FAULT 131 5–0", "DELIVERY_CONFLICT 131 1–0", "CHANNEL_FAULT  1–0", "CHANNEL_FAULT 132 1–0", "CHANNEL_FAULT 131 1–3"}
	if !slices.Equal(got, want) {
		t.Errorf("alerts %q, want %q", got, want)
	}
}
