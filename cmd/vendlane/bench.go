package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/bench/fleet"
)

// fleetChild starts a process of the fleet benchmark; it is not for people.
const fleetChild = "fleet-child"

// runBench measures the platform beside what others use for the same.
func runBench(ctx context.Context, e env, args []string) error {
	if len(args) == 0 {
		return errors.New("bench: the only benchmark is: vendlane bench fleet")
	}
	switch args[0] {
	case "fleet":
		return benchFleet(ctx, e, args[1:])
	case fleetChild:
		return fleet.Child(ctx, args[1:], os.Stdin, e.stdout, e.stderr)
	}
	return fmt.Errorf("bench: unknown benchmark %q; there is: vendlane bench fleet", args[0])
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
