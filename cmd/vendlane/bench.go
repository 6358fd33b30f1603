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
	"github.com/vendlane/vendlane/internal/bench/fleet"
	"github.com/vendlane/vendlane/internal/bench/postgres"
)

// fleetChild starts a process of the fleet benchmark; it is not for people.
const fleetChild = "fleet-child"

// benchmarks are those for people.
const benchmarks = "vendlane bench fleet, vendlane bench postgres"

// runBench measures the platform beside what others use for the same.
func runBench(ctx context.Context, e env, args []string) error {
	if len(args) == 0 {
		return errors.New("bench: name a benchmark: " + benchmarks)
	}
	switch args[0] {
	case "fleet":
		return benchFleet(ctx, e, args[1:])
	case "postgres":
		return benchPostgres(ctx, e, args[1:])
	case fleetChild:
		return fleet.Child(ctx, args[1:], os.Stdin, e.stdout, e.stderr)
	}
	return fmt.Errorf("bench: unknown benchmark %q; there are: %s", args[0], benchmarks)
}

func benchPostgres(ctx context.Context, e env, args []string) error {
	opts := postgres.Options{Progress: e.stderr}
	fs := flag.NewFlagSet("vendlane bench postgres", flag.ContinueOnError)
	fs.StringVar(&opts.DSN, "dsn", "", "`DSN` of a PostgreSQL server whose user may create databases; without it a private one is started")
	fs.StringVar(&opts.Folder, "folder", os.TempDir(), "`folder` on a disk for the private server")
	fs.IntVar(&opts.Connections, "connections", 64, "redemptions under way at once")
	fs.IntVar(&opts.Rounds, "rounds", 3, "how often everything is measured")
	fs.DurationVar(&opts.Period, "period", 10*time.Second, "how long each measurement takes; pgbench takes whole seconds")
	fs.BoolVar(&opts.Quick, "quick", false, "measure for a moment, to see that it works")
	only := fs.String("only", "", "comma-separated `sides` to measure: "+strings.Join(postgres.Sides(), ", "))
	file := fs.String("json", "", "also write the figures into this `file`")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	if *only != "" {
		opts.Only = strings.Split(*only, ",")
	}
	report, err := postgres.Run(ctx, opts)
	if err != nil {
		return fmt.Errorf("bench postgres: %w", err)
	}
	if err := finish(e, report, *file); err != nil {
		return err
	}
	if ratio, ok := postgres.Ratio(report); ok {
		_, err = fmt.Fprintf(e.stdout, "ratio to pgbench: %.2f\n", ratio)
	}
	return err
}

func benchFleet(ctx context.Context, e env, args []string) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("bench fleet: %w", err)
	}
	opts := fleet.Options{Command: []string{self, "bench", fleetChild}, Progress: e.stderr}
	fs := flag.NewFlagSet("vendlane bench fleet", flag.ContinueOnError)
	fs.IntVar(&opts.Machines, "machines", 10_000, "size of the fleet")
	fs.IntVar(&opts.Rounds, "rounds", 3, "how often everything is measured")
	fs.BoolVar(&opts.Quick, "quick", false, "measure for a moment with a few machines, to see that it works")
	only := fs.String("only", "", "comma-separated `groups` to measure: "+strings.Join(fleet.Groups(), ", "))
	file := fs.String("json", "", "also write the figures into this `file`")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	if *only != "" {
		opts.Only = strings.Split(*only, ",")
	}
	report, err := fleet.Run(ctx, opts)
	if err != nil {
		return fmt.Errorf("bench fleet: %w", err)
	}
	return finish(e, report, *file)
}

// finish shows a report, whatever its figures are, and keeps it if asked to.
func finish(e env, r *bench.Report, file string) error {
	if err := r.Print(e.stdout); err != nil {
		return fmt.Errorf("print figures: %w", err)
	}
	if file == "" {
		return nil
	}
	return r.Save(file)
}
