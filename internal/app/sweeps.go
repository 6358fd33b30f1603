package app

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// sweep runs the periodic work of openapi.md §6.6 until ctx ends. Each sweep
// looks at due times in the store, so what fell due while the process was down
// is done at start. Of several nodes one does it for all.
func (a *App) sweep(ctx context.Context) {
	var wg sync.WaitGroup
	for _, s := range a.sweeps() {
		wg.Go(func() {
			ticker := time.NewTicker(s.every)
			defer ticker.Stop()
			for {
				mine, err := a.myTurn(ctx, s.name, s.every)
				if mine {
					err = s.run(ctx)
				}
				if err != nil && ctx.Err() == nil {
					a.log.Error("sweep failed; it runs again", "sweep", s.name, "error", err)
				}
				select {
				case <-ctx.Done():
					return
				case <-ticker.C:
				}
			}
		})
	}
	wg.Wait()
}

// periodic is a work that is done again and again.
type periodic struct {
	name  string
	every time.Duration
	run   func(context.Context) error
}

func (a *App) sweeps() []periodic {
	return []periodic{
		{"unpaid orders", 15 * time.Second, a.ordering.ExpireSweep},
		{"delivery time-outs", 5 * time.Second, a.Dispense.TimeoutSweep},
		{"silent machines", time.Minute, a.Fleet.SilentSweep},
		{"offline alerts", 10 * time.Second, a.Fleet.OfflineAlertSweep},
		{"expired codes", time.Minute, a.pickup.ExpireSweep},
		{"old commands", time.Hour, a.commands.Sweep},
		{"old machine log", time.Hour, a.MachineLog.Sweep},
		{"old machine jobs", time.Hour, a.jobs.Sweep},
		{"old requests", time.Minute, a.sweepRequests},
		{"old callbacks", time.Hour, a.callbacks.Sweep},
		{"watched alerts", 20 * time.Second, a.alertWatch.Sweep},
		{"old alert messages", time.Hour, a.alertPost.Sweep},
		{"old sessions", time.Hour, a.Account.Sweep},
		{"old changes", 10 * time.Minute, a.changes.Sweep},
	}
}

// CatchUp does what has fallen due by the clock: every sweep, and what waits for
// machines and notify_urls. It leads a platform through a past, instead of Run.
func (a *App) CatchUp(ctx context.Context) error {
	for _, s := range a.sweeps() {
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return a.SendDue(ctx)
}

// SendDue is the part of CatchUp that sends.
func (a *App) SendDue(ctx context.Context) error {
	return errors.Join(a.commands.SendDue(ctx), a.callbacks.SendDue(ctx))
}

func (a *App) sweepRequests(ctx context.Context) error {
	if a.Requests == nil {
		return nil
	}
	return a.Requests.Sweep(ctx)
}
