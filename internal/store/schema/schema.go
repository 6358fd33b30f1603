// Package schema brings a database to the tables this program works with, and
// tells how far it is. Both engines use it on their own migrations.
package schema

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Schema is the migrations of an engine in front of a database.
type Schema struct{ provider *goose.Provider }

// Status tells how far a database is: its version (0 when it is empty) and the
// newest this program knows.
type Status struct{ Version, Newest int64 }

// New reads the migrations in the folder `migrations` of files. The caller
// closes pool.
func New(dialect goose.Dialect, pool *sql.DB, files embed.FS, opts ...goose.ProviderOption) (*Schema, error) {
	folder, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, err
	}
	provider, err := goose.NewProvider(dialect, pool, folder, opts...)
	if err != nil {
		return nil, fmt.Errorf("load migrations: %w", err)
	}
	return &Schema{provider}, nil
}

// Status reads how far the database is.
func (s *Schema) Status(ctx context.Context) (Status, error) {
	version, err := s.provider.GetDBVersion(ctx)
	if err != nil {
		return Status{}, fmt.Errorf("read schema version: %w", err)
	}
	sources := s.provider.ListSources()
	return Status{Version: version, Newest: sources[len(sources)-1].Version}, nil
}

// Up brings the database to the newest version. It refuses one whose schema is
// newer than this program.
func (s *Schema) Up(ctx context.Context) error {
	status, err := s.Status(ctx)
	if err != nil {
		return err
	}
	if status.Version > status.Newest {
		return fmt.Errorf("the database has schema version %d, this program knows versions up to %d: use a newer program",
			status.Version, status.Newest)
	}
	if _, err := s.provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate schema: %w", err)
	}
	return nil
}
