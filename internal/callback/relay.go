package callback

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// ErrNotDead is returned by Resend for a message that is no dead letter, or
// does not exist.
var ErrNotDead = errors.New("message is not a dead letter")

const (
	// pollEvery is how often the relay looks for rows that nobody told it of:
	// those of another node, dead or alive.
	pollEvery = 5 * time.Second
	// leaseMargin is added to the time limit of an attempt: a lease covers a
	// wait for a free slot, the attempt and the recording of its result.
	leaseMargin = 30 * time.Second
	// recordMargin is the part of leaseMargin kept for recording.
	recordMargin = 10 * time.Second
	// keep is how long finished messages and their attempts are kept
	// (consume.md §9.5).
	keep = 30 * 24 * time.Hour
	// sweepBatch bounds the rows one transaction of Sweep deletes, so that
	// redemptions never wait for it.
	sweepBatch = 500
)

// Config tunes a relay; the zero value is what the contract says.
type Config struct {
	// Node is the node this is: with it end its leases.
	Node string
	// Timeout is the limit of one attempt, from the start of the connection
	// attempt until status line and headers are complete. 0 means 10 s.
	Timeout time.Duration
	// Retry holds the waits between attempts; after one attempt more than it
	// has entries a message is a dead letter. nil means consume.md §9.5.
	Retry []time.Duration
	// AllowPrivate permits targets in all address ranges.
	AllowPrivate bool
	// AllowPrefixes permits the address ranges in it.
	AllowPrefixes []netip.Prefix
	// PerEndpoint is how many sends one endpoint has at once. 0 means 8.
	PerEndpoint int
	// MaxInFlight is how many sends there are at once. 0 means 256.
	MaxInFlight int
	// Receivers stands for the network and whoever is at notify_urls; nil is the
	// real ones.
	Receivers http.RoundTripper
	// Random gives numbers in [0,1) for the jitter; it is called by several
	// goroutines. nil means a random source of its own.
	Random func() float64
}

// Stats are counters since the relay was made, for metrics.
type Stats struct {
	// Attempts counts posts that have ended; Delivered and Failed are its parts.
	Attempts, Delivered, Failed int64
	// Dead counts messages that became dead letters.
	Dead int64
	// InFlight is the number of sends under way now.
	InFlight int64
}

// Relay sends the messages of one store.
type Relay struct {
	store     *store.Store
	box       *secrets.Box
	clock     vending.Clock
	cfg       Config
	log       *slog.Logger
	transport *http.Transport
	poll      time.Duration

	attempts, delivered, failed, dead, inFlight atomic.Int64
}

// New makes a relay. Run starts it.
func New(st *store.Store, box *secrets.Box, clock vending.Clock, cfg Config, log *slog.Logger) *Relay {
	if cfg.Timeout <= 0 {
		cfg.Timeout = 10 * time.Second
	}
	if cfg.Retry == nil {
		cfg.Retry = DefaultRetry()
	}
	if cfg.PerEndpoint <= 0 {
		cfg.PerEndpoint = 8
	}
	if cfg.MaxInFlight <= 0 {
		cfg.MaxInFlight = 256
	}
	if cfg.Random == nil {
		cfg.Random = rand.Float64
	}
	return &Relay{
		store: st, box: box, clock: clock, cfg: cfg, log: log,
		transport: newTransport(cfg, newGuard(cfg)),
		poll:      pollEvery,
	}
}

// Run sends until ctx ends; then it claims no more, gives back what waits for a
// slot, and returns when every send under way is recorded, which takes at most
// the time limit of an attempt. It must run once only.
func (r *Relay) Run(ctx context.Context) error {
	defer r.transport.CloseIdleConnections()
	d := newDispatcher(r)
	poll := time.NewTicker(r.poll)
	defer poll.Stop()
	due := time.NewTimer(0)
	defer due.Stop()

	d.lookAround(ctx)
	for {
		d.advance(ctx)
		due.Stop()
		if d.nextDue != 0 {
			due.Reset(time.Duration(d.nextDue-r.clock.Millis()) * time.Millisecond)
		}
		select {
		case <-ctx.Done():
			d.stop(context.WithoutCancel(ctx))
			return nil
		case s := <-d.results:
			d.settle(s)
		case <-r.store.Callbacks.C():
			d.fresh = true
		case <-due.C:
			d.fresh, d.nextDue = true, 0
		case <-poll.C:
			d.lookAround(ctx)
		}
	}
}

// SendDue makes one attempt at each message that is due by the clock, one after
// the other, and returns when all are recorded: instead of Run, where time is
// moved by hand.
func (r *Relay) SendDue(ctx context.Context) error {
	for {
		now := r.clock()
		var due []db.Callback
		err := r.store.InTx(ctx, func(tx *store.Tx) (err error) {
			due, err = r.claim(ctx, tx, now, freshLane, freshBatch)
			return err
		})
		if err != nil {
			return fmt.Errorf("claim callbacks: %w", err)
		}
		if len(due) == 0 {
			return nil
		}
		for _, c := range due {
			r.attempt(ctx, c)
		}
	}
}

// claim leases rows of a lane that are due.
func (r *Relay) claim(ctx context.Context, tx *store.Tx, now time.Time, lane string, limit int) ([]db.Callback, error) {
	return tx.ClaimCallbacks(ctx, db.ClaimCallbacksParams{
		LeaseUntil: now.Add(r.cfg.Timeout + leaseMargin).UnixMilli(), Now: now.UnixMilli(),
		Node: r.cfg.Node, Lane: lane, Batch: int32(limit),
	})
}

// receivers takes a post: the transport alone, without redirects, cookies and
// credentials.
func (r *Relay) receivers() http.RoundTripper {
	if r.cfg.Receivers != nil {
		return r.cfg.Receivers
	}
	return r.transport
}

// Resend gives a dead letter one more attempt, with the same webhook-id and
// body; if it fails the message is a dead letter again (consume.md §9.5). It
// returns ErrNotDead if the message is none.
func (r *Relay) Resend(ctx context.Context, id int64) error {
	var changed int64
	err := r.store.InTx(ctx, func(tx *store.Tx) (err error) {
		changed, err = tx.ResendCallback(ctx, r.clock.Millis(), id)
		return err
	})
	if err != nil {
		return fmt.Errorf("resend callback %d: %w", id, err)
	}
	if changed == 0 {
		return fmt.Errorf("resend callback %d: %w", id, ErrNotDead)
	}
	r.store.Callbacks.Notify()
	return nil
}

// recoverBatch bounds the rows that one call of RecoverSince sends again.
const recoverBatch = 1000

// RecoverSince is Resend for the dead letters of a merchant that were made at or
// after a time, in UTC milliseconds: up to 1000, those given up longest ago first.
// more tells that there may be others.
func (r *Relay) RecoverSince(ctx context.Context, merchantID, since int64) (queued int64, more bool, err error) {
	err = r.store.InTx(ctx, func(tx *store.Tx) (err error) {
		queued, err = tx.RecoverCallbacks(ctx, db.RecoverCallbacksParams{
			Now: r.clock.Millis(), MerchantID: merchantID, Since: since, Batch: recoverBatch,
		})
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("recover callbacks: %w", err)
	}
	r.store.Callbacks.Notify()
	return queued, queued == recoverBatch, nil
}

// Sweep deletes messages that were finished more than 30 days ago, with their
// attempts (consume.md §9.5).
func (r *Relay) Sweep(ctx context.Context) error {
	before := r.clock().Add(-keep).UnixMilli()
	for _, drop := range []func(tx *store.Tx) (int64, error){
		func(tx *store.Tx) (int64, error) { return tx.DeleteOldAttempts(ctx, before, sweepBatch) },
		func(tx *store.Tx) (int64, error) { return tx.DeleteOldCallbacks(ctx, before, sweepBatch) },
	} {
		if err := r.store.InBatches(ctx, sweepBatch, drop); err != nil {
			return fmt.Errorf("sweep callbacks: %w", err)
		}
	}
	return nil
}

// Stats returns the counters.
func (r *Relay) Stats() Stats {
	return Stats{
		Attempts: r.attempts.Load(), Delivered: r.delivered.Load(), Failed: r.failed.Load(),
		Dead: r.dead.Load(), InFlight: r.inFlight.Load(),
	}
}
