// Package testkit holds what tests of several packages build on.
package testkit

import (
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
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
	file := filepath.Join(t.TempDir(), "vendlane.db")
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
