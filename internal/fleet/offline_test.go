package fleet_test

import (
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/vending"
)

const (
	offlineOpen     = `MACHINE_OFFLINE "machine is offline" open`
	offlineResolved = `MACHINE_OFFLINE "machine is offline" resolved`
)

// connect connects the machine.
func (f *fixture) connect(t testing.TB) fleet.Connection {
	t.Helper()
	c, err := f.fleet.Connected(t.Context(), f.Machine.MachineNo, fleet.Admission{})
	must(t, err)
	return c
}

// sayGoodbye connects the machine and takes it offline.
func (f *fixture) sayGoodbye(t testing.TB) {
	t.Helper()
	must(t, f.fleet.GoneOffline(t.Context(), f.Machine.ID, f.connect(t).Epoch, "network_timeout"))
}

func (f *fixture) beat(t testing.TB) {
	t.Helper()
	must(t, f.fleet.TakeHeartbeat(t.Context(), fleet.Heartbeat{MachineID: f.Machine.ID, NetworkType: "4G"}))
}

// A machine that says goodbye is offline at once, and an alert only if no
// heartbeat follows within 30 s (mqtt.md §4.4). The next heartbeat resolves it.
func TestOfflineAlert(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.sayGoodbye(t)
	if f.presence(t).IsOnline {
		t.Error("online after its goodbye")
	}
	f.Advance(30*time.Second - time.Millisecond)
	must(t, f.fleet.OfflineAlertSweep(ctx))
	f.wantAlerts(t)
	f.Advance(time.Millisecond)
	for range 2 { // once, however often the sweep runs
		must(t, f.fleet.OfflineAlertSweep(ctx))
		f.wantAlerts(t, offlineOpen)
	}
	f.beat(t)
	f.wantAlerts(t, offlineResolved)
	if p := f.presence(t); !p.IsOnline || p.NotifyMessage != vending.NoticeOnline {
		t.Errorf("%+v", p)
	}
	// The next time is another alert.
	f.sayGoodbye(t)
	f.Advance(time.Minute)
	must(t, f.fleet.OfflineAlertSweep(ctx))
	f.wantAlerts(t, offlineResolved, offlineOpen)
}

func TestNoOfflineAlertAfterReturnInTime(t *testing.T) {
	f := newFixture(t)
	f.sayGoodbye(t)
	f.Advance(29 * time.Second)
	f.beat(t)
	f.Advance(time.Hour)
	must(t, f.fleet.OfflineAlertSweep(t.Context()))
	f.wantAlerts(t)
}

// A further goodbye neither puts the alert off nor doubles it.
func TestRepeatedGoodbye(t *testing.T) {
	f := newFixture(t)
	f.sayGoodbye(t)
	f.Advance(20 * time.Second)
	f.sayGoodbye(t)
	f.Advance(10 * time.Second)
	must(t, f.fleet.OfflineAlertSweep(t.Context()))
	f.wantAlerts(t, offlineOpen)
}

// Ten minutes of silence are an alert without a further wait (mqtt.md §4.3).
func TestSilentMachineIsAnAlertAtOnce(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.Advance(10 * time.Minute)
	for range 2 {
		must(t, f.fleet.SilentSweep(ctx))
		must(t, f.fleet.OfflineAlertSweep(ctx))
		f.wantAlerts(t, offlineOpen)
	}
	f.beat(t)
	f.wantAlerts(t, offlineResolved)
}

// More machines than one transaction of the sweep takes.
func TestOfflineAlertOfManyMachines(t *testing.T) {
	const machines = 1100
	f := newFixture(t)
	f.addMachines(t, machines)
	f.exec(t, "UPDATE presence SET alert_at = 1 WHERE machine_id > 1000")
	for range 2 {
		must(t, f.fleet.OfflineAlertSweep(t.Context()))
		var open, waiting int
		err := f.sql.QueryRow("SELECT (SELECT COUNT(*) FROM alerts), (SELECT COUNT(*) FROM presence WHERE alert_at <> 0)").Scan(&open, &waiting)
		if err != nil || open != machines || waiting != 0 {
			t.Errorf("%d alerts, %d still waiting (%v)", open, waiting, err)
		}
	}
}
