package machineapi

import (
	"testing"
)

// BenchmarkHeartbeat is a signed heartbeat until it is stored, 128 together.
func BenchmarkHeartbeat(b *testing.B) {
	const together = 128
	f := newFixture(b, Config{})
	stop := f.runLog()
	defer stop()
	f.handler.beats.Put(beat{}) // so that they are taken below
	f.handler.beats.Take(1)
	m := f.message(body(b, f.heartbeat(nil), appKey))
	m.Later = func() func(error) {
		return func(err error) {
			if err != nil {
				b.Error(err)
			}
		}
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		f.check(f.handler.OnMessage(f.ctx, m))
		if (i+1)%together == 0 || i+1 == b.N {
			f.handler.takeTogether(f.ctx, f.handler.beats.Take(together))
		}
	}
}
