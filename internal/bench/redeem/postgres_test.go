package redeem

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/pgserver"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/testkit/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quick(t *testing.T) Options {
	t.Helper()
	return Options{
		Turns:  bench.Turns{Rounds: 1, Period: time.Second, Quick: true, Progress: t.Output()},
		Folder: t.TempDir(), Connections: 8, Many: 1000,
	}
}

// reachable opens the folder of the databases to PostgreSQL's own user.
func reachable(t *testing.T, o Options) Options {
	t.Helper()
	for _, folder := range []string{o.Folder, filepath.Dir(o.Folder)} {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// Every row is there, with a value for each side that has one; the run itself
// compares the database with what was answered. Nothing is left behind.
func TestPostgres(t *testing.T) {
	t.Parallel()
	require.Binary(t, filepath.Join(pgserver.Folder(), "postgres"))
	require.Binary(t, filepath.Join(pgserver.Folder(), "pgbench"))
	require.Binary(t, "haproxy")
	o := reachable(t, quick(t))
	r, err := Postgres(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, r, []row{
		{"portable path, one node", true},
		{"as a set, one node", true},
		{"as a set, 3 nodes", true},
		{"as a set, one node behind HAProxy", true},
		{"as a set, 3 nodes behind HAProxy", true},
		{"portable path, one node, p50", false},
		{"portable path, one node, p99", false},
		{"as a set, one node, p50", false},
		{"as a set, one node, p99", false},
		{"as a set, 3 nodes, p50", false},
		{"as a set, 3 nodes, p99", false},
		{"as a set, one node behind HAProxy, p50", false},
		{"as a set, one node behind HAProxy, p99", false},
		{"as a set, 3 nodes behind HAProxy, p50", false},
		{"as a set, 3 nodes behind HAProxy, p99", false},
	})
	if ratio, ok := PostgresRatio(r); !ok || ratio <= 0 {
		t.Errorf("ratio %v, %v", ratio, ok)
	}
	if left, err := os.ReadDir(o.Folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// Without HAProxy the report says what is missing. Who asked for it gets an error.
func TestWithoutHAProxy(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r := &run{Options: quick(t), report: &bench.Report{}}
	for _, a := range r.wanted() {
		if a.balanced {
			t.Errorf("%s is to be measured", a.title)
		}
	}
	if notes := strings.Join(r.report.Notes, "\n"); strings.Count(notes, "HAProxy is not installed") != 2 {
		t.Errorf("notes %q", notes)
	}
	r.Only = []string{"nodes-haproxy"}
	if wanted := r.wanted(); len(wanted) != 1 || wanted[0].name != "nodes-haproxy" {
		t.Errorf("%+v are to be measured", wanted)
	}
	r.folder = t.TempDir()
	if _, err := startBalancer(t.Context(), r, []string{"127.0.0.1:1"}); err == nil || !strings.Contains(err.Error(), "haproxy") {
		t.Errorf("error %v", err)
	}
}

func TestBadOptions(t *testing.T) {
	require.Binary(t, filepath.Join(pgserver.Folder(), "pgbench"))
	for name, test := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no connection": {func(o *Options) { o.Connections = 0 }, "at least"},
		"no round":      {func(o *Options) { o.Rounds = 0 }, "at least"},
		"no time":       {func(o *Options) { o.Period = 0 }, "at least"},
		"unknown side":  {func(o *Options) { o.Only = []string{"mysql"} }, "mysql"},
		"no such server": {func(o *Options) {
			o.DSN = "host=/nonexistent user=x dbname=x"
		}, "connect"},
		"no such folder": {func(o *Options) { o.Folder = "/nonexistent" }, "folder"},
	} {
		o := quick(t)
		test.change(&o)
		if _, err := Postgres(t.Context(), o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// A lost or doubled redemption is noticed.
func TestVerify(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	dsn := testkit.NewPostgresServer(t).DSN()
	box, err := secrets.NewBox(newKey(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := fillPostgres(ctx, dsn, box, 2, 4); err != nil {
		t.Fatal(err)
	}
	n, err := startPostgresNode(ctx, dsn, &run{Options: quick(t), box: box}, false)
	if err != nil {
		t.Fatal(err)
	}
	requests, err := prepare(4, 2, 2, func(i int) int { return i })
	if err != nil {
		t.Fatal(err)
	}
	out, err := requests.run(ctx, []string{n.server.Addr}, 2, time.Minute, 0)
	if err := n.close(ctx); err != nil {
		t.Error(err)
	}
	if err != nil || len(out.acknowledged) != 4 {
		t.Fatalf("%+v, %v", out, err)
	}
	if err := verifyPostgres(ctx, dsn, 4, out.acknowledged); err != nil {
		t.Error(err)
	}
	if err := verifyPostgres(ctx, dsn, 4, []int64{1, 2, 3, 5}); err == nil {
		t.Error("an order of another code was taken for an acknowledged one")
	}
	if err := verifyPostgres(ctx, dsn, 3, nil); err == nil {
		t.Error("a redemption too much was not noticed")
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "UPDATE products SET current_inventory = current_inventory - 1 WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	if err := verifyPostgres(ctx, dsn, 4, out.acknowledged); err == nil {
		t.Error("a piece too few was not noticed")
	}
}
