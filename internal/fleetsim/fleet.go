package fleetsim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/simulator"
)

// startsAtOnce bounds how many machines boot and make their first connection at
// a time, so that a server that hashes their passwords can keep up.
const startsAtOnce = 64

// Errors of a Fleet's methods, besides those of simulator.
var (
	ErrUnknownMachine = errors.New("no such machine")
	ErrOn             = errors.New("the machine is on")
)

// Options describe a fleet. Zero values mean the defaults of simulator.Config.
type Options struct {
	Server   string     // tcp://host:port or tls://host:port; required
	Machines []Identity // required
	Dir      string     // each machine's folder is made in it; required
	TLS      *tls.Config
	Dial     func(ctx context.Context, network, address string) (net.Conn, error)

	Faults    Faults
	Seed      uint64 // of the draws
	Heartbeat time.Duration
	Telemetry time.Duration
	RunTime   time.Duration

	// Observer is told of every event; it must not block. It may be nil.
	Observer func(simulator.Event)
	Clock    func() time.Time // default time.Now
	Log      *slog.Logger     // default: none
}

// Fleet is a number of running virtual machines. Use Start.
type Fleet struct {
	members []*member
	byNo    map[string]*member
	stop    context.CancelFunc
	workers sync.WaitGroup
	changed chan struct{} // buffered: the storm interval may be another one

	mu    sync.Mutex
	storm time.Duration // 0: never
}

// Start switches all machines on. They connect in the background and run until
// Stop. Errors: Options that make no sense.
func Start(ctx context.Context, o Options) (*Fleet, error) {
	if err := checkIdentities(o.Machines); err != nil {
		return nil, err
	}
	if err := o.Faults.check(); err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Dir == "" {
		return nil, errors.New("no folder for the machines")
	}
	if err := simulator.CheckServer(o.Server); err != nil {
		return nil, err
	}
	f := &Fleet{
		byNo:    make(map[string]*member),
		changed: make(chan struct{}, 1),
		storm:   time.Duration(o.Faults.Storm),
	}
	slots := make(chan struct{}, startsAtOnce)
	for _, id := range o.Machines {
		m := newMember(o, id, slots)
		f.members = append(f.members, m)
		f.byNo[id.MachineNo] = m
	}
	ctx, f.stop = context.WithCancel(context.WithoutCancel(ctx))
	for _, m := range f.members {
		f.workers.Go(func() { m.live(ctx) })
	}
	f.workers.Go(func() { f.weather(ctx) })
	return f, nil
}

// Stop switches all machines off in order, each within 5 s, and returns when
// nothing of the fleet runs any more.
func (f *Fleet) Stop() {
	f.stop()
	f.workers.Wait()
}

// weather makes the storms of the profile.
func (f *Fleet) weather(ctx context.Context) {
	for {
		f.mu.Lock()
		interval := f.storm
		f.mu.Unlock()
		var due <-chan time.Time
		if interval > 0 {
			due = time.After(interval)
		}
		select {
		case <-due:
			f.Storm(ctx)
		case <-f.changed:
		case <-ctx.Done():
			return
		}
	}
}

// Storm has all connected machines cut their connection and connect again at
// once. It returns how many did.
func (f *Fleet) Storm(ctx context.Context) int {
	var wg sync.WaitGroup
	done := make(chan struct{}, len(f.members))
	for _, m := range f.members {
		machine, err := m.current()
		if err != nil {
			continue
		}
		wg.Go(func() {
			if machine.Reconnect(ctx) == nil {
				done <- struct{}{}
			}
		})
	}
	wg.Wait()
	return len(done)
}

// SetFaults gives all machines another profile, from their next command on.
func (f *Fleet) SetFaults(faults Faults) error {
	if err := faults.check(); err != nil {
		return err
	}
	for _, m := range f.members {
		m.setFaults(faults, 0)
	}
	f.mu.Lock()
	f.storm = time.Duration(faults.Storm)
	f.mu.Unlock()
	select {
	case f.changed <- struct{}{}:
	default:
	}
	return nil
}

// SetMachineFaults gives one machine another profile, for that many runs of its
// motor, after which nothing goes wrong; 0 is until it gets another one. Errors:
// ErrUnknownMachine, or a profile with a storm, which concerns all.
func (f *Fleet) SetMachineFaults(machineNo string, faults Faults, runs int) error {
	if err := faults.check(); err != nil {
		return err
	}
	if faults.Storm != 0 {
		return errors.New("faults: storm: concerns the whole fleet")
	}
	m, err := f.member(machineNo)
	if err == nil {
		m.setFaults(faults, runs)
	}
	return err
}

func (f *Fleet) member(machineNo string) (*member, error) {
	m := f.byNo[machineNo]
	if m == nil {
		return nil, ErrUnknownMachine
	}
	return m, nil
}

// Kill is a power loss of one machine, which comes back by itself. Errors:
// ErrUnknownMachine, simulator.ErrOff.
func (f *Fleet) Kill(machineNo string) error {
	m, err := f.member(machineNo)
	if err != nil {
		return err
	}
	return m.kill()
}

// SwitchOn switches on a machine that is off, for whatever reason. Errors:
// ErrUnknownMachine, ErrOn.
func (f *Fleet) SwitchOn(machineNo string) error {
	m, err := f.member(machineNo)
	if err != nil {
		return err
	}
	return m.turnOn()
}

// GoOffline cuts the connection of one machine for d. Errors: ErrUnknownMachine
// and those of simulator.Machine.GoOffline.
func (f *Fleet) GoOffline(ctx context.Context, machineNo string, d time.Duration) error {
	return f.with(machineNo, func(m *simulator.Machine) error { return m.GoOffline(ctx, d) })
}

// Publish has one machine send a message, see simulator.Machine.Publish.
func (f *Fleet) Publish(ctx context.Context, machineNo, method string, fields map[string]string) error {
	return f.with(machineNo, func(m *simulator.Machine) error { return m.Publish(ctx, method, fields) })
}

func (f *Fleet) with(machineNo string, do func(*simulator.Machine) error) error {
	m, err := f.member(machineNo)
	if err != nil {
		return err
	}
	machine, err := m.current()
	if err != nil {
		return err
	}
	return do(machine)
}

// Snapshot returns all machines, in the order of Options.
func (f *Fleet) Snapshot() []MachineInfo {
	infos := make([]MachineInfo, len(f.members))
	for i, m := range f.members {
		infos[i] = m.info()
	}
	return infos
}

// Machine returns one machine with its state. Error: ErrUnknownMachine.
func (f *Fleet) Machine(machineNo string) (MachineInfo, error) {
	m, err := f.member(machineNo)
	if err != nil {
		return MachineInfo{}, err
	}
	info := m.info()
	if machine, err := m.current(); err == nil {
		state := machine.State()
		info.State = &state
	}
	return info, nil
}

// Summary returns the sums of all machines.
func (f *Fleet) Summary() Summary {
	s := Summary{Machines: len(f.members)}
	for _, m := range f.members {
		info := m.info()
		s.add(info.Counts)
		switch info.Condition {
		case Online:
			s.Connected++
		case Failed:
			s.Failed++
		}
		if info.Error != "" && (s.Trouble == "" || info.Condition == Failed) {
			s.Trouble = "machine " + info.MachineNo + ": " + info.Error
		}
	}
	return s
}

// checkIdentities refuses what cannot be a fleet.
func checkIdentities(ids []Identity) error {
	if err := checkNumber(len(ids)); err != nil {
		return err
	}
	seen := make(map[string]bool, len(ids))
	for i, id := range ids {
		switch {
		case !isMachineNo(id.MachineNo):
			return fmt.Errorf("machines[%d]: machine_no is not 1–20 digits", i)
		case seen[id.MachineNo]:
			return fmt.Errorf("machine %s is listed twice", id.MachineNo)
		case id.AppKey == "":
			return fmt.Errorf("machine %s: no app_key", id.MachineNo)
		case id.Password == "":
			return fmt.Errorf("machine %s: no password", id.MachineNo)
		}
		seen[id.MachineNo] = true
	}
	return nil
}
