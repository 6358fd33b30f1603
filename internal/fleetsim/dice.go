package fleetsim

import (
	"hash/fnv"
	"math/rand/v2"

	"github.com/vendlane/vendlane/internal/simulator"
)

// dice draws the faults of one machine. The same seed and number give the same
// draws.
type dice struct{ *rand.Rand }

func newDice(seed uint64, machineNo string) dice {
	h := fnv.New64a()
	_, _ = h.Write([]byte(machineNo))                   // a hash takes everything
	return dice{rand.New(rand.NewPCG(seed, h.Sum64()))} //nolint:gosec // a simulation wants draws that repeat
}

func (d dice) hit(c Chance) bool { return d.Float64() < c.Rate }

// result draws what becomes of a run. Every fault is drawn every time, so that
// a change of one rate leaves the draws of the others alone.
func (d dice) result(f Faults, run simulator.Run) simulator.Result {
	jam, noDrop := d.hit(f.Jam), d.hit(f.NoDrop)
	r := simulator.Success(run)
	switch {
	case jam:
		r = simulator.Jam(run)
	case noDrop:
		r = simulator.NoDrop(run)
	}
	if d.hit(f.Slow) {
		r.Took = f.Slow.For
	}
	r.Silent = d.hit(f.Silent)
	if d.hit(f.DuplicateReport) {
		r.Copies = 1
	}
	if d.hit(f.LateReport) {
		r.Late = f.LateReport.For
	}
	r.Early = d.hit(f.ReportBeforeStart)
	r.PowerLoss = d.hit(f.PowerLoss)
	if d.hit(f.Offline) {
		r.Offline = f.Offline.For
	}
	if d.hit(f.WrongSign) {
		r.BadSigns = 1
	}
	return r
}

func (d dice) redelivery(f Faults) simulator.Redelivery {
	return simulator.Redelivery{Twice: d.hit(f.DuplicateCommand), AfterNext: d.hit(f.ReorderCommand)}
}
