package e2e

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
)

var (
	soakFor      = flag.Duration("soak", 0, "how long the soak takes; 0 leaves it out")
	soakMachines = flag.Int("soak.machines", 2000, "how many machines the soak has")
	soakRate     = flag.Float64("soak.rate", 20, "dispenses a second; fewer if the machines do not have the goods for it")
)

const (
	// soakReads is how many shop windows are read in a second.
	soakReads  = 10
	soakFaults = "duplicate_report=0.05,duplicate_command=0.05,slow=0.05@1s,offline=0.02@2s"
	// soakSamples is how often the server is looked at; the first third of it
	// fills caches and does not count for the slope.
	soakSamples = 120
	// soakGrowth is how much a quantity may grow over the rest of a soak that is
	// long enough to tell, as a part of its mean.
	soakGrowth = 0.2
	soakTells  = 10 * time.Minute
)

// A mixed load for a long time: machines that report, codes that are issued,
// redeemed and dispensed, callbacks, reads. Memory, goroutines and files of the
// server stay, and nothing is lost or doubled.
//
//	go test ./e2e -run Soak -soak 30m -timeout 1h -v
func TestSoak(t *testing.T) {
	if *soakFor == 0 {
		t.Skip("runs with -soak 30m")
	}
	// A machine has a connection and two files; the rest is room for the test itself.
	need := 3**soakMachines + 1000
	if limit, err := bench.RaiseFileLimit(); err != nil || limit < need {
		t.Fatalf("%d machines need %d open files, and %d are allowed (ulimit -n): %v", *soakMachines, need, limit, err)
	}
	w := newWorld(t, size{machines: *soakMachines, atOnce: 64})
	n := w.sqliteNode()
	w.api, w.mqtt = n.url, n.mqtt
	n.boot()
	w.startFleet(soakFaults, 7)
	// Each has a password of its own to be checked.
	w.await(2*time.Minute+time.Duration(*soakMachines)*time.Second/5, func() string {
		if here := n.machines(); here < *soakMachines {
			return fmt.Sprintf("%d machines are connected", here)
		}
		return ""
	})
	over := make(chan struct{})
	time.AfterFunc(*soakFor, func() { close(over) })
	var load sync.WaitGroup
	load.Go(func() { w.driveFor(over) })
	load.Go(func() { w.readFor(over) })
	watched := w.watch(n, over)
	load.Wait()
	w.awaitQuiet()
	fleet := w.fleet.Summary()
	w.fleet.Stop()
	n.stop()
	w.check(fleet)
	watched.judge(t)
}

// driveFor dispenses on one machine after the other until over is closed, and
// returns when all that were begun are accepted.
func (w *world) driveFor(over <-chan struct{}) {
	goods := float64(len(w.machines) * worldChannels * worldStock)
	rate := min(*soakRate, 0.9*goods/soakFor.Seconds())
	tick := time.NewTicker(time.Duration(float64(time.Second) / rate))
	defer tick.Stop()
	var drivers sync.WaitGroup
	defer drivers.Wait()
	for i := 0; ; i++ {
		select {
		case <-tick.C:
			drivers.Go(func() { w.drive(w.machines[i%len(w.machines)], i/len(w.machines)) })
		case <-over:
			return
		}
	}
}

// readFor looks at one shop window after the other until over is closed.
func (w *world) readFor(over <-chan struct{}) {
	tick := time.NewTicker(time.Second / soakReads)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-tick.C:
			m := w.machines[i%len(w.machines)]
			if a, err := w.call(w.t.Context(), m, "/products", map[string]any{"machine_no": m.MachineNo}); err != nil || a.Code != 0 {
				w.t.Errorf("products of %s: %+v, %v", m.MachineNo, a, err)
			}
		case <-over:
			return
		}
	}
}

// watching are quantities of a server over time.
type watching struct {
	names []string
	at    []time.Duration
	lines [][]float64 // one for each time, in the order of the names
}

// watch looks at a server until over is closed.
func (w *world) watch(n *worldNode, over <-chan struct{}) *watching {
	v := &watching{names: []string{"memory, MB", "goroutines", "files"}}
	began := time.Now()
	tick := time.NewTicker(max(time.Second, *soakFor/soakSamples))
	defer tick.Stop()
	for {
		pid := n.server.cmd.Process.Pid
		memory, err := bench.Resident(pid)
		if err != nil {
			w.t.Fatal(err)
		}
		files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
		if err != nil {
			w.t.Fatal(err)
		}
		v.at = append(v.at, time.Since(began))
		v.lines = append(v.lines, []float64{float64(memory) / (1 << 20), float64(metric(w.t, n.url(), "go_goroutines")), float64(len(files))})
		select {
		case <-tick.C:
		case <-over:
			return v
		}
	}
}

// judge shows some lines and the slopes, and fails if something grows.
func (v *watching) judge(t *testing.T) {
	t.Helper()
	var table strings.Builder
	fmt.Fprintf(&table, "%10s", "after")
	for _, name := range v.names {
		fmt.Fprintf(&table, "%14s", name)
	}
	const shown = 12
	for i := 0; i < len(v.at); i += max(1, len(v.at)/shown) {
		fmt.Fprintf(&table, "\n%10s", v.at[i].Round(time.Second))
		for _, value := range v.lines[i] {
			fmt.Fprintf(&table, "%14.0f", value)
		}
	}
	first := len(v.at) / 3
	fmt.Fprintf(&table, "\n%10s", "per hour")
	for column, name := range v.names {
		slope, mean := v.slope(column, first)
		fmt.Fprintf(&table, "%14.1f", slope*3600)
		if growth := slope * (v.at[len(v.at)-1] - v.at[first]).Seconds() / mean; *soakFor >= soakTells && growth > soakGrowth {
			t.Errorf("%s grew by %.0f %% from %v on", name, 100*growth, v.at[first].Round(time.Second))
		}
	}
	t.Logf("the server, and its slopes after the first third:\n%s", &table)
}

// slope is how much a column grows in a second, as the line that fits best from
// a line on, and its mean.
func (v *watching) slope(column, first int) (perSecond, mean float64) {
	var n, sumT, sumV, sumTT, sumTV float64
	for i := first; i < len(v.at); i++ {
		at, value := v.at[i].Seconds(), v.lines[i][column]
		n, sumT, sumV, sumTT, sumTV = n+1, sumT+at, sumV+value, sumTT+at*at, sumTV+at*value
	}
	if spread := n*sumTT - sumT*sumT; spread > 0 {
		perSecond = (n*sumTV - sumT*sumV) / spread
	}
	return perSecond, sumV / n
}

// A line that grows is told from one that does not.
func TestSlope(t *testing.T) {
	v := &watching{}
	for i := range 10 {
		v.at = append(v.at, time.Duration(i)*time.Second)
		v.lines = append(v.lines, []float64{5, float64(3*i + 1)})
	}
	if slope, mean := v.slope(0, 0); slope != 0 || mean != 5 {
		t.Errorf("a flat line: %v, %v", slope, mean)
	}
	if slope, mean := v.slope(1, 4); slope != 3 || mean != 20.5 {
		t.Errorf("a line that grows: %v, %v", slope, mean)
	}
}
