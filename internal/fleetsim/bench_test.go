package fleetsim

import (
	"context"
	"log/slog"
	"net"
	"runtime"
	"testing"

	"github.com/vendlane/vendlane/internal/devicegw"
)

// welcoming is a server that takes everybody and everything.
type welcoming struct{ ready chan struct{} }

func (welcoming) Authenticate(_ context.Context, c devicegw.Credentials) (devicegw.Identity, error) {
	return devicegw.Identity{MachineNo: c.ClientID}, nil
}
func (welcoming) CheckWill(context.Context, devicegw.Message) error            { return nil }
func (welcoming) Connecting(context.Context, devicegw.Identity) (int64, error) { return 1, nil }
func (welcoming) OnMessage(context.Context, devicegw.Message) error            { return nil }
func (welcoming) OnConnState(context.Context, devicegw.ConnState)              {}
func (w welcoming) OnReady(context.Context, string, int64)                     { w.ready <- struct{}{} }

// BenchmarkIdleMachines measures the memory of 1,000 connected machines that do
// nothing, the server's ends in the same process included.
func BenchmarkIdleMachines(b *testing.B) {
	const machines = 1000
	for b.Loop() {
		w := welcoming{make(chan struct{}, machines)}
		gateway := devicegw.New(devicegw.Config{}, w, slog.New(slog.DiscardHandler))
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		served := make(chan error, 1)
		go func() { served <- gateway.Serve(context.WithoutCancel(b.Context()), listener) }()
		ids, err := Count(Identity{MachineNo: firstNo, Password: "secret", AppKey: appKey}, machines)
		if err != nil {
			b.Fatal(err)
		}
		before := inUse()
		goroutines := runtime.NumGoroutine()
		f, err := Start(b.Context(), Options{Server: "tcp://" + listener.Addr().String(), Machines: ids, Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		for range machines {
			<-w.ready
		}
		b.ReportMetric(float64(inUse()-before)/machines, "B/machine")
		b.ReportMetric(float64(runtime.NumGoroutine()-goroutines)/machines, "goroutines/machine")
		f.Stop()
		if err := gateway.Shutdown(context.WithoutCancel(b.Context())); err != nil {
			b.Fatal(err)
		}
		<-served
	}
}

// inUse is the memory of heap and stacks.
func inUse() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
