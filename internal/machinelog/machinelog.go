// Package machinelog keeps what machines and platform said to each other: every
// accepted up message and every down message, for 90 days (mqtt.md §3.5).
//
// It is a log, not state: lines are written in batches behind the messages, so
// that it costs no message a second commit. A crash can lose the last of them,
// a stop loses none.
package machinelog

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
)

const (
	// maxWaiting bounds the lines in memory; Put waits when there are more.
	maxWaiting = 8192
	// writeBatch bounds one transaction, so that it holds up nobody.
	writeBatch = 256
	// writeEvery is the longest a line waits for others.
	writeEvery = 200 * time.Millisecond
	// keep is how long lines are kept, in milliseconds: 90 days.
	keep       = 90 * 24 * 60 * 60 * 1000
	sweepBatch = 1000
)

// Log is the machine log of one platform process. Run writes what Put brings;
// it must outlive everything that puts.
type Log struct {
	store   *store.Store
	clock   vending.Clock
	log     *slog.Logger
	waiting chan Entry
}

// New makes a machine log.
func New(st *store.Store, clock vending.Clock, log *slog.Logger) *Log {
	return &Log{store: st, clock: clock, log: log, waiting: make(chan Entry, maxWaiting)}
}

// Put notes a message. It waits while too many lines are waiting; if ctx ends
// meanwhile the line is lost.
func (l *Log) Put(ctx context.Context, e Entry) {
	select {
	case l.waiting <- e: // also for a ctx that has ended
		return
	default:
	}
	select {
	case l.waiting <- e:
	case <-ctx.Done():
	}
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

// flush writes the lines that are waiting, those of a machine together: lines of
// many machines in the order they came would each change another page of the
// index, and a transaction of neighbours changes a few.
func (l *Log) flush(ctx context.Context) {
	for {
		lines := l.take()
		if len(lines) == 0 {
			return
		}
		slices.SortStableFunc(lines, func(a, b Entry) int { return cmp.Compare(a.MachineID, b.MachineID) })
		for batch := range slices.Chunk(lines, writeBatch) {
			for len(batch) > 0 {
				batch = batch[l.write(ctx, batch):]
			}
		}
	}
}

func (l *Log) take() []Entry {
	var lines []Entry
	for len(lines) < maxWaiting {
		select {
		case e := <-l.waiting:
			lines = append(lines, e)
		default:
			return lines
		}
	}
	return lines
}

// write writes lines and returns how many it is done with.
func (l *Log) write(ctx context.Context, batch []Entry) int {
	lines := make([]db.InsertMachineLogParams, len(batch))
	for i, e := range batch {
		lines[i] = db.InsertMachineLogParams{
			MachineID: e.MachineID, IsUp: e.Up, Method: e.Method, Payload: e.Payload, CreatedAt: e.At,
		}
	}
	n, err := l.store.AddMachineLines(ctx, lines)
	if err != nil {
		l.log.Error("machine log lost lines", "lines", len(batch), "error", err)
		return len(batch)
	}
	return n
}

// Page returns up to limit lines of a machine, newest first, before the line
// with the id before; 0 begins with the newest.
func (l *Log) Page(ctx context.Context, machineID, before int64, limit int32) ([]db.MachineLog, error) {
	rows, err := l.store.MachineLogPage(ctx, machineID, before, limit)
	if err != nil {
		return nil, fmt.Errorf("read machine log: %w", err)
	}
	return rows, nil
}

// Sweep deletes lines older than 90 days. It is idempotent and may run on
// several nodes.
func (l *Log) Sweep(ctx context.Context) error {
	err := l.store.InBatches(ctx, sweepBatch, func(tx *store.Tx) (int64, error) {
		return tx.DeleteOldMachineLogs(ctx, l.clock.Millis()-keep, sweepBatch)
	})
	if err != nil {
		return fmt.Errorf("delete old machine log: %w", err)
	}
	return nil
}
