package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit"
)

// From the data folder of one node to a node on PostgreSQL, with the same key.
func TestCopyToPostgres(t *testing.T) {
	d := newDesk(t)
	data := strings.TrimPrefix(d.environ[0], "VENDLANE_DATA=")
	target := testkit.NewPostgres(t)
	said, err := adminRun(t, data, "copy", "--from", "sqlite:"+filepath.Join(data, "vendlane.db"), "--to", asURL(target.DSN()))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"TABLE", "machines", "rows copied, everything compared", "secrets.master_key", filepath.Join(data, "master.key")} {
		if !strings.Contains(said, want) {
			t.Errorf("the report lacks %q:\n%s", want, said)
		}
	}
	key, err := os.ReadFile(filepath.Join(data, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	serveOn(t, t.TempDir(), "VENDLANE_STORE_DSN="+target.DSN(), "VENDLANE_SECRETS_MASTER_KEY="+strings.TrimSpace(string(key)))
}

// asURL writes a DSN as the flag wants it.
func asURL(dsn string) string {
	if strings.HasPrefix(dsn, "postgres") {
		return dsn
	}
	return "postgres:" + dsn
}

// A half copy keeps the platform from starting and is called by its name.
func TestServeRefusesHalfACopy(t *testing.T) {
	target := testkit.NewPostgres(t)
	if _, err := target.SQL(t).Exec("CREATE TABLE copy_progress (source TEXT NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"serve"}, {"migrate", "up"}} {
		e := env{io.Discard, io.Discard, []string{
			"VENDLANE_DATA=" + t.TempDir(), "VENDLANE_STORE_DSN=" + target.DSN(), "VENDLANE_SECRETS_MASTER_KEY=" + strings.Repeat("ab", 32),
		}}
		if err := run(t.Context(), e, args); err == nil || !strings.Contains(err.Error(), "unfinished copy") {
			t.Errorf("%s: %v", args, err)
		}
	}
}

func TestCopyFlags(t *testing.T) {
	for _, args := range [][]string{
		{}, {"--from", "sqlite:x"}, {"--to", "postgres://host/name"}, {"--from", "x.db", "--to", "postgres://host/name"},
		{"--from", "sqlite:", "--to", "postgres://host/name"}, {"--from", "sqlite:x", "--to", "postgres:"}, {"--from", "sqlite:x", "--to", "mysql://host/name"},
	} {
		if _, err := adminRun(t, t.TempDir(), append([]string{"copy"}, args...)...); err == nil || !strings.Contains(err.Error(), "wants -from sqlite:") {
			t.Errorf("%q: %v", args, err)
		}
	}
}
