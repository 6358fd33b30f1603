// Package fleet is `vendlane bench fleet`: what it costs to hold a fleet of
// machines, measured side by side with Mosquitto and a client behind it.
//
// Vendlane runs as a process of its own, with the real handler and the SQLite
// store, and Mosquitto and its client as two. The machines live in the process
// that measures. Every measurement starts with fresh processes, Vendlane first
// in odd rounds and Mosquitto first in even ones.
package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
)

// Options are the flags of the command.
type Options struct {
	// Machines is the size of the fleet.
	Machines int
	// Rounds is how often everything is measured.
	Rounds int
	// Only names the groups to measure; empty is all of them.
	Only []string
	// Quick measures for a moment with a small fleet, to see that it works.
	Quick bool
	// Command starts this program so that it calls Child with the arguments
	// that are appended.
	Command []string
	// Progress gets a line for each step, and what the children complain of.
	Progress io.Writer
}

// sizes are what is measured.
type sizes struct {
	machines, reconnecting, cold            int
	sweeps                                  int // take-overs of the reconnecting machines
	commandRate, messageRate, heartbeatRate int // per second
	period                                  time.Duration
}

func (o Options) sizes() sizes {
	s := sizes{
		machines: o.Machines, reconnecting: max(1, o.Machines/2), cold: min(500, o.Machines), sweeps: 5,
		commandRate: 200, messageRate: 20_000, heartbeatRate: o.Machines, period: 10 * time.Second,
	}
	if o.Quick {
		s.machines = min(s.machines, 40)
		s.reconnecting, s.cold, s.sweeps = s.machines/2, 4, 2
		s.commandRate, s.messageRate, s.heartbeatRate, s.period = 40, 400, 400, 500*time.Millisecond
	}
	return s
}

// group is a part of the benchmark. measure adds figures for the side it gets.
type group struct {
	name    string
	measure func(ctx context.Context, r *run, s *side) error
}

func groups() []group {
	return []group{
		{"memory", measureMemory},
		{"connect", measureConnect},
		{"command", measureCommands},
		{"reconnect", measureReconnect},
		{"cpu", measureCPU},
		{"heartbeat", measureHeartbeats},
	}
}

// Groups returns the names Options.Only may hold.
func Groups() []string {
	var names []string
	for _, g := range groups() {
		names = append(names, g.name)
	}
	return names
}

// run is one run of the command.
type run struct {
	sizes
	command  []string
	broker   string // path; "" if it is not installed
	progress io.Writer
	report   *bench.Report
	group    string // under way
}

// Run measures and returns the report, whatever the figures. An error means
// that something could not be measured at all.
func Run(ctx context.Context, o Options) (*bench.Report, error) {
	if o.Machines < 2 || o.Rounds < 1 {
		return nil, errors.New("at least 2 machines and 1 round are needed")
	}
	for _, name := range o.Only {
		if !slices.Contains(Groups(), name) {
			return nil, fmt.Errorf("unknown group %q; there are %s", name, strings.Join(Groups(), ", "))
		}
	}
	r := &run{sizes: o.sizes(), command: o.Command, progress: o.Progress}
	if err := r.checkFiles(); err != nil {
		return nil, err
	}
	path, version := findBroker(ctx)
	r.broker = path
	r.report = &bench.Report{
		Title: fmt.Sprintf("Fleet of %d machines", r.machines), Baseline: "MOSQUITTO", Started: time.Now(),
		Rounds: o.Rounds, Host: bench.ThisHost(version), Notes: r.notes(),
	}
	if path == "" {
		r.report.BaselineMissing = "not installed"
	}
	for round := range o.Rounds {
		for _, g := range groups() {
			if len(o.Only) > 0 && !slices.Contains(o.Only, g.name) {
				continue
			}
			if err := r.both(ctx, g, round, o.Rounds); err != nil {
				return nil, err
			}
		}
	}
	return r.report, nil
}

// checkFiles raises the limit of open files and sees whether the fleet fits.
func (r *run) checkFiles() error {
	const others = 200
	limit, err := bench.RaiseFileLimit()
	if err != nil {
		return err
	}
	// A machine that reconnects has two connections for a moment.
	if need := r.machines + r.reconnecting + others; need > limit {
		return fmt.Errorf("%d machines need %d open files and the system allows %d: take fewer with --machines", r.machines, need, limit)
	}
	return nil
}

func (r *run) notes() []string {
	return []string{
		"medians of all rounds, smallest and largest value in brackets; a ratio below 1 means Vendlane needs less",
		"command and cpu: Vendlane is the gateway alone, as Mosquitto does nothing with a message either; the rows that say so go through the whole platform and its store",
		"heartbeat: commands end at the gateway; heartbeats are stored by Vendlane, and carried to the client behind it and dropped by Mosquitto; dispenses go through the whole platform",
		"memory: growth of the resident memory while the fleet connects, after Vendlane collected its garbage",
		"Mosquitto runs without access control and persistence, and the client behind it has no library around it",
	}
}

// both measures a group on both sides. Which one comes first changes from round
// to round. A baseline that fails, as one that cannot keep up does, is noted in the
// report, and everything else is measured all the same.
func (r *run) both(ctx context.Context, g group, round, rounds int) error {
	r.group = g.name
	title := fmt.Sprintf("round %d of %d", round+1, rounds)
	sides := []struct {
		start    func(context.Context) (*side, error)
		baseline bool
	}{{r.startPlatform, false}, {r.startMosquitto, true}}
	if r.broker == "" {
		sides = sides[:1]
	}
	if round%2 == 1 {
		slices.Reverse(sides)
	}
	for _, s := range sides {
		err := r.one(ctx, g, s.start, title)
		if err != nil && s.baseline && ctx.Err() == nil {
			r.note("%s, %s: the baseline failed: %v", title, g.name, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	return nil
}

// note says something in the report, and now.
func (r *run) note(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	_, _ = fmt.Fprintln(r.progress, text)
	r.report.Notes = append(r.report.Notes, text)
}

func (r *run) one(ctx context.Context, g group, start func(context.Context) (*side, error), round string) (err error) {
	s, err := start(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	_, _ = fmt.Fprintf(r.progress, "%s: %s, %s\n", round, g.name, s.name)
	if err := g.measure(ctx, r, s); err != nil {
		return fmt.Errorf("%s: %w", s.name, err)
	}
	return nil
}

// add adds a value of a figure for a side.
func (r *run) add(s *side, name, unit, target string, value float64) {
	f := r.report.Figure(r.group, name, unit, target)
	if s.baseline {
		f.Baseline = append(f.Baseline, value)
	} else {
		f.Vendlane = append(f.Vendlane, value)
	}
}
