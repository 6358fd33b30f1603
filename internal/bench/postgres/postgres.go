// Package postgres is `vendlane bench postgres`: HTTP redemptions on PostgreSQL,
// measured side by side with pgbench running the same five-statement
// transaction.
//
// Every measurement starts with a fresh copy of one database, and the order of
// the sides changes from round to round. Afterwards the database is compared
// with what was answered.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/secrets"
)

// Options are the flags of the command.
type Options struct {
	// DSN is a server whose user may create databases; empty starts a private
	// one below Folder, which must be on a disk for its commits to cost what
	// they cost.
	DSN, Folder string
	// Connections is how many redemptions are under way at once, on both sides.
	Connections int
	// Rounds is how often everything is measured, for Period each.
	Rounds int
	Period time.Duration
	// Only names the sides to measure; empty is all of them.
	Only []string
	// Quick measures for a moment, to see that it works.
	Quick bool
	// Progress gets a line for each step.
	Progress io.Writer
}

const (
	template = "vendlane_bench_template"
	database = "vendlane_bench"
	// group is the group of the figures.
	group = "redemptions"
	// fastest is more redemptions per second than there will be.
	fastest = 40_000
)

// side is something that redeems codes in a database.
type side struct {
	name     string
	baseline bool
	nodes    int
	portable bool
}

func sides() []side {
	return []side{
		{name: "pgbench", baseline: true},
		{name: "portable", nodes: 1, portable: true},
		{name: "set", nodes: 1},
		{name: "nodes", nodes: 3},
	}
}

// Sides returns the names Options.Only may hold.
func Sides() []string {
	var names []string
	for _, s := range sides() {
		names = append(names, s.name)
	}
	return names
}

// title is the name of the side's figure.
func (s side) title() string {
	switch {
	case s.portable:
		return "portable path, one node"
	case s.nodes > 1:
		return fmt.Sprintf("as a set, %d nodes", s.nodes)
	}
	return "as a set, one node"
}

// run is one run of the command.
type run struct {
	Options
	machines, codes int
	pgbench         string // path
	folder          string // for files
	server          *server
	box             *secrets.Box
	report          *bench.Report
}

// Run measures and returns the report, whatever the figures. An error means that
// something could not be measured, or that a redemption was lost or doubled.
func Run(ctx context.Context, o Options) (_ *bench.Report, err error) {
	if o.Connections < 1 || o.Rounds < 1 || o.Period <= 0 {
		return nil, errors.New("at least 1 connection, 1 round and some time are needed")
	}
	for _, name := range o.Only {
		if !slices.Contains(Sides(), name) {
			return nil, fmt.Errorf("unknown side %q", name)
		}
	}
	r := &run{Options: o, machines: 1000}
	if o.Quick {
		r.machines, r.Period = 50, min(o.Period, 300*time.Millisecond)
	}
	// pgbench takes whole seconds.
	r.codes = int(fastest * max(r.Period, time.Second).Seconds())
	if r.pgbench, err = findPgbench(); err != nil {
		return nil, err
	}
	if r.folder, err = os.MkdirTemp("", "vendlane-bench-"); err != nil {
		return nil, fmt.Errorf("folder for files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(r.folder)) }()
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.server.stop()) }()
	if err := r.prepare(ctx); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.server.drop(context.WithoutCancel(ctx), template)) }()
	for round := range o.Rounds {
		if err := r.round(ctx, round); err != nil {
			return nil, err
		}
	}
	return r.report, nil
}

func (r *run) open(ctx context.Context) (err error) {
	if r.DSN != "" {
		r.server = useServer(r.DSN)
		return nil
	}
	r.server, err = startServer(ctx, r.Folder)
	return err
}

// prepare makes the database that all measurements start from.
func (r *run) prepare(ctx context.Context) error {
	version, err := r.server.describe(ctx)
	if err != nil {
		return err
	}
	r.report = &bench.Report{
		Title: fmt.Sprintf("Redemption on PostgreSQL, %d connections", r.Connections), Baseline: "PGBENCH",
		Started: time.Now(), Rounds: r.Rounds, Host: bench.ThisHost(version),
		Notes: []string{
			"medians of all rounds, smallest and largest value in brackets; a ratio above 1 means Vendlane redeems more",
			"pgbench: the same five statements, prepared, begin and commit around them, and none of the checks before them",
			"Vendlane: the whole HTTP handler with signature verification; clients, nodes, PostgreSQL on the same machine",
			fmt.Sprintf("both sides: one merchant, %d machines with one product each, codes taken in turn", r.machines),
			"after each measurement every redemption was found in the database exactly once, with its record, stock and message",
		},
	}
	if r.box, err = newBox(); err != nil {
		return err
	}
	if err := r.server.exec(ctx, "DROP DATABASE IF EXISTS "+template, "CREATE DATABASE "+template); err != nil {
		return err
	}
	return fill(ctx, r.server.database(template), r.box, r.machines, r.codes)
}

func (r *run) round(ctx context.Context, round int) error {
	all := sides()
	if round%2 == 1 {
		slices.Reverse(all)
	}
	for _, s := range all {
		if len(r.Only) > 0 && !slices.Contains(r.Only, s.name) {
			continue
		}
		_, _ = fmt.Fprintf(r.Progress, "round %d of %d: %s\n", round+1, r.Rounds, s.name)
		if err := r.measure(ctx, s); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}

func (r *run) measure(ctx context.Context, s side) (err error) {
	if err := r.server.copied(ctx, database, template); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.server.drop(context.WithoutCancel(ctx), database)) }()
	dsn := r.server.database(database)
	if s.baseline {
		redemptions, rate, err := runPgbench(ctx, r.pgbench, r.folder, dsn, r.Connections, r.machines, r.Period)
		if err != nil {
			return err
		}
		for _, s := range sides() {
			if !s.baseline && (len(r.Only) == 0 || slices.Contains(r.Only, s.name)) {
				f := r.figure(s, "", "1/s")
				f.Baseline = append(f.Baseline, rate)
			}
		}
		return verify(ctx, dsn, redemptions, nil)
	}
	out, err := r.redeem(ctx, s, dsn)
	if err != nil {
		return err
	}
	for _, v := range []struct {
		name, unit string
		value      float64
	}{{"", "1/s", out.rate()}, {", p50", "ms", bench.Percentile(out.waits, 0.5)}, {", p99", "ms", bench.Percentile(out.waits, 0.99)}} {
		f := r.figure(s, v.name, v.unit)
		f.Vendlane = append(f.Vendlane, v.value)
	}
	return verify(ctx, dsn, len(out.acknowledged), out.acknowledged)
}

func (r *run) figure(s side, name, unit string) *bench.Figure {
	target := ""
	if name == "" && !s.portable {
		target = "≥ 2.5 ×, stretch 5"
	}
	return r.report.Figure(group, s.title()+name, unit, target)
}

// redeem lets the clients loose on the nodes of a side.
func (r *run) redeem(ctx context.Context, s side, dsn string) (out outcome, err error) {
	var addrs []string
	for range s.nodes {
		n, err := startNode(ctx, dsn, r.box, s.portable, r.Progress)
		if err != nil {
			return out, err
		}
		defer func() { err = errors.Join(err, n.close(ctx)) }()
		addrs = append(addrs, n.addr)
	}
	requests, err := prepare(r.codes, r.machines, r.Connections)
	if err != nil {
		return out, err
	}
	return requests.run(ctx, addrs, r.Connections, r.Period)
}

// Ratio returns how many redemptions a report's node did, as a set, for one of
// pgbench; ok is false if one of them was not measured.
func Ratio(r *bench.Report) (ratio float64, ok bool) {
	return r.Figure(group, side{nodes: 1}.title(), "1/s", "").Ratio()
}
