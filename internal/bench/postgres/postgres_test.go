package postgres

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/vendlane/vendlane/internal/pgserver"
	"github.com/vendlane/vendlane/internal/testkit/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func quick(t *testing.T) Options {
	t.Helper()
	return Options{Folder: t.TempDir(), Connections: 8, Rounds: 1, Period: time.Second, Quick: true, Progress: t.Output()}
}

// Every row is there, with a value for each side that has one; the run itself
// compares the database with what was answered. Nothing is left behind.
func TestQuick(t *testing.T) {
	require.Binary(t, filepath.Join(pgserver.Folder(), "postgres"))
	require.Binary(t, filepath.Join(pgserver.Folder(), "pgbench"))
	o := quick(t)
	// PostgreSQL's own user has to get there.
	for _, folder := range []string{o.Folder, filepath.Dir(o.Folder)} {
		if err := os.Chmod(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		name     string
		baseline bool
	}{
		{"portable path, one node", true},
		{"as a set, one node", true},
		{"as a set, 3 nodes", true},
		{"portable path, one node, p50", false},
		{"portable path, one node, p99", false},
		{"as a set, one node, p50", false},
		{"as a set, one node, p99", false},
		{"as a set, 3 nodes, p50", false},
		{"as a set, 3 nodes, p99", false},
	}
	if len(r.Figures) != len(rows) {
		t.Errorf("%d figures, want %d", len(r.Figures), len(rows))
	}
	for i, want := range rows[:min(len(rows), len(r.Figures))] {
		f := r.Figures[i]
		if f.Name != want.name {
			t.Errorf("row %d is %q, want %q", i, f.Name, want.name)
		}
		if f.Vendlane.Median() <= 0 || len(f.Baseline) > 0 != want.baseline {
			t.Errorf("%s: Vendlane %v, baseline %v", f.Name, f.Vendlane, f.Baseline)
		}
	}
	if ratio, ok := Ratio(r); !ok || ratio <= 0 {
		t.Errorf("ratio %v, %v", ratio, ok)
	}
	if left, err := os.ReadDir(o.Folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	var table strings.Builder
	if err := r.Print(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
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
		if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// A lost or doubled redemption is noticed.
func TestVerify(t *testing.T) {
	require.Binary(t, filepath.Join(pgserver.Folder(), "postgres"))
	ctx := t.Context()
	s, err := startServer(ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
	}()
	box, err := newBox()
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(ctx, s.dsn, box, 2, 4); err != nil {
		t.Fatal(err)
	}
	n, err := startNode(ctx, s.dsn, box, false, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	requests, err := prepare(4, 2, 2)
	if err != nil {
		t.Fatal(err)
	}
	out, err := requests.run(ctx, []string{n.addr}, 2, time.Minute)
	if err := n.close(ctx); err != nil {
		t.Error(err)
	}
	if err != nil || len(out.acknowledged) != 4 {
		t.Fatalf("%+v, %v", out, err)
	}
	if err := verify(ctx, s.dsn, 4, out.acknowledged); err != nil {
		t.Error(err)
	}
	if err := verify(ctx, s.dsn, 4, []int64{1, 2, 3, 5}); err == nil {
		t.Error("an order of another code was taken for an acknowledged one")
	}
	if err := verify(ctx, s.dsn, 3, nil); err == nil {
		t.Error("a redemption too much was not noticed")
	}
	conn, err := pgx.Connect(ctx, s.dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "UPDATE products SET current_inventory = current_inventory - 1 WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	if err := verify(ctx, s.dsn, 4, out.acknowledged); err == nil {
		t.Error("a piece too few was not noticed")
	}
}
