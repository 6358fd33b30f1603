package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/provision"
)

// admin sets the platform up. It works on the data folder, also while `serve`
// runs on it.
func admin(ctx context.Context, e env, args []string) error {
	if len(args) > 0 {
		switch args[0] {
		case "apply":
			return apply(ctx, e, args[1:])
		case "machine":
			return adminMachine(ctx, e, args[1:])
		case "backup":
			return adminBackup(ctx, e, args[1:])
		case "copy":
			return adminCopy(ctx, e, args[1:])
		case "user":
			return adminUser(ctx, e, args[1:])
		}
	}
	return errors.New("admin: the commands are: vendlane admin apply -f file.yaml, vendlane admin machine <action>, vendlane admin user <action>, " +
		"vendlane admin backup --to folder, vendlane admin copy --from sqlite:file --to postgres:dsn")
}

func apply(ctx context.Context, e env, args []string) error {
	fs := flag.NewFlagSet("vendlane admin apply", flag.ContinueOnError)
	file := fs.String("f", "", "`file` that describes merchants and their machines")
	configFile := fs.String("config", "", "YAML configuration `file` of the platform")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	if *file == "" {
		return errors.New("admin apply: -f names the file to apply")
	}
	text, err := os.ReadFile(*file)
	if err != nil {
		return fmt.Errorf("admin apply: %w", err)
	}
	description, err := provision.Parse(text)
	if err != nil {
		return fmt.Errorf("admin apply: %s: %w", *file, err)
	}
	description.Dir = filepath.Dir(*file)
	cfg, err := config.Load(*configFile, e.environ)
	if err != nil {
		return err
	}
	a, err := app.New(ctx, cfg, app.Options{Log: newLog(cfg, e.stderr)})
	if err != nil {
		return err
	}
	result, err := a.Provision.Apply(ctx, description)
	if err := errors.Join(err, a.Close()); err != nil {
		return fmt.Errorf("admin apply: nothing was changed: %w", err)
	}
	return report(e.stdout, result)
}

// report prints what exists now, and once the secrets that were made.
func report(w io.Writer, r provision.Result) error {
	for _, m := range r.Merchants {
		lines := []string{fmt.Sprintf("merchant %s  appid=%s", m.Slug, m.AppID)}
		if m.Created {
			lines = append(lines, "  app_secret="+m.AppSecret, "  app_key="+m.AppKey, "  webhook_secret="+m.WebhookSecret)
		}
		for _, machine := range m.Machines {
			line := fmt.Sprintf("  machine %s  machine_id=%d", machine.MachineNo, machine.ID)
			if machine.Password != "" {
				line += "  password=" + machine.Password
			}
			lines = append(lines, line)
		}
		if m.Created {
			lines = append(lines, "  These secrets are shown once: keep them now.")
		}
		for _, line := range lines {
			if _, err := fmt.Fprintln(w, line); err != nil {
				return err
			}
		}
	}
	return nil
}
