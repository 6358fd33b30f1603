package redeem

import (
	"os"
	"testing"
	"time"
)

// BenchmarkEmbedded is what `vendlane bench redeem` measures of the embedded
// store, for a profile: clients, HTTP, the whole handler, request log, SQLite.
func BenchmarkEmbedded(b *testing.B) {
	folder := os.Getenv("VENDLANE_BENCH_DIR") // on a real disk; temporary folders may be memory
	if folder == "" {
		folder = "."
	}
	o := Options{Folder: folder, Connections: 64}
	o.Rounds, o.Period, o.Progress = 1, time.Hour, b.Output()
	r, err := newRun(o, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := r.close(b.Context()); err != nil {
			b.Error(err)
		}
	}()
	err = r.onCopy(b.Context(), b.N, func(addr string) ([]int64, error) {
		requests, err := r.load(b.N)
		if err != nil {
			return nil, err
		}
		b.ReportAllocs()
		b.ResetTimer()
		out, err := requests.run(b.Context(), []string{addr}, r.Connections, r.Period, 0)
		b.StopTimer()
		b.ReportMetric(out.rate(), "redemptions/s")
		return out.acknowledged, err
	})
	if err != nil {
		b.Fatal(err)
	}
}
