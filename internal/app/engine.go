package app

import (
	"context"
	"crypto/rand"
	"log/slog"
	"path/filepath"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/store/schema"
	"github.com/vendlane/vendlane/internal/store/sqlite"
)

// openEngine opens the database of store.dsn, or the file in the data folder,
// and brings its schema up to date.
func openEngine(ctx context.Context, cfg config.Config, unsynced bool) (store.Engine, error) {
	if cfg.Store.DSN != "" {
		return postgres.Open(ctx, cfg.Store.DSN, postgres.Options{MaxConns: cfg.Store.MaxConnections})
	}
	return sqlite.Open(ctx, filepath.Join(cfg.Data, databaseFile), sqlite.Options{MaxGroup: cfg.Store.MaxGroup, Unsynced: unsynced})
}

// Migrate brings the database to the newest schema, as New does. It refuses one
// that is newer than this program.
func Migrate(ctx context.Context, cfg config.Config) error {
	if err := prepareData(cfg.Data); err != nil {
		return err
	}
	if cfg.Store.DSN == "" {
		// The key belongs to the file: a file without one counts as a loss.
		if _, err := masterKey(cfg, rand.Reader, slog.New(slog.DiscardHandler)); err != nil {
			return err
		}
	}
	engine, err := openEngine(ctx, cfg, false)
	if err != nil {
		return err
	}
	return engine.Close()
}

// SchemaStatus tells how far the database is. It migrates nothing.
func SchemaStatus(ctx context.Context, cfg config.Config) (schema.Status, error) {
	if cfg.Store.DSN != "" {
		return postgres.SchemaStatus(ctx, cfg.Store.DSN)
	}
	return sqlite.SchemaStatus(ctx, filepath.Join(cfg.Data, databaseFile))
}
