package e2e

import (
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleetsim"
)

const chaosKills = 5

// chaosFaults is every fault there is. Late reports come after the time-out.
const chaosFaults = "jam=0.05,no_drop=0.05,slow=0.1@3s,silent=0.03,duplicate_report=0.1,late_report=0.02@28s," +
	"report_before_start=0.1,power_loss=0.08@1s,offline=0.08@2s,wrong_sign=0.1,duplicate_command=0.2," +
	"reorder_command=0.2,clock_drift=2s,storm=12s"

// Machines that misbehave in every way, a server that is killed again and
// again, and still: no delivery starts a motor twice, every delivery ends, every
// end reaches the merchant, and the stock adds up.
func TestChaos(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than a minute")
	}
	t.Parallel()
	w := newWorld(t, size{machines: 200, codes: 10, given: true})
	n := w.sqliteNode()
	w.api, w.mqtt = n.url, n.mqtt
	n.boot()
	w.startFleet(chaosFaults, 5)
	chaosClocks(w)

	done := w.driveAll()
	// Killed at even distances of the work, never at its end.
	for kill := range chaosKills {
		w.awaitAccepted(w.total()*(kill+1)/(chaosKills+1), done)
		n.kill()
		n.boot()
	}
	<-done
	w.awaitQuiet()
	fleet := w.fleet.Summary()
	w.fleet.Stop()
	n.stop()
	w.check(fleet)
}

// chaosClocks sets a few clocks so far ahead that every command is too old for
// them.
func chaosClocks(w *world) {
	w.t.Helper()
	ahead := w.faults
	ahead.Storm = 0
	ahead.ClockDrift = fleetsim.Duration(time.Minute)
	for _, m := range w.machines[:3] {
		if err := w.fleet.SetMachineFaults(m.MachineNo, ahead, 0); err != nil {
			w.t.Fatal(err)
		}
	}
}
