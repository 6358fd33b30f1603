package fleet

import (
	"context"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
	"golang.org/x/sync/errgroup"
)

// patience is how long an answer may take after the last command went out.
const patience = 10 * time.Second

// flights are commands on their way: one for a machine at a time.
type flights struct {
	mu    sync.Mutex
	began map[string]time.Time // by machine number
	took  []time.Duration
	over  chan struct{} // closed when nothing is on its way; nil while nobody waits
}

func newFlights() *flights { return &flights{began: map[string]time.Time{}} }

// landed notes the answer of a machine. One that was not expected is ignored.
func (f *flights) landed(machineNo string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	began, ok := f.began[machineNo]
	if !ok {
		return
	}
	f.took = append(f.took, time.Since(began))
	delete(f.began, machineNo)
	if len(f.began) == 0 && f.over != nil {
		close(f.over)
		f.over = nil
	}
}

// wait waits for the answers on their way and returns the round trips, and how
// many machines did not answer.
func (f *flights) wait(ctx context.Context) (took []time.Duration, lost int) {
	f.mu.Lock()
	over := make(chan struct{})
	if len(f.began) == 0 {
		close(over)
	} else {
		f.over = over
	}
	f.mu.Unlock()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-over:
	case <-timer.C:
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	took, lost = f.took, len(f.began)
	f.began, f.took, f.over = map[string]time.Time{}, nil, nil
	return took, lost
}

// sender sends command number i to a machine. Its error shows as a machine that
// did not answer.
type sender func(ctx context.Context, i int, machineNo string) error

// send sends a command, whose round trip begins now.
func (f *flights) send(ctx context.Context, i int, machineNo string, send sender) {
	f.mu.Lock()
	f.began[machineNo] = time.Now()
	f.mu.Unlock()
	_ = send(ctx, i, machineNo)
}

// pace commands machine after machine at a steady rate.
func (f *flights) pace(ctx context.Context, q request, send sender) response {
	var sends sync.WaitGroup
	defer sends.Wait() // also when ctx ends
	tick := time.NewTicker(time.Second / time.Duration(q.Rate))
	defer tick.Stop()
	for i := range commandCount(q) {
		sends.Go(func() {
			f.send(ctx, i, machineNo(i%q.N), send)
		})
		select {
		case <-tick.C:
		case <-ctx.Done():
			return response{}
		}
	}
	sends.Wait()
	took, lost := f.wait(ctx)
	return response{Count: len(took), P50: bench.Percentile(took, 0.5), P99: bench.Percentile(took, 0.99), Lost: lost}
}

// commandCount is how many commands a request asks for.
func commandCount(q request) int { return int(q.Period.Seconds() * float64(q.Rate)) }

// reach sends every machine a command and returns how many did not answer.
func (f *flights) reach(ctx context.Context, q request, send sender) response {
	const atOnce = 64
	var sends errgroup.Group
	sends.SetLimit(atOnce)
	for i := range q.N {
		sends.Go(func() error {
			f.send(ctx, i, machineNo(i), send)
			return nil
		})
	}
	_ = sends.Wait()
	_, lost := f.wait(ctx)
	return response{Count: lost}
}
