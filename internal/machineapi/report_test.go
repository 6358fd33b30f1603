package machineapi

import (
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// lastCallback returns the body of the newest callback.
func (f *fixture) lastCallback() *signature.Object {
	f.t.Helper()
	var text string
	f.check(f.engine.Reader().QueryRowContext(f.ctx, "SELECT body FROM callbacks ORDER BY id DESC LIMIT 1").Scan(&text))
	object, err := signature.ParseObject([]byte(text))
	f.check(err)
	return object
}

func member(o *signature.Object, name string) string {
	v, _ := o.Lookup(name)
	return v.Text
}

func (f *fixture) floorStatus() string {
	f.t.Helper()
	p, err := f.deps.Store.ProductByID(f.ctx, productID)
	f.check(err)
	return p.FloorStatus
}

func TestReport(t *testing.T) {
	tests := map[string]struct {
		status string
		own    map[string]any
		state  vending.DeliveryState
		pieces int64
		reason string
		floor  string // of the product afterwards
	}{
		"success":                   {status: "1", state: vending.DeliverySuccess, pieces: 1, floor: "1"},
		"success, all fields":       {status: "1", own: map[string]any{"delivered": "1", "floor_status": "1", "error_msg": ""}, state: vending.DeliverySuccess, pieces: 1, floor: "1"},
		"success, but now jammed":   {status: "1", own: map[string]any{"floor_status": "2"}, state: vending.DeliverySuccess, pieces: 1, floor: "2"},
		"failure of mqtt.md §6.2":   {status: "0", own: map[string]any{"delivered": "0", "error_msg": "Slave Comm Error", "floor_status": "3"}, state: vending.DeliveryFailed, reason: "Slave Comm Error", floor: "3"},
		"failure without a text":    {status: "0", state: vending.DeliveryFailed, reason: vending.ReasonUnknown, floor: "1"},
		"long text is cut":          {status: "0", own: map[string]any{"error_msg": strings.Repeat("漏", 300)}, state: vending.DeliveryFailed, reason: strings.Repeat("漏", 255), floor: "1"},
		"text with NUL":             {status: "0", own: map[string]any{"error_msg": "Slave\x00 Comm Error"}, state: vending.DeliveryFailed, reason: "Slave Comm Error", floor: "1"},
		"text is NUL":               {status: "0", own: map[string]any{"error_msg": "\x00"}, state: vending.DeliveryFailed, reason: vending.ReasonUnknown, floor: "1"},
		"text is a number":          {status: "0", own: map[string]any{"error_msg": 47, "floor_status": 47}, state: vending.DeliveryFailed, reason: "47", floor: "47"},
		"leading zeros of a status": {status: "1", own: map[string]any{"floor_status": "01"}, state: vending.DeliverySuccess, pieces: 1, floor: "1"},
		"status and pieces differ":  {status: "0", own: map[string]any{"delivered": "1"}, state: vending.DeliveryFailed, pieces: 1, reason: vending.ReasonUnknown, floor: "1"},
		"more pieces than ordered":  {status: "1", own: map[string]any{"delivered": "5"}, state: vending.DeliverySuccess, pieces: 1, floor: "1"},
		"other order and record":    {status: "1", own: map[string]any{"order_id": "999", "record_id": "998"}, state: vending.DeliverySuccess, pieces: 1, floor: "1"},
		"timestamp not checked":     {status: "1", own: map[string]any{"timestamp": "17"}, state: vending.DeliverySuccess, pieces: 1, floor: "1"},
		"deliver_status a number":   {status: "1", own: map[string]any{"deliver_status": 1}, state: vending.DeliverySuccess, pieces: 1, floor: "1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Config{TimestampWindow: 1})
			d := f.dispenseOne()
			members := f.report(d, test.status, test.own)
			f.send(members)

			got := f.delivery(d.ID)
			if got.State != test.state || got.Delivered != test.pieces || got.FailReason != test.reason {
				t.Fatalf("delivery %s, %d pieces, %q; want %s, %d, %q",
					got.State, got.Delivered, got.FailReason, test.state, test.pieces, test.reason)
			}
			if floor := f.floorStatus(); floor != test.floor {
				t.Errorf("channel status %q, want %q", floor, test.floor)
			}
			callback := f.lastCallback()
			if f.rows("callbacks") != 1 || member(callback, "error_msg") != test.reason ||
				member(callback, "order_id") != "60" || member(callback, "record_id") != "78" {
				t.Errorf("callback %s", callback.JSON())
			}
			if got := f.commandOf(d.ID).State; got != "DONE" {
				t.Errorf("command is %s, its repeats must stop", got)
			}

			// Duplicates, also with a fresh timestamp, are harmless.
			f.clock.advance(5 * time.Second)
			before := f.state()
			f.send(members)
			members["timestamp"] = "1714373699"
			f.send(members)
			if f.state() != before {
				t.Error("a duplicate changed something")
			}
		})
	}
}

func TestConflictingReportIsIgnored(t *testing.T) {
	f := newFixture(t, Config{})
	d := f.dispenseOne()
	f.send(f.report(d, "1", nil))
	before := f.state()
	f.send(f.report(d, "0", map[string]any{"floor_status": "3", "error_msg": "Over Current"}))
	if f.state() != before {
		t.Error("a conflicting report changed something")
	}
	if f.logs.count("conflicting report") != 1 {
		t.Error("the conflict was not logged")
	}
	if n := f.rows("alerts WHERE kind = 'DELIVERY_CONFLICT'"); n != 1 {
		t.Errorf("%d alerts about the conflict, want 1", n)
	}
}

func TestLateReport(t *testing.T) {
	for status, want := range map[string]vending.DeliveryState{"1": vending.DeliverySuccess, "0": vending.DeliveryFailed} {
		t.Run(string(want), func(t *testing.T) {
			f := newFixture(t, Config{})
			d := f.dispenseOne()
			f.clock.advance(120 * time.Second)
			f.check(f.deps.Dispense.TimeoutSweep(f.ctx))
			if got := f.delivery(d.ID).State; got != vending.DeliveryTimeout {
				t.Fatalf("delivery is %s after 120 s", got)
			}
			f.send(f.report(d, status, nil))
			if got := f.delivery(d.ID).State; got != want {
				t.Errorf("delivery is %s after the late report, want %s", got, want)
			}
			if got := f.rows("callbacks"); got != 2 {
				t.Errorf("%d callbacks, want one for the time-out and one for the result", got)
			}
			if got := member(f.lastCallback(), "deliver_status"); got != status {
				t.Errorf("second callback says %q", got)
			}
		})
	}
}
