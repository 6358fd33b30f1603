package machineapi

import (
	"testing"
)

// BenchmarkHeartbeat is a signed heartbeat until it is stored, 256 at a time.
func BenchmarkHeartbeat(b *testing.B) {
	f := newFixture(b, Config{})
	stop := f.runLog()
	defer stop()
	m := f.message(body(b, f.heartbeat(nil), appKey))
	b.SetParallelism(128)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := f.handler.OnMessage(f.ctx, m); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
