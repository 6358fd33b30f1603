package pickup_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// One redemption after the other, each with a durable commit of its own.
func BenchmarkConsume(b *testing.B) { benchmarkConsume(b, 1, sqlite.Options{}) }

// 256 callers who share durable commits.
func BenchmarkConsume256(b *testing.B) { benchmarkConsume(b, 256, sqlite.Options{}) }

// 256 callers and a durable commit for each: what grouping is measured against.
func BenchmarkConsume256Ungrouped(b *testing.B) {
	benchmarkConsume(b, 256, sqlite.Options{MaxGroup: 1})
}

func benchmarkConsume(b *testing.B, callers int, opts sqlite.Options) {
	f := newBenchFixture(b, opts)
	b.ReportAllocs()
	b.ResetTimer()
	var next, failed atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for {
				i := next.Add(1) - 1
				if i >= int64(b.N) {
					return
				}
				if _, err := f.Consume(context.Background(), fmt.Sprint(1_000_000_000+i), 131, fmt.Sprintf("%032x", i)); err != nil {
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "redemptions/s")
	if n := failed.Load(); n > 0 {
		b.Errorf("%d of %d redemptions failed", n, b.N)
	}
}

// newBenchFixture has b.N codes and a stock that does not end, in a file on a
// real disk: temporary folders may be memory, where a durable commit costs
// nothing.
func newBenchFixture(b *testing.B, opts sqlite.Options) *storetest.Fixture {
	b.Helper()
	parent := os.Getenv("VENDLANE_BENCH_DIR")
	if parent == "" {
		parent = "."
	}
	dir, err := os.MkdirTemp(parent, "bench.tmp")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { os.RemoveAll(dir) })
	file := filepath.Join(dir, "vendlane.db")
	f := storetest.NewFixture(b, func(t testing.TB) store.Engine {
		engine, err := sqlite.Open(t.Context(), file, opts)
		if err != nil {
			t.Fatal(err)
		}
		return engine
	})
	raw, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?_pragma=busy_timeout(10000)")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { raw.Close() })
	for _, query := range []string{
		"UPDATE products SET inventory = 1000000000, current_inventory = 1000000000 WHERE id = 131",
		fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < %d)
			INSERT INTO pickup_codes (machine_id, product_id, code, quantity, state, created_at, expired_at, finished_at, order_id, trade_id)
			SELECT %d, 131, CAST(1000000000 + i AS TEXT), 1, 'UNUSED', 1714353655000, 0, 0, 0, '' FROM n`, b.N, f.Machine.ID),
	} {
		if _, err := raw.Exec(query); err != nil {
			b.Fatal(err)
		}
	}
	return f
}
