package certify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
)

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
	delay   time.Duration // from command to result without a run, 0 before it is measured

	open []check // of the current step, not judged yet
	rows map[string]Result
	err  error // a person could not be asked
}

// Run waits for the machine, runs the steps and returns the table. It fails if
// the configuration is wrong, no machine connects, a person cannot be asked, or
// ctx ends; a machine that fails checks is no error.
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
		return Report{}, fmt.Errorf("no machine connected within %s", s.cfg.Wait)
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

// quiet waits and returns what came behind mark and matches.
func (s *session) quiet(ctx context.Context, mark int, match func(event) bool) []event {
	never := func(event) bool { return false }
	s.events.await(ctx, mark, max(s.cfg.Quiet, 2*s.longest), never)
	return s.events.since(mark, match)
}
