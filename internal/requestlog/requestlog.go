// Package requestlog keeps what the merchant's developer wants to look up: calls
// of the Open API, refused ones too, and messages of machines that were dropped,
// for 7 days. Secrets are masked before anything is kept.
//
// It is a log, not state: lines are written in batches behind the answers, and
// left out rather than slow an answer down.
package requestlog

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Bounds of the log.
const (
	// maxWaiting bounds the lines in memory.
	maxWaiting = 2048
	// maxPerSecond bounds the lines a process takes: those of accepted requests,
	// and the others by themselves.
	maxPerSecond = 200
	writeBatch   = 256
	writeEvery   = 200 * time.Millisecond
	// keep is how long lines are kept, in milliseconds; keepLines how many of a
	// merchant.
	keep       = 7 * 24 * 60 * 60 * 1000
	keepLines  = 50_000
	sweepBatch = 1000
)

// Log is the request log of one platform process. Run writes what Put brings.
type Log struct {
	store   *store.Store
	box     *secrets.Box
	clock   vending.Clock
	log     *slog.Logger
	waiting chan Entry
	leftOut atomic.Int64
	// keepLines is the constant, but for tests.
	keepLines int64

	mu     sync.Mutex
	second int64
	taken  map[bool]int // by whether accepted
}

// New makes a request log.
func New(st *store.Store, box *secrets.Box, clock vending.Clock, log *slog.Logger) *Log {
	return &Log{store: st, box: box, clock: clock, log: log, waiting: make(chan Entry, maxWaiting), taken: map[bool]int{}, keepLines: keepLines}
}

// Put notes a request, unless there are too many. It never waits. A nil log
// notes nothing.
func (l *Log) Put(e Entry) {
	if l == nil {
		return
	}
	if !l.admits(e) {
		l.leftOut.Add(1)
		return
	}
	select {
	case l.waiting <- e:
	default:
		l.leftOut.Add(1)
	}
}

func (l *Log) admits(e Entry) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if second := l.clock().Unix(); second != l.second {
		l.second = second
		clear(l.taken)
	}
	l.taken[e.accepted()]++
	return l.taken[e.accepted()] <= maxPerSecond
}

// Run writes lines until ctx ends, then what is left, and returns nil.
func (l *Log) Run(ctx context.Context) error {
	writeCtx := context.WithoutCancel(ctx) // a stop must not break off a write
	ticker := time.NewTicker(writeEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.flush(writeCtx)
		case <-ctx.Done():
			l.flush(writeCtx)
			return nil
		}
	}
}

// flush writes the lines that are waiting.
func (l *Log) flush(ctx context.Context) {
	if n := l.leftOut.Swap(0); n > 0 {
		l.log.Warn("request log left lines out: too many requests", "lines", n)
	}
	for {
		var batch []Entry
	take:
		for len(batch) < writeBatch {
			select {
			case e := <-l.waiting:
				batch = append(batch, e)
			default:
				break take
			}
		}
		if len(batch) == 0 {
			return
		}
		if err := l.write(ctx, batch); err != nil {
			l.log.Error("request log lost lines", "lines", len(batch), "error", err)
		}
	}
}

func (l *Log) write(ctx context.Context, batch []Entry) error {
	senders := map[string]sender{}
	rows := make([]db.InsertRequestLogParams, len(batch))
	for i, e := range batch {
		who, known := senders[e.Kind+e.AppID+"/"+e.MachineNo]
		if !known {
			var err error
			if who, err = l.senderOf(ctx, e); err != nil {
				return err
			}
			senders[e.Kind+e.AppID+"/"+e.MachineNo] = who
		}
		rows[i] = e.row(who)
	}
	return l.store.AddRequestLines(ctx, rows)
}

// sender is whose request it is: merchantID 0 is nobody's.
type sender struct {
	merchantID int64
	appID, key string
	// previousKey is the AppKey before the last rotation, good until previousUntil.
	previousKey   string
	previousUntil int64
	// merchant is that of a call, for its AppSecrets.
	merchant db.Merchant
}

// senderOf finds the merchant that a request names. It may not be the merchant's:
// that is what a refused one shows.
func (l *Log) senderOf(ctx context.Context, e Entry) (sender, error) {
	var who sender
	var keys credentials.AppKeys
	if e.Kind == MQTT {
		m, found, err := store.Find(l.store.SenderByNo(ctx, e.MachineNo))
		if err != nil || !found {
			return sender{}, err
		}
		who = sender{merchantID: m.MerchantID, appID: m.AppID}
		keys = credentials.AppKeys{Sealed: m.AppKeySealed, PreviousSealed: m.AppKeyPreviousSealed, PreviousUntil: m.AppKeyPreviousUntil}
	} else {
		if e.AppID == "" || !vending.Storable(e.AppID) {
			return sender{}, nil
		}
		m, found, err := store.Find(l.store.MerchantByAppID(ctx, e.AppID))
		if err != nil || !found {
			return sender{}, err
		}
		who, keys = sender{merchantID: m.ID, appID: m.AppID, merchant: m}, credentials.KeysOf(m)
	}
	var err error
	if who.key, err = l.box.Open(secrets.PurposeAppKey, keys.Sealed); err != nil {
		return who, err
	}
	who.previousKey, who.previousUntil = keys.Previous(l.box), keys.PreviousUntil
	return who, nil
}

// Sweep deletes lines that are too old, and the oldest of merchants that have
// too many. It is idempotent and may run on several nodes.
func (l *Log) Sweep(ctx context.Context) error {
	err := l.deleteAll(ctx, func(tx *store.Tx) (int64, error) {
		return tx.DeleteOldRequests(ctx, l.clock.Millis()-keep, sweepBatch)
	})
	if err != nil {
		return err
	}
	sizes, err := l.store.RequestLogSizes(ctx)
	if err != nil {
		return fmt.Errorf("size of request log: %w", err)
	}
	for _, size := range sizes {
		left := size.Lines - l.keepLines
		err := l.deleteAll(ctx, func(tx *store.Tx) (int64, error) {
			batch := min(left, sweepBatch)
			left -= batch
			return tx.DeleteOldestRequests(ctx, size.MerchantID, int32(max(0, batch)))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) deleteAll(ctx context.Context, batch func(tx *store.Tx) (int64, error)) error {
	if err := l.store.InBatches(ctx, sweepBatch, batch); err != nil {
		return fmt.Errorf("delete old request log: %w", err)
	}
	return nil
}
