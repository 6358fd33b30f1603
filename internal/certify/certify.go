package certify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
)

// ErrNoMachine is wrapped by Run's error if no machine connected in time.
var ErrNoMachine = errors.New("no machine connected")

// Config describes the machine under test and how patient to be with it. Zero
// durations mean the defaults.
type Config struct {
	MachineNo string // client id, user name and number in topics; required
	AppKey    string // of the machine's merchant; required
	Password  string
	// Listener is where the machine connects; required. Run closes it.
	Listener net.Listener

	// What the commands name (mqtt.md §6.1).
	ProductID string // default 1
	Motor     int    // 0–99
	Board     int    // 1–8, default 1
	FloorType int    // 1 spring motor (default), 2 lock, 3 belt, 4 weighing sensor

	// Steps are the names of the steps to run; empty means all (StepNames).
	Steps []string
	// Long waits for the second heartbeat as well.
	Long bool
	// HeartbeatInterval is what Long expects. Default 5 minutes.
	HeartbeatInterval time.Duration
	// Ask puts a question to a person beside the machine. Without it what only a
	// person can see is skipped, and restarts are made with client.machine.reboot.
	Ask func(ctx context.Context, question string) (yes bool, err error)
	// Chinese chooses the language of titles and questions.
	Chinese bool

	Wait           time.Duration // for the first connection; default 10 minutes
	Timeout        time.Duration // for an answer or a reconnect; default 60 s
	RestartTimeout time.Duration // for the machine to boot; default 5 minutes
	AtOnce         time.Duration // what counts as at once; default 10 s
	// Quiet is how long nothing must come where nothing may come. It is at least
	// twice the longest run seen. Default 5 s.
	Quiet time.Duration
	// Tolerance is how far the machine's clock may be from Clock. Default 15 s,
	// the shortest start window.
	Tolerance time.Duration

	// Clock makes the timestamps of commands; required.
	Clock func() time.Time
	// Rand makes delivery ids; required.
	Rand io.Reader
	// OnResult is told each row as soon as it is judged. It must not block.
	OnResult func(Result)
	// Log receives what the gateway has to say. Default: none.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	c.ProductID = cmp.Or(c.ProductID, "1")
	c.Board = cmp.Or(c.Board, 1)
	c.FloorType = cmp.Or(c.FloorType, 1)
	c.HeartbeatInterval = cmp.Or(c.HeartbeatInterval, 5*time.Minute)
	c.Wait = cmp.Or(c.Wait, 10*time.Minute)
	c.Timeout = cmp.Or(c.Timeout, time.Minute)
	c.RestartTimeout = cmp.Or(c.RestartTimeout, 5*time.Minute)
	c.AtOnce = cmp.Or(c.AtOnce, 10*time.Second)
	c.Quiet = cmp.Or(c.Quiet, 5*time.Second)
	c.Tolerance = cmp.Or(c.Tolerance, 15*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.OnResult == nil {
		c.OnResult = func(Result) {}
	}
	return c
}

// Check returns what is wrong with a configuration, but for its Listener.
func (c Config) Check() error {
	c = c.withDefaults()
	switch {
	case c.Clock == nil || c.Rand == nil:
		return errors.New("no clock or no randomness")
	case c.MachineNo == "":
		return errors.New("no machine number")
	case c.AppKey == "":
		return errors.New("no AppKey")
	case c.Motor < 0 || c.Motor > 99:
		return fmt.Errorf("motor %d: want 0 to 99", c.Motor)
	case c.Board < 1 || c.Board > 8:
		return fmt.Errorf("board %d: want 1 to 8", c.Board)
	case c.FloorType < 1 || c.FloorType > 4:
		return fmt.Errorf("floor type %d: want 1 to 4", c.FloorType)
	}
	for _, d := range []time.Duration{c.HeartbeatInterval, c.Wait, c.Timeout, c.RestartTimeout, c.AtOnce, c.Quiet, c.Tolerance} {
		if d < 0 {
			return fmt.Errorf("duration %s: want more than 0", d)
		}
	}
	for _, name := range c.Steps {
		if !slices.Contains(StepNames(), name) {
			return fmt.Errorf("unknown step %q: want some of %s", name, strings.Join(StepNames(), ","))
		}
	}
	return nil
}

// session is one run.
type session struct {
	cfg     Config
	gateway *devicegw.Gateway
	station *station
	events  *events
	text    texts
	sends   sync.WaitGroup

	first   int           // number of the machine's first connection
	longest time.Duration // of a run, from command to result

	open []check // of the current step, not judged yet
	rows map[string]Result
	err  error // a person could not be asked
}

// Run waits for the machine, runs the steps and returns the table. It fails if
// the configuration is wrong, no machine connects (ErrNoMachine), a person
// cannot be asked, or ctx ends; a machine that fails checks is no error.
func Run(ctx context.Context, cfg Config) (Report, error) {
	if cfg.Listener == nil {
		return Report{}, errors.New("no listener")
	}
	if err := cfg.Check(); err != nil {
		return Report{}, errors.Join(err, cfg.Listener.Close())
	}
	cfg = cfg.withDefaults()
	s := &session{cfg: cfg, events: newEvents(cfg.Clock), text: textsFor(cfg.Chinese), rows: make(map[string]Result)}
	s.station = &station{machineNo: cfg.MachineNo, password: cfg.Password, events: s.events}
	// Firmware may acknowledge a command only after its run.
	s.gateway = devicegw.New(devicegw.Config{AckTimeout: cfg.Timeout}, s.station, cfg.Log)
	served := make(chan error, 1)
	go func() { served <- s.gateway.Serve(ctx, tapListener{cfg.Listener, s.station}) }()

	report, err := s.run(ctx)
	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cfg.AtOnce)
	defer cancel()
	err = errors.Join(err, s.gateway.Shutdown(stopCtx), <-served)
	s.sends.Wait()
	return report, err
}

func (s *session) run(ctx context.Context) (Report, error) {
	e, ok := s.events.await(ctx, 0, s.cfg.Wait, isKind(connecting))
	if ctx.Err() != nil {
		return Report{}, ctx.Err()
	}
	if !ok {
		return Report{}, fmt.Errorf("%w within %s", ErrNoMachine, s.cfg.Wait)
	}
	s.first = e.conn
	if e, ok := s.events.await(ctx, 0, s.cfg.Timeout, isKind(ready)); ok {
		s.first = e.conn
	}
	var rows []Result
	for _, st := range s.chosen() {
		s.runStep(ctx, st)
		if err := cmp.Or(ctx.Err(), s.err); err != nil {
			return Report{}, err
		}
		for _, c := range st.checks {
			rows = append(rows, s.rows[c.id])
		}
	}
	return newReport(s.cfg.MachineNo, rows), nil
}

func (s *session) chosen() []step {
	return slices.DeleteFunc(steps(), func(st step) bool {
		return len(s.cfg.Steps) > 0 && !slices.Contains(s.cfg.Steps, st.name)
	})
}

// runStep runs a step and skips the checks it leaves open.
func (s *session) runStep(ctx context.Context, st step) {
	s.open = slices.Clone(st.checks)
	why := "not reached"
	switch {
	case st.name == "boot" || st.name == "messages" || s.online(ctx):
		st.run(s, ctx)
	default:
		why = "the machine is not connected"
	}
	for len(s.open) > 0 && ctx.Err() == nil {
		s.judge(s.open[0].id, Skip, "%s", why)
	}
}

// judge gives a check of the current step its verdict.
func (s *session) judge(id string, v Verdict, format string, args ...any) {
	i := slices.IndexFunc(s.open, func(c check) bool { return c.id == id })
	if i < 0 {
		return // judged before: the first verdict stands
	}
	c := s.open[i]
	s.open = slices.Delete(s.open, i, i+1)
	row := Result{ID: c.id, Title: c.title, Section: "mqtt.md " + c.section, Verdict: v, Seen: fmt.Sprintf(format, args...)}
	if s.cfg.Chinese {
		row.Title = c.zh
	}
	s.rows[id] = row
	s.cfg.OnResult(row)
}

// judgeIf is Pass if good, else Fail.
func (s *session) judgeIf(good bool, id, format string, args ...any) {
	v := Fail
	if good {
		v = Pass
	}
	s.judge(id, v, format, args...)
}

// ask puts a question to the person. Without one, asked is false.
func (s *session) ask(ctx context.Context, question string) (yes, asked bool) {
	if s.cfg.Ask == nil || s.err != nil {
		return false, false
	}
	yes, err := s.cfg.Ask(ctx, question)
	if err != nil {
		s.err = fmt.Errorf("ask: %w", err)
		return false, false
	}
	return yes, true
}

// online waits until the machine is connected and subscribed.
func (s *session) online(ctx context.Context) bool {
	mark := s.events.mark()
	if s.gateway.Connected(s.cfg.MachineNo) {
		return true
	}
	_, ok := s.events.await(ctx, mark, s.cfg.Timeout, isKind(ready))
	return ok
}

// returned waits until the machine is subscribed on a connection newer than old.
func (s *session) returned(ctx context.Context, old int, d time.Duration) (conn int, ok bool) {
	e, ok := s.events.await(ctx, 0, d, func(e event) bool { return e.kind == ready && e.conn > old })
	return e.conn, ok
}

// conn is the number of the machine's newest connection.
func (s *session) conn() int {
	s.station.mu.Lock()
	defer s.station.mu.Unlock()
	return s.station.opened
}

// quiet waits and returns what came behind mark and matches.
func (s *session) quiet(ctx context.Context, mark int, match func(event) bool) []event {
	never := func(event) bool { return false }
	s.events.await(ctx, mark, max(s.cfg.Quiet, 2*s.longest), never)
	return s.events.since(mark, match)
}
