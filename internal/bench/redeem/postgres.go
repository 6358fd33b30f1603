package redeem

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/store"
	engine "github.com/vendlane/vendlane/internal/store/postgres"
)

// arrangement is a way to redeem on PostgreSQL.
type arrangement struct {
	name, title string
	nodes       int
	portable    bool
	balanced    bool // behind HAProxy
}

// asSet is the one that the ratio to pgbench is about.
const asSet = "as a set, one node"

func arrangements() []arrangement {
	return []arrangement{
		{name: "portable", title: "portable path, one node", nodes: 1, portable: true},
		{name: "set", title: asSet, nodes: 1},
		{name: "nodes", title: "as a set, 3 nodes", nodes: 3},
		{name: "set-haproxy", title: "as a set, one node behind HAProxy", nodes: 1, balanced: true},
		{name: "nodes-haproxy", title: "as a set, 3 nodes behind HAProxy", nodes: 3, balanced: true},
	}
}

func (a arrangement) target() string {
	if a.portable || a.balanced {
		return ""
	}
	return "≥ 2.5 ×, stretch 5"
}

// PostgresSides returns the names Options.Only may hold for Postgres.
func PostgresSides() []string {
	names := []string{pgbenchSide}
	for _, a := range arrangements() {
		names = append(names, a.name)
	}
	return names
}

// Postgres measures redemptions on PostgreSQL and returns the report, whatever
// the figures. An error means that something could not be measured, or that a
// redemption was lost or doubled.
func Postgres(ctx context.Context, o Options) (_ *bench.Report, err error) {
	r, err := newRun(o, PostgresSides())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close(ctx)) }()
	if r.pgbench, err = openPgbench(ctx, r); err != nil {
		return nil, err
	}
	r.report = &bench.Report{
		Title: fmt.Sprintf("Redemption on PostgreSQL, %d connections", r.Connections), Baseline: "PGBENCH",
		Started: time.Now(), Rounds: r.Rounds, Host: bench.ThisHost(r.pgbench.version),
		Notes: []string{
			"medians of all rounds, smallest and largest value in brackets; a ratio above 1 means Vendlane redeems more",
			"pgbench: the same five statements, prepared, begin and commit around them, and none of the checks before them",
			"Vendlane: the whole HTTP handler with signature verification and request log; clients, nodes, PostgreSQL on the same machine, requests signed before the clock runs",
			fmt.Sprintf("both sides: one merchant, %d machines with one product each, codes taken in turn", r.machines),
			"after each measurement every redemption was found in the database exactly once, with its record, stock and message",
		},
	}
	wanted := r.wanted()
	sides := []bench.Side{{Name: pgbenchSide, Measure: func(ctx context.Context) error {
		rate, err := r.pgbench.measure(ctx, r)
		for _, a := range wanted {
			if err == nil {
				r.addBaseline(redemptions, a.title, "1/s", a.target(), rate)
			}
		}
		return err
	}}}
	for _, a := range wanted {
		sides = append(sides, bench.Side{Name: a.name, Measure: func(ctx context.Context) error { return r.arranged(ctx, a) }})
	}
	return r.report, r.Measure(ctx, sides)
}

// wanted are the arrangements to measure. Without HAProxy those behind it are left
// out, unless they were asked for.
func (r *run) wanted() (wanted []arrangement) {
	_, err := exec.LookPath("haproxy")
	for _, a := range arrangements() {
		switch {
		case !r.Wants(a.name):
		case a.balanced && err != nil && len(r.Only) == 0:
			r.report.Notes = append(r.report.Notes, a.title+": not measured, for HAProxy is not installed")
		default:
			wanted = append(wanted, a)
		}
	}
	return wanted
}

// arranged measures one arrangement.
func (r *run) arranged(ctx context.Context, a arrangement) (err error) {
	dsn, err := r.pgbench.fresh(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.pgbench.drop(ctx)) }()
	out, all, err := r.onNodes(ctx, a, dsn)
	if err != nil {
		return err
	}
	r.add(redemptions, a.title, "1/s", a.target(), out.rate())
	r.addWaits(redemptions, a.title, out)
	return verifyPostgres(ctx, dsn, len(all), all)
}

func (r *run) onNodes(ctx context.Context, a arrangement, dsn string) (out outcome, all []int64, err error) {
	var addrs []string
	for range a.nodes {
		n, failure := startPostgresNode(ctx, dsn, r, a.portable)
		if failure != nil {
			return out, nil, failure
		}
		defer func() { err = errors.Join(err, n.close(ctx)) }()
		addrs = append(addrs, n.server.Addr)
	}
	requests, err := r.load(r.codes)
	if err != nil {
		return out, nil, err
	}
	if a.balanced {
		b, err := startBalancer(ctx, r, addrs)
		if err != nil {
			return out, nil, err
		}
		defer b.end()
		addrs = []string{b.addr}
	}
	return r.hammer(ctx, requests, addrs, r.Connections)
}

func startPostgresNode(ctx context.Context, dsn string, r *run, portable bool) (*node, error) {
	opened, err := engine.Open(ctx, dsn, engine.Options{})
	if err != nil {
		return nil, err
	}
	var e store.Engine = opened
	if portable {
		e = store.Portable(e)
	}
	return startNode(ctx, e, r.box, r.Progress)
}

// PostgresRatio returns how many redemptions a node did, as a set, for one of
// pgbench; ok is false if one of them was not measured.
func PostgresRatio(r *bench.Report) (ratio float64, ok bool) {
	return r.Figure(redemptions, asSet, "1/s", "").Ratio()
}
