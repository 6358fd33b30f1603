package machineapi

// How a relay ends, and what the next one makes of what it left.

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func TestRelayRestart(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.start()
		d := b.dispenseOne()
		b.pass(10 * time.Second)
		b.stop()
		b.start()
		b.pass(60 * time.Second)
		b.expectTimes(methodPut, 0, 20*time.Second, 60*time.Second)
		b.expectDelivery(d.ID, vending.DeliverySent)

		// A standstill over the time of the last repeat.
		b.send(b.report(d, "1", nil))
		second := b.dispenseOne()
		b.pass(time.Second)
		b.stop()
		b.pass(100 * time.Second)
		b.start()
		b.pass(time.Second)
		b.expectTimes(methodPut, 0, 20*time.Second, 60*time.Second, 70*time.Second)
		b.expectCommand(second.ID, store.CommandDone)
	})
}

// TestRelayAfterCrash: a relay claimed a row and died. Nobody knows whether it
// was written.
func TestRelayAfterCrash(t *testing.T) {
	crash := func(b *bench) db.Delivery {
		d := b.dispenseOne()
		b.inTx(func(tx *store.Tx) error {
			now := b.deps.Clock.Millis()
			_, err := tx.ClaimCommands(b.ctx, db.ClaimCommandsParams{LeaseUntil: now + lease, Now: now, Batch: 10})
			return err
		})
		return d
	}
	t.Run("machine returns", func(t *testing.T) {
		inBubble(t, func(b *bench) {
			d := crash(b)
			b.start()
			b.pass(4 * time.Second)
			b.expectTimes(methodPut)
			b.handler.OnReady(b.ctx, machineNo, 2)
			synctest.Wait()
			b.expectTimes(methodPut, 4*time.Second)
			b.expectDelivery(d.ID, vending.DeliverySent)
		})
	})
	t.Run("machine stays away", func(t *testing.T) {
		inBubble(t, func(b *bench) {
			b.gw.setOffline(machineNo, true)
			d := crash(b)
			b.start()
			b.pass(100 * time.Second)
			b.expectTimes(methodPut) // its window is over when the lease ends
			b.expectCommand(d.ID, store.CommandExpired)
			b.expectDelivery(d.ID, vending.DeliveryPending)
		})
	})
}

// A relay whose node is gone claimed a row. If the node was merely slow, it must
// not end a delivery that the next one may have begun.
func TestRelayOfADeadNode(t *testing.T) {
	inBubble(t, func(b *bench) {
		d := b.dispenseOne()
		b.deps.Node = "slow"
		slow := NewRelay(b.deps, b.gw)
		b.inTx(func(tx *store.Tx) error {
			now := b.deps.Clock.Millis()
			_, err := tx.ClaimCommands(b.ctx, db.ClaimCommandsParams{LeaseUntil: now + lease, Now: now, Node: "slow", Batch: 10})
			return err
		})
		claimed := b.commandOf(d.ID)
		b.gw.setAnswer(func(context.Context, attempt) error { return devicegw.ErrNotAcknowledged })
		b.deps.Node, b.deps.Metrics = "next", nil
		b.start()
		b.expectTimes(methodPut, 0)
		left := b.commandOf(d.ID)
		b.check(slow.record(b.ctx, claimed, expire(claimed)))
		if got := b.commandOf(d.ID); got != left || got.Attempts != 2 {
			b.t.Errorf("command is %+v, was %+v", got, left)
		}
		if n := b.counter("mqtt_expired_total", map[string]string{"method": methodPut}); n != 0 {
			b.t.Errorf("%v messages counted as given up", n)
		}
		b.expectDelivery(d.ID, vending.DeliveryPending)
	})
}

func TestRelayStops(t *testing.T) {
	inBubble(t, func(b *bench) {
		release := make(chan struct{})
		b.gw.setAnswer(func(ctx context.Context, _ attempt) error {
			select {
			case <-release:
				return nil
			case <-ctx.Done():
				return fmt.Errorf("%w: %w", devicegw.ErrNotAcknowledged, ctx.Err())
			}
		})
		b.start()
		b.queue(machineID, methodRefresh, map[string]string{"n": "1"})
		b.queue(machineID, methodRefresh, map[string]string{"n": "2"})
		b.queue(otherID, methodRefresh, nil)
		synctest.Wait()
		b.halt()
		b.pass(time.Second)
		close(release) // the answers come while the relay is stopping
		b.check(<-b.ended)
		b.halt = nil
		b.expectTimes(methodRefresh, 0, 0)
		rows, err := b.deps.Store.CommandsOfMachine(b.ctx, machineID)
		b.check(err)
		if rows[0].State != store.CommandDone {
			t.Errorf("acknowledged message is %s", rows[0].State)
		}
		if r := rows[1]; r.State != store.CommandQueued || r.Attempts != 0 || r.LeaseUntil != 0 || r.DueAt != startMillis {
			t.Errorf("message that was not sent: %+v", r)
		}
		b.gw.setAnswer(nil)
		b.start()
		b.expectTimes(methodRefresh, 0, 0, time.Second)
	})
}

func TestRelayStopIsBounded(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.gw.setAnswer(func(ctx context.Context, _ attempt) error {
			<-ctx.Done()
			return devicegw.ErrNotAcknowledged
		})
		b.start()
		d := b.dispenseOne()
		synctest.Wait()
		began := time.Now()
		b.stop()
		if took := time.Since(began); took != stopGrace {
			t.Errorf("stopping took %v, want %v", took, stopGrace)
		}
		if c := b.commandOf(d.ID); c.State != store.CommandQueued || c.Attempts != 1 || c.LeaseUntil != 0 {
			t.Errorf("command in flight: %+v", c)
		}
	})
}
