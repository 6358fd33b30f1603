package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"

	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/terminal"
)

// serve runs the platform until the process is told to stop.
func serve(ctx context.Context, e env, args []string) error {
	fs := flag.NewFlagSet("vendlane serve", flag.ContinueOnError)
	file := fs.String("config", "", "YAML configuration `file`; without it the defaults and VENDLANE_ variables apply")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	cfg, err := config.Load(*file, e.environ)
	if err != nil {
		return err
	}
	a, err := app.New(ctx, cfg, app.Options{Log: newLog(cfg, e.stderr)})
	if err != nil {
		return err
	}
	if err := a.Listen(ctx); err != nil {
		return errors.Join(err, a.Close())
	}
	return a.Run(ctx)
}

func newLog(cfg config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(cfg.Log.Level)) // the configuration is checked
	opts := &slog.HandlerOptions{Level: level}
	if cfg.Log.Format == "text" {
		return slog.New(slog.NewTextHandler(w, opts))
	}
	return slog.New(slog.NewJSONHandler(terminal.JSON{W: w}, opts))
}
