package main

import (
	"bytes"
	"database/sql"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit"
)

// migrate tells how far a database is, brings it up to date and refuses one
// that is newer, on both engines; so does serve.
func TestMigrate(t *testing.T) {
	data := t.TempDir()
	t.Run("sqlite", func(t *testing.T) {
		if _, err := tryMigrate(t, nil, "migrate", "status"); err == nil {
			t.Error("a database that does not exist has a status")
		}
		raw, err := sql.Open("sqlite", filepath.Join(data, "vendlane.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		testMigrate(t, raw, []string{"VENDLANE_DATA=" + data})
	})
	t.Run("postgres", func(t *testing.T) {
		database := testkit.NewPostgres(t)
		testMigrate(t, database.SQL(t), []string{
			"VENDLANE_DATA=" + data, "VENDLANE_STORE_DSN=" + database.DSN(),
			"VENDLANE_SECRETS_MASTER_KEY=" + strings.Repeat("ab", 32),
		})
	})
}

func testMigrate(t *testing.T, raw *sql.DB, environ []string) {
	t.Helper()
	for range 2 {
		if out, err := tryMigrate(t, environ, "migrate", "up"); err != nil || !strings.Contains(out, "up to date") {
			t.Fatalf("migrate up: %q, %v", out, err)
		}
	}
	if _, err := raw.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)"); err != nil {
		t.Fatal(err)
	}
	if out, err := tryMigrate(t, environ, "migrate", "status"); err != nil || !strings.Contains(out, "schema version 99999: newer") {
		t.Errorf("status of a newer schema: %q, %v", out, err)
	}
	for _, args := range [][]string{{"migrate", "up"}, {"serve"}} {
		if _, err := tryMigrate(t, environ, args...); err == nil || !strings.Contains(err.Error(), "newer program") {
			t.Errorf("%s on a newer schema: %v", args, err)
		}
	}
}

func tryMigrate(t *testing.T, environ []string, args ...string) (string, error) {
	t.Helper()
	if environ == nil {
		environ = []string{"VENDLANE_DATA=" + t.TempDir()}
	}
	var out bytes.Buffer
	err := run(t.Context(), env{stdout: &out, stderr: io.Discard, environ: environ}, args)
	return out.String(), err
}
