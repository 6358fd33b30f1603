// Package redeem is `vendlane bench redeem` and `vendlane bench postgres`: HTTP
// redemptions on the embedded store and on PostgreSQL, measured side by side
// with pgbench running the same five-statement transaction.
//
// Every measurement starts with a fresh copy of one database, and the order of
// the sides changes from round to round. Afterwards the database is compared
// with what was answered.
package redeem

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/secrets"
)

// Options are the flags of both commands.
type Options struct {
	bench.Turns
	// DSN is a PostgreSQL server whose user may create databases; empty starts a
	// private one below Folder.
	DSN string
	// Folder is for the databases, and must be on a disk for their commits to
	// cost what they cost.
	Folder string
	// Connections is how many redemptions are under way at once, on all sides
	// that do not say otherwise.
	Connections int
	// Many is how many codes the full store has; 0 leaves it out. (redeem)
	Many int
	// Command starts this program, for the time it takes until it is ready.
	// (redeem)
	Command []string
}

const (
	// redemptions is the group of the figures beside pgbench.
	redemptions = "redemptions"
	// fastest is more redemptions per second than there will be, quickly the same
	// for a run of a moment.
	fastest = 40_000
	quickly = 20_000
)

// run is one run of a command.
type run struct {
	Options
	machines, codes int
	perSecond       int // codes
	warmUp          time.Duration
	folder          string // for files
	key             []byte
	box             *secrets.Box
	report          *bench.Report
	pgbench         *pgbench // nil if it is missing
}

// newRun checks the options; close ends the run.
func newRun(o Options, names []string) (*run, error) {
	if o.Connections < 1 {
		return nil, errors.New("at least 1 connection is needed")
	}
	if err := o.Check(names); err != nil {
		return nil, err
	}
	r := &run{Options: o, key: newKey(), machines: 1000, perSecond: fastest, warmUp: max(time.Second, (o.Period / 5).Round(time.Second))}
	if o.Quick {
		r.machines, r.perSecond, r.Period, r.warmUp = 50, quickly, min(o.Period, 300*time.Millisecond), 0
	}
	// pgbench takes whole seconds.
	r.codes = int(float64(r.perSecond) * (r.warmUp + max(r.Period, time.Second)).Seconds())
	var err error
	if r.box, err = secrets.NewBox(r.key, rand.Reader); err != nil {
		return nil, err
	}
	if r.folder, err = os.MkdirTemp(o.Folder, "vendlane-bench-"); err != nil {
		return nil, fmt.Errorf("folder for files: %w", err)
	}
	return r, nil
}

func (r *run) close(ctx context.Context) error {
	var err error
	if r.pgbench != nil {
		err = r.pgbench.close(ctx)
	}
	return errors.Join(err, os.RemoveAll(r.folder))
}

// load makes a load for the shop of this run.
func (r *run) load(n int) (*load, error) {
	return prepare(n, r.machines, r.Connections, func(i int) int { return i })
}

// hammer lets the clients loose on nodes, after a warm-up. all are the codes that
// were redeemed, with those of the warm-up.
func (r *run) hammer(ctx context.Context, requests *load, addrs []string, connections int) (out outcome, all []int64, err error) {
	warm, err := requests.run(ctx, addrs, connections, r.warmUp, 0)
	if err != nil {
		return out, nil, err
	}
	out, err = requests.run(ctx, addrs, connections, r.Period, 0)
	return out, append(warm.acknowledged, out.acknowledged...), err
}

// add adds a value of a figure.
func (r *run) add(group, name, unit, target string, value float64) {
	f := r.report.Figure(group, name, unit, target)
	f.Vendlane = append(f.Vendlane, value)
}

// addBaseline adds a value of the baseline of a figure.
func (r *run) addBaseline(group, name, unit, target string, value float64) {
	f := r.report.Figure(group, name, unit, target)
	f.Baseline = append(f.Baseline, value)
}

// addWaits adds the figures of how long redemptions took.
func (r *run) addWaits(group, name string, out outcome) {
	r.add(group, name+", p50", "ms", "", bench.Percentile(out.waits, 0.5))
	r.add(group, name+", p99", "ms", "", bench.Percentile(out.waits, 0.99))
}
