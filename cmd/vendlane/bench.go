package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/bench/callback"
	"github.com/vendlane/vendlane/internal/bench/fleet"
	"github.com/vendlane/vendlane/internal/bench/redeem"
)

// fleetChild starts a process of the fleet benchmark; it is not for people.
const fleetChild = "fleet-child"

// benchmark is a sub-command. prepare declares its flags and returns what runs
// it, to be called when they are parsed.
type benchmark struct {
	name    string
	prepare func(e env, fs *flag.FlagSet) func(ctx context.Context) (*bench.Report, error)
	// ratio is what the command says last; nil if there is no such thing.
	ratio func(*bench.Report) (float64, bool)
}

func benchmarks() []benchmark {
	return []benchmark{
		{"redeem", prepareRedeem, redeem.EmbeddedRatio},
		{"postgres", preparePostgres, redeem.PostgresRatio},
		{"fleet", prepareFleet, nil},
		{"callback", prepareCallback, nil},
	}
}

// benchAll is the sub-command that is all of them.
const benchAll = "all"

// runBench measures the platform beside what others use for the same.
func runBench(ctx context.Context, e env, args []string) error {
	all := benchmarks()
	names := []string{benchAll}
	for _, b := range all {
		names = append(names, b.name)
	}
	if len(args) == 0 {
		return errors.New("bench: name a benchmark: " + strings.Join(names, ", "))
	}
	switch args[0] {
	case benchAll:
		return runAll(ctx, e, all, args[1:])
	case fleetChild:
		return fleet.Child(ctx, args[1:], os.Stdin, e.stdout, e.stderr)
	}
	for _, b := range all {
		if b.name == args[0] {
			return b.run(ctx, e, args[1:])
		}
	}
	return fmt.Errorf("bench: unknown benchmark %q; there are: %s", args[0], strings.Join(names, ", "))
}

func (b benchmark) run(ctx context.Context, e env, args []string) error {
	fs := flag.NewFlagSet("vendlane bench "+b.name, flag.ContinueOnError)
	measure := b.prepare(e, fs)
	file := fs.String("json", "", "also write the figures into this `file`")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	report, err := measure(ctx)
	if err != nil {
		return fmt.Errorf("bench %s: %w", b.name, err)
	}
	if err := b.show(e, report); err != nil {
		return err
	}
	if *file == "" {
		return nil
	}
	return bench.Save(*file, report)
}

// show prints a report, whatever its figures are.
func (b benchmark) show(e env, r *bench.Report) error {
	if err := r.Print(e.stdout); err != nil {
		return fmt.Errorf("print figures: %w", err)
	}
	if b.ratio == nil {
		return nil
	}
	line := "ratio to pgbench: not measured"
	if ratio, ok := b.ratio(r); ok {
		line = fmt.Sprintf("ratio to pgbench: %.2f", ratio)
	}
	_, err := fmt.Fprintln(e.stdout, line)
	return err
}

// runAll measures one after the other. A benchmark that cannot be measured here
// does not keep the others from it.
func runAll(ctx context.Context, e env, all []benchmark, args []string) error {
	fs := flag.NewFlagSet("vendlane bench all", flag.ContinueOnError)
	quick := fs.Bool("quick", false, "measure for a moment, to see that it works")
	rounds := fs.Int("rounds", 3, "how often everything is measured")
	file := fs.String("json", "", "also write the figures of all into this `file`")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	var reports []*bench.Report
	var failures error
	for _, b := range all {
		flags := flag.NewFlagSet(b.name, flag.ContinueOnError)
		measure := b.prepare(e, flags)
		if err := flags.Parse([]string{fmt.Sprintf("-quick=%v", *quick), fmt.Sprintf("-rounds=%d", *rounds)}); err != nil {
			return err
		}
		_, _ = fmt.Fprintf(e.stderr, "bench %s\n", b.name)
		report, err := measure(ctx)
		var missing redeem.NoPostgresError
		switch {
		case errors.As(err, &missing):
			_, _ = fmt.Fprintf(e.stdout, "bench %s: not measured: %v\n\n", b.name, err)
			continue
		case err != nil:
			failures = errors.Join(failures, fmt.Errorf("bench %s: %w", b.name, err))
			continue
		}
		reports = append(reports, report)
		if err := b.show(e, report); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(e.stdout)
	}
	if *file != "" {
		failures = errors.Join(failures, bench.Save(*file, reports))
	}
	return failures
}

func prepareRedeem(e env, fs *flag.FlagSet) func(context.Context) (*bench.Report, error) {
	var opts redeem.Options
	finish := redeemFlags(e, fs, &opts, redeem.EmbeddedSides())
	fs.IntVar(&opts.Many, "many", 10_000_000, "codes in the full store, beside one of a hundredth; 0 leaves this out. 10,000,000 need 3 GB on the disk")
	return func(ctx context.Context) (*bench.Report, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		opts.Command = []string{self}
		finish()
		return redeem.Embedded(ctx, opts)
	}
}

func preparePostgres(e env, fs *flag.FlagSet) func(context.Context) (*bench.Report, error) {
	var opts redeem.Options
	finish := redeemFlags(e, fs, &opts, redeem.PostgresSides())
	return func(ctx context.Context) (*bench.Report, error) {
		finish()
		return redeem.Postgres(ctx, opts)
	}
}

func redeemFlags(e env, fs *flag.FlagSet, opts *redeem.Options, sides []string) (finish func()) {
	fs.StringVar(&opts.DSN, "dsn", "", "`DSN` of a PostgreSQL server whose user may create databases; without it a private one is started")
	fs.StringVar(&opts.Folder, "folder", os.TempDir(), "`folder` on a disk for the databases and the private server")
	fs.IntVar(&opts.Connections, "connections", 64, "redemptions under way at once")
	return turnFlags(e, fs, &opts.Turns, sides)
}

func prepareCallback(e env, fs *flag.FlagSet) func(context.Context) (*bench.Report, error) {
	var opts callback.Options
	fs.StringVar(&opts.Folder, "folder", os.TempDir(), "`folder` on a disk for the database")
	finish := turnFlags(e, fs, &opts.Turns, callback.Sides())
	return func(ctx context.Context) (*bench.Report, error) {
		finish()
		return callback.Run(ctx, opts)
	}
}

// turnFlags declares the flags of benchmarks of sides; finish is for when they
// are parsed.
func turnFlags(e env, fs *flag.FlagSet, turns *bench.Turns, sides []string) (finish func()) {
	turns.Progress = e.stderr
	fs.IntVar(&turns.Rounds, "rounds", 3, "how often everything is measured")
	fs.DurationVar(&turns.Period, "period", 10*time.Second, "how long each measurement takes; pgbench takes whole seconds")
	fs.BoolVar(&turns.Quick, "quick", false, "measure for a moment, to see that it works")
	only := onlyFlag(fs, "sides", sides)
	return func() { turns.Only = only() }
}

// onlyFlag declares the flag that chooses what is measured.
func onlyFlag(fs *flag.FlagSet, what string, names []string) func() []string {
	only := fs.String("only", "", "comma-separated `"+what+"` to measure: "+strings.Join(names, ", "))
	return func() []string {
		if *only == "" {
			return nil
		}
		return strings.Split(*only, ",")
	}
}

func prepareFleet(e env, fs *flag.FlagSet) func(context.Context) (*bench.Report, error) {
	opts := fleet.Options{Progress: e.stderr}
	fs.IntVar(&opts.Machines, "machines", 10_000, "size of the fleet")
	fs.IntVar(&opts.Rounds, "rounds", 3, "how often everything is measured")
	fs.BoolVar(&opts.Quick, "quick", false, "measure for a moment with a few machines, to see that it works")
	only := onlyFlag(fs, "groups", fleet.Groups())
	return func(ctx context.Context) (*bench.Report, error) {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		opts.Command, opts.Only = []string{self, "bench", fleetChild}, only()
		return fleet.Run(ctx, opts)
	}
}
