package fleetsim

import "github.com/vendlane/vendlane/internal/simulator"

// Counts is what machines did since the fleet was started.
type Counts struct {
	Commands     int64 `json:"commands"`      // dispense commands received, repeats included
	Starts       int64 `json:"starts"`        // motor starts for commands
	Drops        int64 `json:"drops"`         // pieces dropped
	Reports      int64 `json:"reports"`       // results the server acknowledged
	Duplicates   int64 `json:"duplicates"`    // repeated messages that were ignored
	DoubleStarts int64 `json:"double_starts"` // deliveries whose motor started more than once; must be 0
	TestRuns     int64 `json:"test_runs"`     // motor starts of channel tests
	Reconnects   int64 `json:"reconnects"`    // connections after the first
	Restarts     int64 `json:"restarts"`      // times a machine was switched on again
}

func (c *Counts) add(o Counts) {
	c.Commands += o.Commands
	c.Starts += o.Starts
	c.Drops += o.Drops
	c.Reports += o.Reports
	c.Duplicates += o.Duplicates
	c.DoubleStarts += o.DoubleStarts
	c.TestRuns += o.TestRuns
	c.Reconnects += o.Reconnects
	c.Restarts += o.Restarts
}

// Summary is a fleet at one moment.
type Summary struct {
	Machines  int `json:"machines"`
	Connected int `json:"connected"`
	Failed    int `json:"failed"` // machines that cannot go on
	// Trouble is the MachineInfo.Error of one machine, of a failed one if there
	// is any.
	Trouble string `json:"trouble,omitempty"`
	Counts
}

const methodDelivery = "device.delivery.put"

// tally turns events of one machine into counts. Beyond what the journal says
// it remembers the last deliveries itself, so that a machine that forgets its
// journal is found out.
type tally struct {
	Counts
	connects int64
	last     LastCommand
	started  map[string]bool // deliveries started in this process
	order    []string        // their ids, oldest first
	doubled  map[string]bool
}

// remembered is how many deliveries a tally knows, as many as a journal keeps.
const remembered = 1000

func newTally() *tally { return &tally{started: make(map[string]bool), doubled: make(map[string]bool)} }

func (t *tally) take(e simulator.Event) {
	t.last.take(e)
	switch e.Kind {
	case simulator.Connected:
		t.connects++
		t.Reconnects = t.connects - 1
	case simulator.Received:
		if e.Method == methodDelivery {
			t.Commands++
		}
	case simulator.Ignored:
		if e.Repeat {
			t.Duplicates++
		}
	case simulator.MotorStarted:
		t.Starts++
		t.start(e.DeliveryID, e.Starts)
	case simulator.TestRun:
		t.TestRuns++
	case simulator.Finished:
		t.Drops += int64(e.Result.Dropped)
	case simulator.Acknowledged:
		t.Reports++
	}
}

// start counts a motor start; journaled is the journal's count.
func (t *tally) start(deliveryID string, journaled int) {
	if journaled > 1 || t.started[deliveryID] {
		t.double(deliveryID)
	}
	if t.started[deliveryID] {
		return
	}
	if len(t.order) == remembered {
		delete(t.started, t.order[0])
		t.order = t.order[1:]
	}
	t.started[deliveryID] = true
	t.order = append(t.order, deliveryID)
}

func (t *tally) double(deliveryID string) {
	t.doubled[deliveryID] = true
	t.DoubleStarts = int64(len(t.doubled))
}
