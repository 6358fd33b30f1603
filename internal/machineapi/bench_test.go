package machineapi

import (
	"errors"
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
		answers := make(chan error, 1)
		m := m
		m.Later = func() func(error) { return func(err error) { answers <- err } }
		for pb.Next() {
			if err := errors.Join(f.handler.OnMessage(f.ctx, m), <-answers); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
