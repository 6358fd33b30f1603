package callback

import (
	"context"
	"fmt"
	"time"

	"github.com/vendlane/vendlane/internal/crashpoint"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// attempt sends a claimed row and records how it went. It returns when the
// next attempt is due, in UTC milliseconds, 0 if there is none.
func (r *Relay) attempt(ctx context.Context, c db.Callback) (retryAt int64) {
	r.inFlight.Add(1)
	defer r.inFlight.Add(-1)
	v := r.post(ctx, c)
	crashpoint.Hit("callback_sent")
	delay, dead := nextDelay(r.cfg.Retry, int(c.Attempts), r.cfg.Random())
	dead = dead || v.final || c.Resent
	now := r.clock()
	if !v.acknowledged() && !dead {
		retryAt = now.Add(delay).UnixMilli()
	}
	ours, err := r.record(ctx, c, v, now, retryAt)
	if err != nil {
		// The row's lease runs out and it is sent again.
		r.log.Error("callback result not recorded", "callback", c.ID, "error", err)
		return 0
	}
	r.count(c, v, dead && ours)
	if !ours {
		return 0
	}
	return retryAt
}

// record writes the attempt, the state that follows and, for an
// acknowledgement, what the merchant sees of it: notify_send_count and
// notify_sent (consume.md §9.5). Results that come in at the same time share a
// commit. A failure changes nothing of a row that is not ours any more, which
// another node has claimed, or acknowledged: then it is merely kept as an attempt.
func (r *Relay) record(ctx context.Context, c db.Callback, v verdict, now time.Time, retryAt int64) (ours bool, err error) {
	err = r.store.InTx(ctx, func(tx *store.Tx) error {
		err := tx.InsertCallbackAttempt(ctx, db.InsertCallbackAttemptParams{
			CallbackID: c.ID, StartedAt: v.started.UnixMilli(), Duration: v.took.Milliseconds(),
			Status: int64(v.status), Error: v.err,
		})
		if err != nil {
			return fmt.Errorf("store attempt: %w", err)
		}
		var changed int64
		switch {
		case v.acknowledged():
			ours = true
			return acknowledge(ctx, tx, c, now.UnixMilli())
		case retryAt != 0:
			changed, err = tx.RetryCallback(ctx, retryAt, c.ID, r.cfg.Node)
		default:
			changed, err = tx.DeadCallback(ctx, now.UnixMilli(), c.ID, r.cfg.Node)
		}
		if err != nil {
			return fmt.Errorf("store state: %w", err)
		}
		ours = changed == 1
		return nil
	})
	return ours, err
}

// acknowledge counts a message once, however often it is acknowledged.
func acknowledge(ctx context.Context, tx *store.Tx, c db.Callback, now int64) error {
	changed, err := tx.DeliveredCallback(ctx, now, c.ID)
	if err != nil {
		return fmt.Errorf("store state: %w", err)
	}
	if changed == 0 {
		return nil
	}
	if err := tx.CountNotified(ctx, c.OrderID); err != nil {
		return fmt.Errorf("count on order: %w", err)
	}
	if err := tx.RecordNotified(ctx, c.RecordID, c.ID); err != nil {
		return fmt.Errorf("mark record: %w", err)
	}
	return nil
}

func (r *Relay) count(c db.Callback, v verdict, dead bool) {
	r.attempts.Add(1)
	if v.acknowledged() {
		r.delivered.Add(1)
		return
	}
	r.failed.Add(1)
	r.log.Debug("callback failed", "callback", c.ID, "attempt", c.Attempts, "status", v.status, "error", v.err)
	if dead {
		r.dead.Add(1)
		r.log.Warn("callback is a dead letter", "callback", c.ID, "merchant", c.MerchantID,
			"attempts", c.Attempts, "status", v.status, "error", v.err)
	}
}
