package fleetsim

import (
	"context"
	"path/filepath"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/simulator"
)

const (
	bootTime     = time.Second     // between a machine's end and its restart by itself
	stopPatience = 5 * time.Second // for a machine to stop in order
)

// Condition is what a machine is doing.
type Condition string

// The conditions of a machine.
const (
	Starting Condition = "starting" // switched on
	Online   Condition = "online"   // connected
	Offline  Condition = "offline"  // connection lost, or not to be had
	Off      Condition = "off"      // switched off
	Failed   Condition = "failed"   // cannot go on, for instance with a damaged journal
)

// MachineInfo is a machine of a fleet at one moment.
type MachineInfo struct {
	MachineNo string    `json:"machine_no"`
	Condition Condition `json:"condition"`
	Error     string    `json:"error,omitempty"` // why it failed, or has no connection
	Counts    Counts    `json:"counts"`
	Faults    Faults    `json:"faults"`
	// Runs is how many runs the faults last; 0 is until they are changed.
	Runs  int              `json:"runs"`
	Last  *LastCommand     `json:"last,omitempty"`  // nil before the first
	State *simulator.State `json:"state,omitempty"` // only of a machine that is on, asked for alone
}

// member is one machine and the hand that switches it on again.
type member struct {
	cfg      simulator.Config
	clock    func() time.Time
	slots    chan struct{} // see startsAtOnce
	switchOn chan struct{} // buffered: ends a pause

	mu        sync.Mutex
	faults    Faults
	runs      int // see MachineInfo
	dice      dice
	tally     *tally
	condition Condition
	err       error              // why it failed
	trouble   string             // why it has no connection
	machine   *simulator.Machine // nil while off
	booting   bool               // holds a slot
}

func newMember(o Options, id Identity, slots chan struct{}) *member {
	m := &member{
		clock: o.Clock, slots: slots, switchOn: make(chan struct{}, 1),
		faults: o.Faults, dice: newDice(o.Seed, id.MachineNo), tally: newTally(), condition: Off,
	}
	m.cfg = simulator.Config{
		MachineNo: id.MachineNo, MachineID: id.MachineID, Password: id.Password, AppKey: id.AppKey,
		BrokerURL: o.Server, TLS: o.TLS, Dial: o.Dial, Dir: filepath.Join(o.Dir, id.MachineNo),
		Heartbeat: o.Heartbeat, Telemetry: o.Telemetry, RunTime: o.RunTime,
		Behaviour: m.behave,
		Redeliver: func() simulator.Redelivery {
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.dice.redelivery(m.faults)
		},
		Clock: func() time.Time {
			m.mu.Lock()
			defer m.mu.Unlock()
			return m.clock().Add(time.Duration(m.faults.ClockDrift))
		},
		Observer: func(e simulator.Event) {
			m.observe(e)
			if o.Observer != nil {
				o.Observer(e)
			}
		},
		Log: o.Log,
	}
	return m
}

// behave draws what becomes of a run.
func (m *member) behave(run simulator.Run) simulator.Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	result := m.dice.result(m.faults, run)
	if m.runs > 0 {
		if m.runs--; m.runs == 0 {
			m.faults = m.faults.calmed()
		}
	}
	return result
}

// live keeps the machine on until ctx ends.
func (m *member) live(ctx context.Context) {
	for {
		pause, on := m.session(ctx)
		if ctx.Err() != nil {
			return
		}
		var over <-chan time.Time // never, for a machine that stays off
		if on {
			over = time.After(pause)
		}
		select {
		case <-over:
		case <-m.switchOn:
		case <-ctx.Done():
			return
		}
		m.mu.Lock()
		m.tally.Restarts++
		m.mu.Unlock()
	}
}

// session is one life of the machine. It returns how long the machine is off
// then, or that it stays off.
func (m *member) session(ctx context.Context) (pause time.Duration, on bool) {
	select {
	case m.slots <- struct{}{}:
	case <-ctx.Done():
		return 0, false
	}
	m.mu.Lock()
	m.booting, m.condition, m.err = true, Starting, nil
	m.mu.Unlock()
	defer m.booted()
	machine, err := simulator.Start(context.WithoutCancel(ctx), m.cfg)
	if err != nil {
		m.end(Failed, err)
		return 0, false
	}
	m.mu.Lock()
	m.machine = machine
	select {
	case <-m.switchOn: // meant this boot, and must not undo a later shutdown
	default:
	}
	for _, id := range machine.DoubleStarts() {
		m.tally.double(id)
	}
	m.mu.Unlock()
	select {
	case <-machine.Done():
		return m.ended(machine)
	case <-ctx.Done():
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
		defer cancel()
		_ = machine.Stop(stopCtx) // a power loss is no failure; ended sees the others
		return m.ended(machine)
	}
}

// ended decides what follows the end of a machine.
func (m *member) ended(machine *simulator.Machine) (pause time.Duration, on bool) {
	err := machine.Stop(context.Background()) // only tells why
	switch {
	case err != nil:
		m.end(Failed, err)
		return 0, false
	case machine.WantsRestart():
		m.end(Off, nil)
		return bootTime, true
	case machine.Killed():
		m.end(Off, nil)
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.faults.PowerLoss.For, true
	default: // client.machine.shutdown
		m.end(Off, nil)
		return 0, false
	}
}

func (m *member) end(c Condition, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.machine, m.condition, m.err = nil, c, err
}

// booted frees the slot of a machine that made its first attempt to connect.
func (m *member) booted() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.freeSlot()
}

func (m *member) freeSlot() {
	if m.booting {
		m.booting = false
		<-m.slots
	}
}

func (m *member) observe(e simulator.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.tally.take(e)
	switch e.Kind {
	case simulator.Connected:
		m.condition, m.trouble = Online, ""
		m.freeSlot()
	case simulator.ConnectFailed:
		m.condition, m.trouble = Offline, e.Detail
		m.freeSlot()
	case simulator.Disconnected:
		m.condition, m.trouble = Offline, e.Detail
	}
}

func (m *member) setFaults(f Faults, runs int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.faults, m.runs = f, runs
}

// current returns the machine, or simulator.ErrOff.
func (m *member) current() (*simulator.Machine, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.running()
}

// running is current for those who hold the lock.
func (m *member) running() (*simulator.Machine, error) {
	if m.machine == nil {
		return nil, simulator.ErrOff
	}
	select {
	case <-m.machine.Done(): // nobody has noticed so far
		return nil, simulator.ErrOff
	default:
		return m.machine, nil
	}
}

func (m *member) kill() error {
	machine, err := m.current()
	if err != nil {
		return err
	}
	machine.Kill()
	return nil
}

// turnOn ends the pause of a machine that is off.
func (m *member) turnOn() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := m.running(); err == nil {
		return ErrOn
	}
	select {
	case m.switchOn <- struct{}{}:
	default: // it is being switched on already
	}
	return nil
}

func (m *member) info() MachineInfo {
	m.mu.Lock()
	defer m.mu.Unlock()
	info := MachineInfo{MachineNo: m.cfg.MachineNo, Condition: m.condition, Counts: m.tally.Counts, Faults: m.faults, Runs: m.runs}
	if m.tally.last.DeliveryID != "" {
		last := m.tally.last
		info.Last = &last
	}
	switch m.condition {
	case Failed:
		info.Error = m.err.Error()
	case Offline:
		info.Error = m.trouble
	}
	return info
}
