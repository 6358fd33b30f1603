package simulator

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

// stopPatience bounds a stop that the context of Start or a message of the
// server caused.
const stopPatience = 5 * time.Second

// Machine is a running virtual machine. Use Start.
type Machine struct {
	cfg     Config
	journal *journal
	codes   *codeStore
	state   *stateStore
	traffic traffic

	inbox    chan func()   // what the machine's goroutine does next
	kill     func()        // closes killed, once
	killed   chan struct{} // power loss
	dead     chan struct{} // nothing is taken from inbox any more
	done     chan struct{} // everything has ended
	ready    chan struct{} // first heartbeat acknowledged
	beReady  func()        // closes ready, once
	cancel   context.CancelFunc
	workers  sync.WaitGroup // connector and what waits for acknowledgements
	stopOnly func() bool    // forgets the context of Start

	// Below: for the machine's goroutine only, err after done for everybody.
	link      *link // nil while there is no connection
	heartbeat *time.Timer
	telemetry *time.Timer // nil unless Config.Telemetry is set
	readings  int         // of sensors so far
	current   *activeRun
	test      *time.Timer // end of a channel test, nil without one
	queue     []Run
	reports   map[string]*report // results on their way, by delivery id
	flaws     map[string]*flaws  // what goes wrong with them
	recent    duplicates
	stopping  bool // no more commands
	leaving   bool // client.offline is on its way
	clean     bool // client.offline was acknowledged
	ended     bool // the goroutine stops after this closure
	restart   bool // switched off to be switched on again
	hurried   bool // does not wait long for answers when it goes
	leave     *time.Timer
	err       error // why the machine stopped by itself
	// afterAnswer happens when the current message has been acknowledged.
	afterAnswer func(*link)
}

// Start switches a machine on (mqtt.md §6.4). It opens journal and pickup codes,
// ends runs that a power loss interrupted with "Device Restarted", and returns;
// the machine connects in the background, again and again with a growing delay.
// When ctx ends the machine stops as with Stop, within 5 s.
//
// Errors: an incomplete Config, a folder that cannot be used, or ErrCorrupt.
func Start(ctx context.Context, cfg Config) (*Machine, error) {
	m, err := boot(cfg)
	if err != nil {
		return nil, fmt.Errorf("virtual machine %s: %w", cfg.MachineNo, err)
	}
	workCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	m.cancel = cancel
	m.workers.Go(func() { m.stayConnected(workCtx) })
	m.stopOnly = context.AfterFunc(ctx, func() {
		stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
		defer cancel()
		_ = m.Stop(stopCtx) // the next Stop reports it
	})
	go m.loop()
	return m, nil
}

// boot does steps 1 and 2 of mqtt.md §6.4.
func boot(cfg Config) (*Machine, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, err
	}
	m := &Machine{
		cfg:     cfg,
		inbox:   make(chan func()),
		killed:  make(chan struct{}),
		dead:    make(chan struct{}),
		done:    make(chan struct{}),
		ready:   make(chan struct{}),
		reports: make(map[string]*report),
		flaws:   make(map[string]*flaws),
		recent:  make(duplicates),
	}
	m.kill = sync.OnceFunc(func() { close(m.killed) })
	m.beReady = sync.OnceFunc(func() { close(m.ready) })
	if m.state, err = openState(cfg.Dir); err != nil {
		return nil, err
	}
	if m.journal, err = openJournal(cfg.Dir, cfg.Clock()); err != nil {
		return nil, err
	}
	if m.codes, err = openCodes(cfg.Dir, cfg.Clock()); err != nil {
		return nil, errors.Join(err, m.journal.close())
	}
	interrupted, err := m.journal.settle(cfg.Clock())
	if err != nil {
		return nil, errors.Join(err, m.journal.close(), m.codes.close())
	}
	for _, e := range interrupted {
		m.emitFinished(e)
	}
	return m, nil
}

// loop is the machine's goroutine.
func (m *Machine) loop() {
	for !m.ended {
		select {
		case <-m.killed:
			m.ended = true
		case do := <-m.inbox:
			select {
			case <-m.killed: // a power loss comes first
				m.ended = true
			default:
				do()
			}
		}
	}
	close(m.dead)
	m.stopOnly()
	m.stopTimers()
	if m.clean && m.link != nil {
		m.link.disconnect()
	}
	m.cancel()
	m.workers.Wait()
	m.err = errors.Join(m.err, m.journal.close(), m.codes.close())
	close(m.done)
}

// post has f executed by the machine's goroutine and waits until it begins. The
// machine may end before; then f is dropped.
func (m *Machine) post(f func()) {
	select {
	case m.inbox <- f:
	case <-m.dead:
	}
}

// after posts f when d has passed.
func (m *Machine) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { m.post(f) })
}

func (m *Machine) stopTimers() {
	if m.heartbeat != nil {
		m.heartbeat.Stop()
	}
	if m.telemetry != nil {
		m.telemetry.Stop()
	}
	if m.current != nil {
		m.current.stop()
	}
	if m.test != nil {
		m.test.Stop()
	}
	if m.leave != nil {
		m.leave.Stop()
	}
	for _, r := range m.reports {
		r.stop()
	}
	for _, f := range m.flaws {
		f.stop()
	}
}

// fail stops the machine as a power loss would. A machine that cannot write its
// journal must not move a motor.
func (m *Machine) fail(err error) {
	m.cfg.Log.Error("virtual machine stops", "error", err)
	m.err = err
	m.ended = true
}

// Stop switches the machine off in order: it takes no more commands, lets the
// current run end and reports it, publishes client.offline, disconnects and
// closes the journal. Commands in the queue are forgotten; they never started.
//
// If ctx ends first the rest is left out as in Kill, and ctx's error returned.
// Stop also returns why the machine stopped by itself, if it did. A second call
// only waits.
func (m *Machine) Stop(ctx context.Context) error {
	select {
	case m.inbox <- m.beginStop:
	case <-m.dead:
	case <-ctx.Done():
	}
	select {
	case <-m.done:
		return m.err
	case <-ctx.Done():
		m.Kill()
		return errors.Join(ctx.Err(), m.err)
	}
}

func (m *Machine) beginStop() {
	if m.stopping {
		return
	}
	m.stopping = true
	m.queue = nil
	if !m.busy() {
		m.sayGoodbye()
	}
}

// sayGoodbye is the clean shutdown of mqtt.md §7. The server has answered the
// messages before it when its acknowledgement comes, for it takes them in
// order; but those answers may still be on their way through the client.
func (m *Machine) sayGoodbye() {
	if m.link == nil {
		m.ended = true
		return
	}
	m.leaving = true
	if m.hurried {
		m.leave = m.after(stopPatience, func() { m.ended = true })
	}
	m.link.put(outgoing{body: m.offline("shutdown"), acked: func() {
		m.clean = true
		m.endIfReported()
	}})
}

// endIfReported ends a machine that has said goodbye once nothing it reported
// is unanswered.
func (m *Machine) endIfReported() {
	if m.clean && len(m.reports) == 0 {
		m.ended = true
	}
}

// Kill is a power loss: the connection is cut without DISCONNECT, so that the
// server publishes the last will; the motor stops where it is; the journal stays
// as it is on disk. It returns when nothing of the machine runs any more. Start
// with the same folder is the restart.
func (m *Machine) Kill() {
	m.kill()
	<-m.done
}

// Ready is closed when the machine holds its subscription and its first
// heartbeat was acknowledged. A machine that stops before never is: see Done.
func (m *Machine) Ready() <-chan struct{} { return m.ready }

// Done is closed when the machine has stopped, for whatever reason.
func (m *Machine) Done() <-chan struct{} { return m.done }

// Codes returns the pickup codes the machine knows now, without expired ones, in
// the order they came.
func (m *Machine) Codes() []Code { return m.codes.list(m.cfg.Clock()) }

// WantsRestart tells, once Done is closed, whether the machine switched itself
// off to be switched on again: after client.machine.reboot and
// client.factory.reset (mqtt.md §5.4, §5.16). Start with the same Config then.
func (m *Machine) WantsRestart() bool {
	<-m.done
	return m.restart
}

// Killed tells, once Done is closed, whether the machine lost its power: by
// Kill, by Result.PowerLoss or because Stop lost its patience.
func (m *Machine) Killed() bool {
	<-m.done
	select {
	case <-m.killed:
		return true
	default:
		return false
	}
}

// Reconnect cuts the connection without DISCONNECT and connects again at once.
// Errors: ErrNotConnected, ErrOff, or ctx's error.
func (m *Machine) Reconnect(ctx context.Context) error {
	return m.endLink(ctx, pause{why: "reconnects"})
}

// GoOffline cuts the connection without DISCONNECT and connects again after d.
// A run goes on meanwhile. Errors as Reconnect.
func (m *Machine) GoOffline(ctx context.Context, d time.Duration) error {
	return m.endLink(ctx, pause{wait: d, why: "offline"})
}

func (m *Machine) endLink(ctx context.Context, p pause) error {
	return m.ask(ctx, func() error {
		if m.link == nil {
			return ErrNotConnected
		}
		m.link.end(p)
		return nil
	})
}

// DoubleStarts returns the deliveries for which the journal counts more than
// one motor start. There must never be one.
func (m *Machine) DoubleStarts() []string {
	var ids []string
	for _, e := range m.journal.filter(func(e entry) bool { return e.Starts > 1 }) {
		ids = append(ids, e.DeliveryID)
	}
	return ids
}

// Starts returns how often the motor was started for a delivery, as far as the
// journal reaches back. More than 1 must never be.
func (m *Machine) Starts(deliveryID string) int {
	e, _ := m.journal.lookup(deliveryID)
	return e.Starts
}
