package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/config"
)

// migrate brings the database to the schema of this program, or tells how far
// it is. `serve` does the former by itself; before an upgrade of several nodes
// it is better done by hand.
func migrate(ctx context.Context, e env, args []string) error {
	if len(args) == 0 || args[0] != "up" && args[0] != "status" {
		return errors.New("migrate: the commands are: vendlane migrate up, vendlane migrate status")
	}
	fs := flag.NewFlagSet("vendlane migrate "+args[0], flag.ContinueOnError)
	file := fs.String("config", "", "YAML configuration `file` of the platform")
	if err := parse(fs, e, args[1:]); err != nil {
		return err
	}
	cfg, err := config.Load(*file, e.environ)
	if err != nil {
		return err
	}
	if args[0] == "up" {
		if err := app.Migrate(ctx, cfg); err != nil {
			return fmt.Errorf("migrate up: %w", err)
		}
	}
	status, err := app.SchemaStatus(ctx, cfg)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", args[0], err)
	}
	remark := "up to date"
	switch {
	case status.Version < status.Newest:
		remark = fmt.Sprintf("this program needs %d: run `vendlane migrate up`", status.Newest)
	case status.Version > status.Newest:
		remark = fmt.Sprintf("newer than this program, which knows versions up to %d", status.Newest)
	}
	_, err = fmt.Fprintf(e.stdout, "schema version %d: %s\n", status.Version, remark)
	return err
}
