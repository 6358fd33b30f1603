package model

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/testkit/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	// fewSequences are run by a plain `go test`, manySequences where nothing
	// may be left out: enough to meet every rare situation. Not so many with the
	// race detector, which makes every step many times slower and whose run
	// follows a plain one.
	fewSequences, manySequences, raceSequences = 40, 500, 20
	stepsPerSequence                           = 70
	shards                                     = 4
)

var sequences = flag.Int("model.sequences", 0,
	fmt.Sprintf("sequences to run; 0 is %d, or %d with VENDLANE_TEST_REQUIRE=all", fewSequences, manySequences))

// rare are situations that a long run must have met: a test that never gets
// there proves nothing about them.
func rare() []string {
	return []string{
		"trade_id of another order", "consumption repeated", "code used before under another trade_id",
		"wrong-code lock held", "value of a code drawn again", "code expired by the sweep", "order expired lazily", "order expired by the sweep",
		"order ended while a record was being dispensed", "delivery cancelled before hand-over",
		"cancelled delivery dropped goods", "command never handed over", "delivery timed out", "late report",
		"new attempt after a time-out", "late success of an older delivery", "record dispensed twice",
		"goods of a refunded record left", "record of an ended order returned when its result came",
		"report of a settled delivery", "dispense lock held", "machine fell silent", "call of the other merchant",
	}
}

// TestModel runs random sequences against both implementations. A failure
// prints its shortest form and is kept under testdata/rapid, from where it is
// run first the next time.
func TestModel(t *testing.T) {
	n := *sequences
	if n == 0 {
		n = fewSequences
		switch {
		case !require.Everything():
		case raceDetector:
			n = raceSequences
		default:
			n = manySequences
		}
	}
	set(t, "rapid.checks", fmt.Sprint((n+shards-1)/shards))
	set(t, "rapid.steps", fmt.Sprint(stepsPerSequence))
	started, total := time.Now(), tally{seen: map[string]int{}}
	t.Run("shard", func(t *testing.T) {
		for shard := range shards {
			t.Run(fmt.Sprint(shard), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				rapid.Check(t, func(rt *rapid.T) { sequence(rt, dir, &total) })
			})
		}
	})
	took := time.Since(started)
	t.Logf("%d sequences with %d steps in %v, %.0f sequences/s", total.sequences, total.steps, took.Round(time.Millisecond),
		float64(total.sequences)/took.Seconds())
	for _, name := range slices.Sorted(maps.Keys(total.seen)) {
		t.Logf("%7d × %s", total.seen[name], name)
	}
	for _, name := range rare() {
		if n >= manySequences && total.seen[name] == 0 {
			t.Errorf("no sequence met: %s", name)
		}
	}
}

func set(t *testing.T, name, value string) {
	t.Helper()
	if err := flag.Set(name, value); err != nil {
		t.Fatal(err)
	}
}

// tally sums up what the sequences did.
type tally struct {
	mu               sync.Mutex
	sequences, steps int
	seen             map[string]int
}

func sequence(rt *rapid.T, dir string, total *tally) {
	own, err := os.MkdirTemp(dir, "")
	if err != nil {
		rt.Fatalf("%v", err)
	}
	defer func() { _ = os.RemoveAll(own) }()
	r := &random{rt: rt, driver: newDriver(rt, own, rapid.Uint64().Draw(rt, "seed"))}
	defer r.sys.stop()
	steps := 0
	actions := map[string]func(*rapid.T){"": func(*rapid.T) { r.compare() }}
	for name, action := range r.actions() {
		actions[name] = func(*rapid.T) { steps++; action() }
	}
	rt.Repeat(actions)
	total.mu.Lock()
	defer total.mu.Unlock()
	total.sequences++
	total.steps += steps
	for name, n := range r.seen {
		total.seen[name] += n
	}
}

// actions are the steps by name; those that matter most stand there more than
// once.
func (r *random) actions() map[string]func() {
	all := map[string]func(){
		"issue": r.issue, "cancelCodes": r.cancelCodes, "list": r.list, "guess": r.guess,
		"query": r.query, "put": r.putAnything, "dispenseAny": r.dispenseAny, "test": r.test, "result": r.result,
		"restock": r.restock, "shelf": r.shelf, "reportLate": r.reportLate, "reportAny": r.reportAny,
		"heartbeat": r.heartbeat, "offline": r.offline, "acknowledge": r.acknowledge, "minutes": r.minutes,
		"hours": r.hours, "clockBack": r.clockBack, "sweepOne": r.sweepOne, "sweepAll": r.sweepAll, "restart": r.restart,
		"console": r.console, "repair": r.repair, "end": r.end, "slowMachine": r.slowMachine, "endWhileBusy": r.endWhileBusy,
		"drawAgain": r.drawAgain,
	}
	for name, often := range map[string]struct {
		times int
		do    func()
	}{
		"consume": {3, r.consumeCode}, "order": {3, r.order}, "pay": {2, r.pay}, "dispense": {4, r.dispenseUseful},
		"report": {3, r.reportOpen}, "command": {3, r.command}, "seconds": {2, r.seconds},
	} {
		for i := range often.times {
			all[fmt.Sprintf("%s%d", name, i+1)] = often.do
		}
	}
	return all
}
