package redeem

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/store/sqlite"
)

// The groups of the embedded store's figures, and what is in several of them.
const (
	besideHandler = "beside a bare HTTP handler"
	besideDisk    = "beside fsyncs of the disk"
	fullStore     = "full store"
	coldStart     = "start"

	speedTarget   = "≥ 2.5 ×, stretch 4"
	handlerTarget = "≥ 0.25 ×, stretch 0.4"
	manyTarget    = "≥ 0.4 ×, stretch 0.7"
	// manyConnections is how many there are when there are many.
	manyConnections = 256
	// scatter spreads codes over a full store. It is a prime, so that no code
	// comes twice.
	scatter = 7_368_787
)

// EmbeddedSides returns the names Options.Only may hold for Embedded.
func EmbeddedSides() []string {
	return []string{pgbenchSide, "handler", "disk", "store", "many-connections", "few-codes", "many-codes", "start"}
}

// Embedded measures redemptions on the embedded store and returns the report,
// whatever the figures. Without the programs of PostgreSQL there is no pgbench
// beside them, and the report says so. An error means that something could not
// be measured, or that a redemption was lost or doubled.
func Embedded(ctx context.Context, o Options) (_ *bench.Report, err error) {
	r, err := newRun(o, EmbeddedSides())
	if err != nil {
		return nil, err
	}
	if r.Quick {
		r.Many = min(r.Many, 20_000)
	}
	defer func() { err = errors.Join(err, r.close(ctx)) }()
	version := "not measured"
	if r.Wants(pgbenchSide) {
		r.Say("making the database of pgbench")
		var missing NoPostgresError
		if r.pgbench, err = openPgbench(ctx, r); errors.As(err, &missing) {
			version = "none: " + missing.Error()
			r.Say("%s", version)
		} else if err != nil {
			return nil, err
		} else {
			version = "pgbench on " + r.pgbench.version
		}
	}
	r.report = &bench.Report{
		Title: "Redemption on the embedded store", Baseline: "BASELINE", Started: time.Now(), Rounds: r.Rounds,
		Host: bench.ThisHost(version), Notes: r.notes(),
	}
	return r.report, r.Measure(ctx, r.embeddedSides())
}

func (r *run) notes() []string {
	return []string{
		"medians of all rounds, smallest and largest value in brackets; a ratio is the median of the rounds' ratios",
		fmt.Sprintf("pgbench: %d clients, the same five statements, prepared, begin and commit around them, and none of the checks before them", r.Connections),
		"Vendlane: the whole HTTP handler with signature verification and request log, SQLite with synchronous=FULL; clients on the same machine, their requests signed before the clock runs",
		"bare HTTP handler: net/http, credentials, envelope, signature and timestamp of the same requests, and a fixed answer",
		"fsyncs: one page written and synced after the other, in the folder of the databases",
		fmt.Sprintf("one merchant, %d machines with one product each; a full store has its codes taken all over it", r.machines),
		"after each measurement every redemption was found in the database exactly once, with its record, stock and message",
	}
}

func (r *run) embeddedSides() []bench.Side {
	var sides []bench.Side
	if r.pgbench != nil {
		sides = append(sides, bench.Side{Name: pgbenchSide, Measure: r.besidePgbench})
	}
	sides = append(sides,
		bench.Side{Name: "handler", Measure: r.bareHandler},
		bench.Side{Name: "disk", Measure: r.disk},
		bench.Side{Name: "store", Measure: r.embedded},
		bench.Side{Name: "many-connections", Measure: r.manyConnections},
	)
	if r.Many > 0 {
		sides = append(sides,
			bench.Side{Name: "few-codes", Measure: func(ctx context.Context) error { return r.full(ctx, r.few(), r.addBaseline) }},
			bench.Side{Name: "many-codes", Measure: func(ctx context.Context) error { return r.full(ctx, r.Many, r.add) }},
		)
	}
	if len(r.Command) > 0 {
		sides = append(sides, bench.Side{Name: "start", Measure: r.start})
	}
	return sides
}

func (r *run) title() string { return fmt.Sprintf("%d connections", r.Connections) }

func (r *run) manyTitle() string { return fmt.Sprintf("%d connections", manyConnections) }

// EmbeddedRatio returns how many redemptions the embedded store did for one of
// pgbench; ok is false if one of them was not measured.
func EmbeddedRatio(r *bench.Report) (ratio float64, ok bool) {
	for _, f := range r.Figures {
		if f.Group == redemptions && len(f.Baseline) > 0 {
			return f.Ratio() // the first one: as many connections as clients of pgbench
		}
	}
	return 0, false
}

func (r *run) besidePgbench(ctx context.Context) error {
	rate, err := r.pgbench.measure(ctx, r)
	if err != nil {
		return err
	}
	r.addBaseline(redemptions, r.title(), "1/s", speedTarget, rate)
	r.addBaseline(redemptions, r.manyTitle(), "1/s", speedTarget, rate)
	return nil
}

// embedded measures as much as there can be, and how long a redemption takes at
// half of that.
func (r *run) embedded(ctx context.Context) error {
	return r.onCopy(ctx, r.codes, func(addr string) ([]int64, error) {
		requests, err := r.load(r.codes)
		if err != nil {
			return nil, err
		}
		out, all, err := r.hammer(ctx, requests, []string{addr}, r.Connections)
		if err != nil {
			return nil, err
		}
		r.add(redemptions, r.title(), "1/s", speedTarget, out.rate())
		r.addWaits(redemptions, r.title(), out)
		r.add(besideHandler, r.title(), "1/s", handlerTarget, out.rate())
		r.add(besideDisk, r.title(), "1/s", "", out.rate())
		half, err := requests.run(ctx, []string{addr}, r.Connections, r.Period, out.rate()/2)
		r.add(redemptions, "at half of that rate, p99", "ms", "≤ 10, stretch 5", bench.Percentile(half.waits, 0.99))
		return append(all, half.acknowledged...), err
	})
}

func (r *run) manyConnections(ctx context.Context) error {
	return r.onCopy(ctx, r.codes, func(addr string) ([]int64, error) {
		requests, err := r.load(r.codes)
		if err != nil {
			return nil, err
		}
		out, all, err := r.hammer(ctx, requests, []string{addr}, manyConnections)
		r.add(redemptions, r.manyTitle(), "1/s", speedTarget, out.rate())
		r.addWaits(redemptions, r.manyTitle(), out)
		return all, err
	})
}

// few is what Options.Many is compared with.
func (r *run) few() int { return max(1, r.Many/100) }

// full redeems in a store that has so many codes, at most as many as the small
// store has.
func (r *run) full(ctx context.Context, codes int, add func(group, name, unit, target string, value float64)) error {
	return r.onCopy(ctx, codes, func(addr string) ([]int64, error) {
		requests, err := prepare(r.few(), r.machines, r.Connections, func(i int) int { return i * scatter % codes })
		if err != nil {
			return nil, err
		}
		out, err := requests.run(ctx, []string{addr}, r.Connections, r.Period, 0)
		add(fullStore, fmt.Sprintf("%d codes beside %d", r.Many, r.few()), "1/s", manyTarget, out.rate())
		return out.acknowledged, err
	})
}

// database makes a database of so many codes, unless it is there from before.
func (r *run) database(ctx context.Context, file string, codes int) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	r.Say("making the database of %d codes", codes)
	return fillSQLite(ctx, file, r.box, r.machines, codes)
}

// onCopy starts a node on a copy of a database of so many codes, and looks
// afterwards whether all the codes that work redeemed are in it.
func (r *run) onCopy(ctx context.Context, codes int, work func(addr string) ([]int64, error)) (err error) {
	template := filepath.Join(r.folder, fmt.Sprint(codes)+".db")
	if err := r.database(ctx, template, codes); err != nil {
		return err
	}
	folder, err := os.MkdirTemp(r.folder, "copy-")
	if err != nil {
		return fmt.Errorf("folder for a copy: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	file := filepath.Join(folder, "vendlane.db")
	if err := copyFile(file, template); err != nil {
		return err
	}
	acknowledged, err := r.onStore(ctx, file, work)
	if err != nil {
		return err
	}
	return verifySQLite(ctx, file, len(acknowledged), acknowledged)
}

func (r *run) onStore(ctx context.Context, file string, work func(addr string) ([]int64, error)) (acknowledged []int64, err error) {
	engine, err := sqlite.Open(ctx, file, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	n, err := startNode(ctx, engine, r.box, r.Progress)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.close(ctx)) }()
	return work(n.server.Addr)
}

// copyFile copies a file and syncs the copy, so that the measurement does not
// pay for it.
func copyFile(to, from string) (err error) {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = source.Close() }()
	target, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Sync(), target.Close())
}
