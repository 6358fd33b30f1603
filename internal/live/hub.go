// Package live tells open pages what has changed. Use cases leave a row in the
// table `changes` in the transaction of each change (see store.Tx); the hub of
// each node reads the table while somebody listens, so that it does not matter
// which node made the change.
package live

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

const (
	// pollEvery is how often the table is read while somebody listens: changes
	// of other nodes take that long. Those of this node come at once.
	pollEvery = 500 * time.Millisecond
	// restBetween keeps many commits from being as many reads.
	restBetween = 50 * time.Millisecond
	// gapPatience is how long an id that is missing may be a transaction that
	// has not committed yet, in milliseconds. After that it was rolled back.
	gapPatience = 5000
	// overlap is how far a listener starts behind the newest change, for the
	// same reason.
	overlap = 100
	// batch bounds how many changes one read takes.
	batch = 1000
)

// Hub hands changes to listeners.
type Hub struct {
	store *store.Store
	clock vending.Clock
	log   *slog.Logger
	wake  chan struct{} // somebody listens now

	mu        sync.Mutex
	listeners map[*Listener]bool
	// base is the id up to which every change was handed out; seen are those
	// above it that were, with the time.
	base int64
	seen map[int64]int64
}

// New makes a hub.
func New(st *store.Store, clock vending.Clock, log *slog.Logger) *Hub {
	return &Hub{store: st, clock: clock, log: log, wake: make(chan struct{}, 1), listeners: map[*Listener]bool{}}
}

// Run reads changes while somebody listens, until ctx ends.
func (h *Hub) Run(ctx context.Context) error {
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-rest.C:
		}
		if h.idle() {
			select {
			case <-ctx.Done():
				return nil
			case <-h.wake:
			}
		}
		if err := h.poll(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("changes for open pages cannot be read; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-h.store.Changes.C():
		}
		rest.Reset(restBetween)
	}
}

func (h *Hub) idle() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners) == 0
}

// poll hands out what is new.
func (h *Hub) poll(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.listeners) > 0 {
		rows, err := h.store.ChangesAfter(ctx, h.highestRead(), batch)
		if err != nil {
			return err
		}
		fresh := h.remember(rows)
		h.advance()
		for l := range h.listeners {
			l.take(fresh, h.base)
		}
		if len(rows) < batch {
			return nil
		}
	}
	return nil
}

// highestRead is the id behind which to read: what follows it may hold changes
// that were committed late. A full batch that brought nothing new must not be
// read for ever.
func (h *Hub) highestRead() int64 {
	if len(h.seen) < batch {
		return h.base
	}
	highest := h.base
	for id := range h.seen {
		highest = max(highest, id)
	}
	return highest
}

// remember returns the changes that were not seen yet.
func (h *Hub) remember(rows []db.Change) []db.Change {
	now := h.clock.Millis()
	fresh := []db.Change{}
	for _, row := range rows {
		if _, known := h.seen[row.ID]; !known {
			h.seen[row.ID] = now
			fresh = append(fresh, row)
		}
	}
	return fresh
}

// advance moves base over the changes that are complete: those without a gap,
// and gaps that were waited for long enough.
func (h *Hub) advance() {
	now := h.clock.Millis()
	for len(h.seen) > 0 {
		next := h.base + 1
		if _, known := h.seen[next]; !known {
			lowest, since := h.lowest()
			if now-since < gapPatience {
				return
			}
			next = lowest
		}
		delete(h.seen, next)
		h.base = next
	}
}

func (h *Hub) lowest() (id, since int64) {
	for seen, at := range h.seen {
		if id == 0 || seen < id {
			id, since = seen, at
		}
	}
	return id, since
}

// Listen starts to listen to the changes of a merchant. after is the ID of the
// last news the listener has got, -1 for none. The caller ends it with Close.
func (h *Hub) Listen(ctx context.Context, merchantID, after int64) (*Listener, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.listeners) == 0 {
		if err := h.start(ctx); err != nil {
			return nil, err
		}
	}
	l := &Listener{hub: h, merchantID: merchantID, ready: make(chan struct{}, 1), base: h.base}
	if after >= 0 {
		if err := h.resume(ctx, l, after); err != nil {
			return nil, err
		}
	}
	h.listeners[l] = true
	select {
	case h.wake <- struct{}{}:
	default:
	}
	return l, nil
}

// start begins to read a little before the newest change: who listens now has
// not seen what is being committed.
func (h *Hub) start(ctx context.Context) error {
	bounds, err := h.store.ChangesBounds(ctx)
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	h.base, h.seen = max(0, bounds.First-1, bounds.Last-overlap), map[int64]int64{}
	rows, err := h.store.ChangesAfter(ctx, h.base, batch)
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	h.remember(rows)
	h.advance()
	return nil
}

// resume gives a listener what came while it was away, or tells it to load
// everything, if that is not known any more.
func (h *Hub) resume(ctx context.Context, l *Listener, after int64) error {
	bounds, err := h.store.ChangesBounds(ctx)
	if err != nil {
		return fmt.Errorf("read changes: %w", err)
	}
	if after > bounds.Last || bounds.First > after+1 {
		l.lost = true
	} else {
		rows, err := h.store.ChangesAfter(ctx, after, batch)
		if err != nil {
			return fmt.Errorf("read changes: %w", err)
		}
		l.lost = len(rows) == batch
		l.take(rows, h.base)
	}
	l.signal()
	return nil
}
