package machineapi

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

const (
	// claimBatch is the largest number of rows claimed at once.
	claimBatch = 256
	// lease is how long a claimed row is out of reach for other relays, in
	// milliseconds: the longest Send (twice devicegw.Config.AckTimeout) and a
	// margin. Rows that wait longer in their lane are claimed again, which
	// does no harm.
	lease = 30 * 1000
	// pollEvery catches what a lost signal or a crash left behind.
	pollEvery = time.Second
	// stopGrace is how long sends under way may finish at the end.
	stopGrace = 5 * time.Second
	// wakePause keeps a machine that is connected and yet unreachable from
	// being tried without a pause, in milliseconds.
	wakePause = 100
	// Finished rows are kept for 30 days (milliseconds) and deleted in batches.
	keepFinished = 30 * 24 * 60 * 60 * 1000
	sweepBatch   = 500
)

// Sender hands messages to connected machines; *devicegw.Gateway is one.
type Sender interface {
	// Send returns nil when the machine has acknowledged the message, else an
	// error as devicegw.Gateway.Send does.
	Send(ctx context.Context, machineNo string, out devicegw.Outgoing) error
	// Connected tells whether the machine can be sent to.
	Connected(machineNo string) bool
}

// Relay sends the rows of the commands outbox to the machines: the package
// comment tells in which order, mqtt.md §5 and §6 what.
type Relay struct {
	store      *store.Store
	box        *secrets.Box
	dispense   *dispense.Service
	machineLog *machinelog.Log
	clock      vending.Clock
	log        *slog.Logger
	gateway    Sender
	node       string
	metrics    downMetrics
	lanes      *lanes
	senders    sync.WaitGroup
}

// NewRelay makes a relay that sends through gateway. It registers its counters
// with d.Metrics and panics if they are registered there already. One relay
// may run per node.
func NewRelay(d Deps, gateway Sender) *Relay {
	return &Relay{
		store: d.Store, box: d.Box, dispense: d.Dispense, machineLog: d.MachineLog, clock: d.Clock, log: d.Log,
		gateway: gateway, node: d.Node, metrics: newDownMetrics(d.Metrics), lanes: newLanes(),
	}
}

// Run sends until ctx ends. Then it starts no more sends, records those under
// way within a few seconds, and returns nil. What was not sent stays in the
// outbox.
func (r *Relay) Run(ctx context.Context) error {
	// Sends outlive ctx, so that a machine's answer is not lost at the end.
	sendCtx, stopSends := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSends()
	for ctx.Err() == nil {
		again, err := r.claim(ctx, sendCtx)
		if err != nil && ctx.Err() == nil {
			r.log.Error("messages to machines not claimed", "error", err)
		}
		if !again {
			r.wait(ctx)
		}
	}
	patience := time.AfterFunc(stopGrace, stopSends)
	defer patience.Stop()
	r.senders.Wait()
	return nil
}

// wait returns when there may be something to claim, or ctx ends.
func (r *Relay) wait(ctx context.Context) {
	pause := pollEvery
	now := r.clock.Millis()
	due, found, err := store.Find(r.store.NextCommandDue(ctx, now))
	if err == nil && found {
		pause = min(pause, time.Duration(due-now)*time.Millisecond)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-r.store.Commands.C():
	case <-r.lanes.freed.C():
	case <-timer.C:
	}
}

// claim takes due rows and puts them into their lanes. again tells that there
// may be more.
func (r *Relay) claim(ctx, sendCtx context.Context) (again bool, err error) {
	batch := min(claimBatch, r.lanes.beginClaim())
	defer r.lanes.endClaim()
	if batch <= 0 {
		return false, nil
	}
	now := r.clock.Millis()
	rows, err := r.claimRows(ctx, now, batch)
	if err != nil {
		return false, err
	}
	crossed, err := r.placeAll(ctx, sendCtx, rows, now)
	return crossed || len(rows) == batch, err
}

// SendDue sends what is due by the clock, one row after the other, and returns
// when all are recorded: instead of Run, where time is moved by hand.
func (r *Relay) SendDue(ctx context.Context) error {
	for {
		rows, err := r.claimRows(ctx, r.clock.Millis(), claimBatch)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			return nil
		}
		for _, c := range rows {
			r.handle(ctx, ctx, c)
		}
	}
}

// claimRows leases due rows; they come in the order they were queued.
func (r *Relay) claimRows(ctx context.Context, now int64, batch int) ([]db.Command, error) {
	var rows []db.Command
	err := r.store.InTx(ctx, func(tx *store.Tx) (err error) {
		rows, err = tx.ClaimCommands(ctx, db.ClaimCommandsParams{
			LeaseUntil: now + lease, Now: now, Node: r.node, Batch: int32(batch),
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("claim commands: %w", err)
	}
	slices.SortFunc(rows, func(a, b db.Command) int { return cmp.Compare(a.ID, b.ID) })
	return rows, nil
}

// placeAll puts claimed rows into their lanes and gives back those that found
// no place. crossed tells that some of these may be due at once.
func (r *Relay) placeAll(ctx, sendCtx context.Context, rows []db.Command, now int64) (crossed bool, err error) {
	undoCtx := context.WithoutCancel(ctx)
	var undo []func(tx *store.Tx) error
	for _, c := range rows {
		switch p, pause := r.lanes.place(c); p {
		case placedNew:
			r.senders.Go(func() { r.runLane(ctx, sendCtx, keyOf(c)) })
		case placedOld:
			crossed = true
			undo = append(undo, func(tx *store.Tx) error {
				_, err := tx.UnclaimCommand(undoCtx, 1, c.ID, r.node)
				return err
			})
		case turnedAway:
			undo = append(undo, func(tx *store.Tx) error {
				_, err := tx.PutBackCommand(undoCtx, now+pause, c.ID, r.node)
				return err
			})
		}
	}
	if len(undo) == 0 {
		return false, nil
	}
	err = r.store.InTx(undoCtx, func(tx *store.Tx) error {
		for _, each := range undo {
			if err := each(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return false, fmt.Errorf("give commands back: %w", err) // their lease runs out
	}
	return crossed, nil
}

// Sweep deletes messages that were finished and queued more than 30 days ago.
// It is idempotent and may run on several nodes.
func (r *Relay) Sweep(ctx context.Context) error {
	err := r.store.InBatches(ctx, sweepBatch, func(tx *store.Tx) (int64, error) {
		return tx.DeleteOldCommands(ctx, r.clock.Millis()-keepFinished, sweepBatch)
	})
	if err != nil {
		return fmt.Errorf("delete old commands: %w", err)
	}
	return nil
}
