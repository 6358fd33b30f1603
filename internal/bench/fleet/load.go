package fleet

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// connectAtOnce is how many machines of a starting fleet connect at a time.
	connectAtOnce = 256
	// connectPatience bounds the connecting of a fleet, retries included.
	connectPatience = 2 * time.Minute
	// retryAfter is the pause of a machine that was turned away.
	retryAfter = 100 * time.Millisecond
)

// connect connects machines, atOnce of them at a time, and returns the time
// until the last one is subscribed. Those that are turned away try again.
func (s *swarm) connect(ctx context.Context, machines []*machine, atOnce int) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, connectPatience)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	began := time.Now()
	for _, m := range machines {
		group.Go(func() error { return keepConnecting(ctx, m) })
	}
	err := group.Wait()
	return time.Since(began), err
}

func keepConnecting(ctx context.Context, m *machine) error {
	for {
		err := m.connect(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(retryAfter):
		case <-ctx.Done():
			return fmt.Errorf("machine %s: %w", m.no, err)
		}
	}
}

// flood publishes heartbeats of all machines at a rate and returns how many
// went out. It sends fewer when the other end does not take them.
func (s *swarm) flood(ctx context.Context, rate int, period time.Duration) (int, error) {
	const (
		writers = 4
		// Machines know nothing of each other, so the fewer at once the better.
		pause = time.Millisecond
	)
	var sent atomic.Int64
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	for w := range writers {
		group.Go(func() error {
			tick := time.NewTicker(pause)
			defer tick.Stop()
			for n, next := 0, w; ; {
				passed := min(time.Since(began), period)
				for due := int(passed.Seconds() * float64(rate) / writers); n < due && time.Since(began) < period+pause; n++ {
					if err := s.machines[next%len(s.machines)].beatOnce(); err != nil {
						return fmt.Errorf("publish heartbeat: %w", err)
					}
					sent.Add(1)
					next += writers
				}
				if passed >= period {
					return nil
				}
				select {
				case <-tick.C:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
		})
	}
	err := group.Wait()
	return int(sent.Load()), err
}

// until asks again and again until ok, or gives up after patience.
func until(ctx context.Context, what string, ok func() (bool, error)) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		done, err := ok()
		if err != nil || done {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("waited in vain for %s: %w", what, ctx.Err())
		}
	}
}
