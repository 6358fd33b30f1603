package redeem

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/pgserver"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

// Every row is there, with a value for each side that has one; the run itself
// compares the database with what was answered. Nothing is left behind.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	require.Binary(t, filepath.Join(pgserver.Folder(), "pgbench"))
	o := reachable(t, quick(t))
	r, err := Embedded(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, r, []row{
		{"8 connections", true},
		{"256 connections", true},
		{"8 connections", true},
		{"8 connections", true},
		{"8 connections, p50", false},
		{"8 connections, p99", false},
		{"at half of that rate, p99", false},
		{"256 connections, p50", false},
		{"256 connections, p99", false},
		{"1000 codes beside 10", true},
	})
	if ratio, ok := EmbeddedRatio(r); !ok || ratio <= 0 {
		t.Errorf("ratio %v, %v", ratio, ok)
	}
	if left, err := os.ReadDir(o.Folder); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// The store alone has its figures, and no ratio.
func TestStoreAlone(t *testing.T) {
	t.Parallel()
	o := quick(t)
	o.Only, o.Many = []string{"store"}, 0
	r, err := Embedded(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if f := r.Figures[0]; f.Vendlane.Median() <= 0 || len(f.Baseline) > 0 {
		t.Errorf("%+v", f)
	}
	if _, ok := EmbeddedRatio(r); ok {
		t.Error("a ratio to what was not measured")
	}
}

// A program that ends before it is ready is an error with its last words.
func TestNeverReady(t *testing.T) {
	t.Parallel()
	o := quick(t)
	o.Only, o.Many, o.Command = []string{"start"}, 0, []string{"sh", "-c", "echo no such setting >&2; exit 1"}
	if _, err := Embedded(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no such setting") {
		t.Errorf("error %v", err)
	}
}

// Requests with a rate are due at equal distances, and no more after the period.
func TestPace(t *testing.T) {
	began := time.Now().Add(-time.Minute)
	p := pace{began: began, end: began.Add(time.Second), first: 7, rate: 10}
	for i, want := range map[int64]time.Duration{7: 0, 12: 500 * time.Millisecond, 16: 900 * time.Millisecond} {
		if due, ok := p.await(t.Context(), i); !ok || due.Sub(began) != want {
			t.Errorf("request %d: %v, %v, want %v", i, due.Sub(began), ok, want)
		}
	}
	if _, ok := p.await(t.Context(), 17); ok {
		t.Error("a request after the end")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	p.began, p.end = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
	if _, ok := p.await(ended, 7); ok {
		t.Error("a request after an interruption")
	}
}

type row struct {
	name     string
	baseline bool
}

// expect holds the figures of a report against what there should be.
func expect(t *testing.T, r *bench.Report, rows []row) {
	t.Helper()
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
	var table strings.Builder
	if err := r.Print(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
}
