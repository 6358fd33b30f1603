// Package testkit holds what tests of several packages build on.
package testkit

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/store/sqlite"
)

// engineEnv is the environment variable that names the engine under the tests
// of use cases and adapters: sqlite (the default) or postgres.
const engineEnv = "VENDLANE_TEST_ENGINE"

// Database is one test's own, empty database of the engine under test. It may
// be opened more than once, as by a restart.
type Database struct {
	driver string // of database/sql
	dsn    string
	open   func(t testing.TB) store.Engine
}

// NewDatabase makes a database of the engine that engineEnv names. The test is
// skipped if that engine is missing on this machine.
func NewDatabase(t testing.TB) *Database {
	t.Helper()
	switch engine := os.Getenv(engineEnv); engine {
	case "", "sqlite":
		return newSQLite(t)
	case "postgres":
		return NewPostgres(t)
	default:
		t.Fatalf("%s is %q, want sqlite or postgres", engineEnv, engine)
		return nil
	}
}

// newSQLite makes a SQLite database.
func newSQLite(t testing.TB) *Database {
	t.Helper()
	file := SQLiteFile(t)
	return &Database{
		driver: "sqlite",
		dsn:    "file:" + (&url.URL{Path: file}).EscapedPath() + "?_pragma=busy_timeout(10000)",
		open: func(t testing.TB) store.Engine {
			t.Helper()
			engine, err := sqlite.Open(t.Context(), file, sqlite.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return engine
		},
	}
}

// SQLiteFile makes a SQLite database without rows for one test and returns its
// path. It is a copy of one that was migrated once: under the race detector the
// migrations take most of a second.
func SQLiteFile(t testing.TB) string {
	t.Helper()
	content, err := migratedSQLite()
	if err != nil {
		t.Fatalf("make a SQLite database: %v", err)
	}
	file := filepath.Join(t.TempDir(), "vendlane.db")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

var migratedSQLite = sync.OnceValues(func() (content []byte, err error) {
	dir, err := os.MkdirTemp("", "vendlane-sqlite-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	file := filepath.Join(dir, "vendlane.db")
	engine, err := sqlite.Open(context.Background(), file, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	if err := engine.Close(); err != nil { // what is in the log goes into the file
		return nil, err
	}
	return os.ReadFile(file)
})

// NewPostgres makes a PostgreSQL database on the server that postgresEnv describes.
func NewPostgres(t testing.TB) *Database {
	t.Helper()
	dsn := newPostgresDatabase(t)
	return &Database{
		driver: "pgx",
		dsn:    dsn,
		open: func(t testing.TB) store.Engine {
			t.Helper()
			engine, err := postgres.Open(t.Context(), dsn, postgres.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return engine
		},
	}
}

// Open opens an engine on the database; the test closes it.
func (d *Database) Open(t testing.TB) store.Engine {
	t.Helper()
	return d.open(t)
}

// DSN is what the database's engine is opened with: for PostgreSQL.
func (d *Database) DSN() string { return d.dsn }

// SQL opens a connection that reads and writes past the store.
func (d *Database) SQL(t testing.TB) *sql.DB {
	t.Helper()
	raw, err := sql.Open(d.driver, d.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	return raw
}
