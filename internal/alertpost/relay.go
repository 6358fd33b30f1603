// Package alertpost sends the messages of the outbox table alert_messages to
// people: by e-mail, or to a web address of the merchant's. At least once, retried
// with growing waits, given up for all to see.
package alertpost

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
	"golang.org/x/sync/errgroup"
)

const (
	// pollEvery is how often the relay looks for messages that nobody told it of:
	// retries, those of quiet hours, of a crash, or of another node.
	pollEvery = 5 * time.Second
	// batch is how many messages are claimed at once, and the most that one e-mail
	// tells; atOnce is how many leave at the same time.
	batch  = 32
	atOnce = 8
	// lease covers a batch whose targets all hang, in milliseconds.
	lease = 5 * 60_000
	// keep is how long finished messages can be looked at, in milliseconds.
	keep = 30 * 24 * 3_600_000
	// sweepBatch bounds the rows that one transaction of Sweep deletes.
	sweepBatch = 500
)

// waits are the times between attempts; after one more than these a message is
// given up.
func waits() []time.Duration {
	return []time.Duration{
		30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
	}
}

// Mail is an e-mail of plain text.
type Mail struct {
	To, Subject, Text string
	// ID makes a repeated mail recognisable.
	ID string
}

// Ways are how messages leave.
type Ways struct {
	// Mail sends an e-mail; it is nil where there is no mail server.
	Mail func(ctx context.Context, m Mail) error
	// Post makes one signed POST on behalf of a merchant. It returns "" if the
	// receiver took it, else what went wrong; final means that no attempt may follow.
	Post func(ctx context.Context, merchantID int64, id, url, body string) (failure string, final bool)
}

// Relay sends the messages of one store.
type Relay struct {
	store *store.Store
	node  string
	ways  Ways
	clock vending.Clock
	zone  *time.Location
	log   *slog.Logger
}

// New makes a relay of a node, with which its leases end. zone is that of
// merchants without one of their own.
func New(st *store.Store, node string, ways Ways, clock vending.Clock, zone *time.Location, log *slog.Logger) *Relay {
	return &Relay{store: st, node: node, ways: ways, clock: clock, zone: zone, log: log}
}

// Run sends until ctx ends; then what is under way is finished and recorded, and
// the rest is left to whoever comes next.
func (r *Relay) Run(ctx context.Context) error {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	for {
		if err := r.SendDue(ctx); err != nil && ctx.Err() == nil {
			r.log.Error("messages about alerts cannot be sent; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.store.Alerts.C():
		case <-poll.C:
		}
	}
}

// SendDue sends all that is due now.
func (r *Relay) SendDue(ctx context.Context) error {
	for ctx.Err() == nil {
		var rows []db.AlertMessage
		err := r.store.InTx(ctx, func(tx *store.Tx) (err error) {
			now := r.clock.Millis()
			rows, err = tx.ClaimAlertMessages(ctx, db.ClaimAlertMessagesParams{LeaseUntil: now + lease, Now: now, Node: r.node, Batch: batch})
			return err
		})
		if err != nil {
			return fmt.Errorf("claim messages: %w", err)
		}
		// RETURNING has no order; a mail has that of the alerts.
		slices.SortFunc(rows, func(a, b db.AlertMessage) int { return cmp.Compare(a.ID, b.ID) })
		if err := r.sendAll(ctx, rows); err != nil {
			return err
		}
		if len(rows) < batch {
			return nil
		}
	}
	return nil
}

func (r *Relay) sendAll(ctx context.Context, rows []db.AlertMessage) error {
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for _, parcel := range parcels(rows) {
		group.Go(func() error {
			// What is under way is finished even when the relay stops.
			return r.send(context.WithoutCancel(ctx), parcel, ctx.Err() != nil)
		})
	}
	return group.Wait()
}

// parcels puts the e-mails of a rule to one address that are due together into one,
// so that a whole fleet that goes away does not fill somebody's inbox.
func parcels(rows []db.AlertMessage) [][]db.AlertMessage {
	type address struct {
		ruleID int64
		target string // that of the rule may have changed in between
	}
	out := [][]db.AlertMessage{}
	begun := map[address]int{}
	for _, row := range rows {
		if row.Channel == channelEmail && row.Event != eventTest {
			to := address{row.RuleID, row.Target}
			if at, known := begun[to]; known {
				out[at] = append(out[at], row)
				continue
			}
			begun[to] = len(out)
		}
		out = append(out, []db.AlertMessage{row})
	}
	return out
}

// Sweep deletes messages that were finished more than 30 days ago.
func (r *Relay) Sweep(ctx context.Context) error {
	err := r.store.InBatches(ctx, sweepBatch, func(tx *store.Tx) (int64, error) {
		return tx.DeleteOldAlertMessages(ctx, r.clock.Millis()-keep, sweepBatch)
	})
	if err != nil {
		return fmt.Errorf("sweep messages about alerts: %w", err)
	}
	return nil
}
