package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"time"

	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/config"
)

// adminBackup writes the database to a new folder, also while `serve` runs.
func adminBackup(ctx context.Context, e env, args []string) error {
	fs := flag.NewFlagSet("vendlane admin backup", flag.ContinueOnError)
	to := fs.String("to", "", "new `folder` for the backup; to restore, use a copy of it as data folder")
	withData := fs.Bool("with-data", false, "add the pictures, and the master key if it lies in the data folder")
	configFile := fs.String("config", "", "YAML configuration `file` of the platform")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	if *to == "" {
		return errors.New("admin backup: -to names the folder to make")
	}
	cfg, err := config.Load(*configFile, e.environ)
	if err != nil {
		return err
	}
	start := time.Now()
	b, err := app.BackUp(ctx, cfg, *to, *withData)
	if errors.Is(err, app.ErrPostgres) {
		return fmt.Errorf("admin backup: %w (store.dsn): use `pg_dump --format=custom --file=vendlane.dump \"$VENDLANE_STORE_DSN\"`, "+
			"and `pg_restore --dbname=…` into an empty database to restore. Keep the master key and the pictures in %s as well", err, filepath.Join(cfg.Data, "storage"))
	}
	if err != nil {
		return fmt.Errorf("admin backup: nothing was kept: %w", err)
	}
	d := b.Database
	text := fmt.Sprintf("backup %s  %.1f s\n  database  %s, schema version %d, %d tables, %d rows, checked\n",
		filepath.Clean(*to), time.Since(start).Seconds(), megabytes(d.Size), d.SchemaVersion, d.Tables, d.Rows)
	if *withData {
		text += fmt.Sprintf("  pictures  %s, %d files\n", megabytes(b.PictureBytes), b.Pictures)
	} else {
		text += fmt.Sprintf("Not in it: the pictures in %s (-with-data adds them).\n", filepath.Join(cfg.Data, "storage"))
	}
	switch {
	case b.Key:
		text += "  master key: whoever has this folder can read every secret in it\n"
	case cfg.Secrets.MasterKey != "":
		text += "Not in it: the master key, secrets.master_key of the configuration. Without it the database is of no use: keep it elsewhere.\n"
	default:
		text += fmt.Sprintf("Not in it: the master key %s (-with-data adds it). Without it the database is of no use: keep it elsewhere.\n", filepath.Join(cfg.Data, "master.key"))
	}
	_, err = fmt.Fprint(e.stdout, text)
	return err
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
