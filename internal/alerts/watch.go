package alerts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

const (
	// failures is how often a message to a notify_url fails before it is an alert.
	failures = 3
	// lately is how long ago a message may have been given up to be one.
	lately = 24 * time.Hour
	// justNow is how long ago a message may have been taken to end one. Sweeps are
	// far closer together.
	justNow = time.Hour
	// watchBatch bounds what one round closes.
	watchBatch = 500
)

// Watch opens and closes the alerts that no single change tells of.
type Watch struct {
	store *store.Store
	clock vending.Clock
	log   *slog.Logger
}

// NewWatch makes the watch.
func NewWatch(st *store.Store, clock vending.Clock, log *slog.Logger) *Watch {
	return &Watch{store: st, clock: clock, log: log}
}

// Sweep looks around once: channels that have been filled, merchants whose server
// takes messages again, and those whose does not. What fails of one leaves the others.
func (w *Watch) Sweep(ctx context.Context) error {
	return errors.Join(w.closeFilled(ctx), w.closeRecovered(ctx), w.openFailing(ctx))
}

func (w *Watch) closeFilled(ctx context.Context) error {
	rows, err := w.store.FilledProducts(ctx, watchBatch)
	if err != nil {
		return fmt.Errorf("list filled channels: %w", err)
	}
	for _, r := range rows {
		if err := w.resolve(ctx, r.MachineID, vending.AlertSoldOut, r.Subject); err != nil {
			return err
		}
	}
	return nil
}

func (w *Watch) closeRecovered(ctx context.Context) error {
	rows, err := w.store.RecoveredCallbacks(ctx, w.clock().Add(-justNow).UnixMilli(), failures)
	if err != nil {
		return fmt.Errorf("list recovered callbacks: %w", err)
	}
	for _, r := range rows {
		if err := w.resolve(ctx, r.MachineID, vending.AlertCallback, r.Subject); err != nil {
			return err
		}
	}
	return nil
}

func (w *Watch) resolve(ctx context.Context, machineID int64, kind vending.AlertKind, subject string) error {
	return w.store.InTx(ctx, func(tx *store.Tx) error {
		return Resolve(ctx, tx, machineID, kind, subject, w.clock.Millis())
	})
}

func (w *Watch) openFailing(ctx context.Context) error {
	rows, err := w.store.FailingCallbacks(ctx, w.clock().Add(-lately).UnixMilli(), failures)
	if err != nil {
		return fmt.Errorf("list failing callbacks: %w", err)
	}
	for _, r := range rows {
		err := w.store.InTx(ctx, func(tx *store.Tx) error {
			return Raise(ctx, tx, w.log, Alert{
				MachineID: r.MachineID, Kind: vending.AlertCallback, Subject: strconv.FormatInt(r.ID, 10), At: w.clock.Millis(),
			})
		})
		if err != nil {
			return err
		}
	}
	return nil
}
