package pickup_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// What becomes of a code that is used at the machine, by its state, and whether
// an operator is told (mqtt.md §4.11).
func TestUsedAtMachine(t *testing.T) {
	for name, c := range map[string]struct {
		before func(t *testing.T, f *fixture, id int64)
		want   vending.CodeState
		alert  string
	}{
		"unused": {func(*testing.T, *fixture, int64) {}, vending.CodeUsed, ""},
		"used at the machine": {func(t *testing.T, f *fixture, id int64) {
			wantCode(t, f.Pickup.UsedAtMachine(t.Context(), f.Machine.ID, id), 0)
		}, vending.CodeUsed, ""},
		"consumed": {func(t *testing.T, f *fixture, _ int64) {
			_, err := f.Consume(t.Context(), "5288640", 131, "20240429000000000001")
			wantCode(t, err, 0)
		}, vending.CodeUsed, "USED"},
		"cancelled": {func(t *testing.T, f *fixture, id int64) {
			wantCode(t, f.Pickup.Cancel(t.Context(), f.Merchant, "16327129", id), 0)
		}, vending.CodeCancelled, ""},
		"expired": {func(t *testing.T, f *fixture, _ int64) {
			f.Advance(time.Hour)
			wantCode(t, f.Pickup.ExpireSweep(t.Context()), 0)
		}, vending.CodeExpired, ""},
		"expired, not swept": {func(_ *testing.T, f *fixture, _ int64) { f.Advance(time.Hour) }, vending.CodeUnused, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			id := f.AddCode(t, "5288640", 131, f.Now().Add(time.Hour).UnixMilli())
			c.before(t, f, id)
			order := value[int64](t, f, "SELECT order_id FROM pickup_codes")
			for range 2 { // machines repeat themselves
				wantCode(t, f.Pickup.UsedAtMachine(t.Context(), f.Machine.ID, id), 0)
			}
			row, err := f.Store.CodeOfMachine(t.Context(), id, f.Machine.ID)
			if err != nil || row.State != c.want || row.OrderID != order {
				t.Errorf("%+v, want %s with order %d (%v)", row, c.want, order, err)
			}
			alerts, err := f.Store.AlertsOfMachine(t.Context(), f.Machine.ID, 10)
			if err != nil || len(alerts) > 1 || (len(alerts) == 1) != (c.alert != "") ||
				slices.ContainsFunc(alerts, func(a db.Alert) bool { return !strings.Contains(a.Detail, c.alert) }) {
				t.Errorf("alerts %+v, want one with %q (%v)", alerts, c.alert, err)
			}
		})
	}
}

// A code used at the machine has no order yet: consuming it is refused without
// one, and takes nothing (consume.md §6).
func TestConsumeAfterUseAtMachine(t *testing.T) {
	f := newFixture(t)
	id := f.AddCode(t, "5288640", 131, 0)
	wantCode(t, f.Pickup.UsedAtMachine(t.Context(), f.Machine.ID, id), 0)
	_, err := f.Consume(t.Context(), "5288640", 131, "20240429000000000001")
	wantCode(t, err, vending.CodePickupCodeUsed)
	var refusal *vending.Error
	if !errors.As(err, &refusal) || len(refusal.Data) != 0 {
		t.Errorf("%+v, want no data", refusal)
	}
	if f.Stock(t, 131) != 10 {
		t.Errorf("stock %d, want 10", f.Stock(t, 131))
	}
}

func TestUnknownCodeUsedAtMachine(t *testing.T) {
	f := newFixture(t)
	id := f.AddCode(t, "5288640", 131, 0)
	wantCode(t, f.Pickup.UsedAtMachine(t.Context(), f.Machine.ID, id+1), vending.CodePickupCodeUnknown)
	wantCode(t, f.Pickup.UsedAtMachine(t.Context(), f.Machine.ID+1, id), vending.CodePickupCodeUnknown)
	if got := value[string](t, f, "SELECT state FROM pickup_codes"); got != "UNUSED" {
		t.Errorf("code is %s", got)
	}
}
