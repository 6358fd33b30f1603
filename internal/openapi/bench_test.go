package openapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/signature"
)

// benchDir makes a folder for a database on a real disk: temporary folders
// may be memory, where a durable commit costs nothing.
func benchDir(b *testing.B) string {
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
	return dir
}

// redeemable returns n signed requests, each with a code of its own, and puts
// the codes into the database.
func (a *api) redeemable(b *testing.B, n int) []*http.Request {
	b.Helper()
	a.exec(b, "UPDATE products SET inventory = 1000000000, current_inventory = 1000000000 WHERE id = 131")
	a.exec(b, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1)
		INSERT INTO pickup_codes (machine_id, product_id, code, quantity, state, created_at, expired_at, finished_at, order_id, trade_id)
		SELECT 1, 131, CAST(1000000000 + i AS TEXT), 1, 'UNUSED', 1714353655000, 0, 0, 0, '' FROM n`, max(n, 1))
	requests := make([]*http.Request, n)
	for i := range requests {
		text := consumption.with("code", fmt.Sprint(1000000000+i), "trade_id", fmt.Sprintf("%032x", i)).text(b, a.Now())
		requests[i] = a.request(b, call{verb: "POST", path: "/consumes", body: envelope(sign(b, text, shop.key, signature.Raw)), by: shop})
	}
	return requests
}

func newBenchAPI(b *testing.B) *api {
	b.Helper()
	return newAPIAt(b, filepath.Join(benchDir(b), "vendlane.db"))
}

// The whole handler of a redemption, one caller.
func BenchmarkConsumeHandler(b *testing.B) { benchmarkConsume(b, 1) }

// The same with 256 callers, whose redemptions share durable commits.
func BenchmarkConsumeHandlerParallel256(b *testing.B) { benchmarkConsume(b, 256) }

func benchmarkConsume(b *testing.B, callers int) {
	a := newBenchAPI(b)
	requests := a.redeemable(b, b.N)
	var next, failed atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(requests) {
					return
				}
				w := httptest.NewRecorder()
				a.server.ServeHTTP(w, requests[i])
				if w.Code != http.StatusOK || w.Body.Bytes()[8] != '0' {
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

// Authentication and envelope alone: the cost that every request has.
func BenchmarkPing(b *testing.B) {
	a := newBenchAPI(b)
	r := httptest.NewRequest(http.MethodPost, openapi.Prefix+"/ping", nil)
	r.Header.Set("Appid", shop.appID)
	r.Header.Set("AppSecret", shop.secret)
	b.ReportAllocs()
	for b.Loop() {
		w := httptest.NewRecorder()
		a.server.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			b.Fatal(w.Body)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
}

// The shop window of a machine with 90 channels: a page of ten, and everything
// at once.
func BenchmarkProducts(b *testing.B) {
	for name, payload := range map[string]fields{
		"Page": {"machine_no": "16327129"},
		"All":  {"machine_no": "16327129", "select_all": "1"},
	} {
		b.Run(name, func(b *testing.B) {
			a := newBenchAPI(b)
			a.apply(b, func(m *provision.Merchant) {
				first := &m.Machines[0]
				for motor := int64(12); motor < 90; motor++ {
					first.Planogram = append(first.Planogram, provision.Channel{
						ProductID: 300 + motor, Motor: motor, Good: "cola", Capacity: 10, Stock: 10,
					})
				}
			})
			body := envelope(sign(b, payload.text(b, a.Now()), shop.key, signature.Raw))
			b.ReportAllocs()
			for b.Loop() {
				got := a.do(b, call{verb: http.MethodPost, path: "/products", body: body, by: shop})
				if got.status != http.StatusOK || !strings.Contains(got.body, `"total":90`) {
					b.Fatal(got.body)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
		})
	}
}
