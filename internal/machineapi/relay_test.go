package machineapi

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

const (
	methodPut     = "device.delivery.put"
	methodRefresh = "client.machine.refresh"
)

// bench is a fixture with a running relay on a fake gateway, inside a bubble of
// synctest: its clock is the bubble's.
type bench struct {
	*fixture
	gw    *fakeGateway
	relay *Relay
	halt  context.CancelFunc
	ended chan error
}

// inBubble runs a test with a bench whose relay is started by test.
func inBubble(t *testing.T, test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		f.clock.run()
		b := &bench{fixture: f, gw: &fakeGateway{t: t, clock: f.clock, offline: map[string]bool{}}}
		test(b)
		if b.halt != nil {
			b.stop()
		}
	})
}

func (b *bench) start() {
	b.deps.Metrics = nil
	b.startCounting()
}

// startCounting starts the relay with its counters in the fixture's registry.
func (b *bench) startCounting() {
	b.relay = NewRelay(b.deps, b.gw)
	ctx, cancel := context.WithCancel(b.ctx)
	b.halt, b.ended = cancel, make(chan error, 1)
	go func() { b.ended <- b.relay.Run(ctx) }()
	synctest.Wait()
}

func (b *bench) stop() {
	b.t.Helper()
	b.halt()
	b.check(<-b.ended)
	b.halt = nil
}

// pass lets time go by and everything settle. Timers of one instant fire in any
// order, so it goes one step beyond for those of its own last instant.
func (b *bench) pass(d time.Duration) {
	time.Sleep(d)
	time.Sleep(time.Nanosecond)
	synctest.Wait()
}

func (b *bench) expectTimes(method string, want ...time.Duration) {
	b.t.Helper()
	if got := b.gw.times(method); !slices.Equal(got, want) {
		b.t.Fatalf("%s was sent at %v, want %v", method, got, want)
	}
}

func (b *bench) expectDelivery(id int64, want vending.DeliveryState) {
	b.t.Helper()
	if got := b.delivery(id).State; got != want {
		b.t.Fatalf("delivery is %s, want %s; its command: %+v; logs:\n%s", got, want, b.commandOf(id), b.logs.buf.String())
	}
}

func (b *bench) expectCommand(deliveryID int64, want string) {
	b.t.Helper()
	if got := b.commandOf(deliveryID); got.State != want {
		b.t.Fatalf("command is %+v, want %s", got, want)
	}
}

func TestRelayRepeatsDispense(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.startCounting()
		b.pass(3 * time.Millisecond)
		d := b.dispenseOne()
		synctest.Wait()
		b.expectTimes(methodPut, 3*time.Millisecond)
		b.expectDelivery(d.ID, vending.DeliverySent)

		b.pass(119 * time.Second)
		b.expectTimes(methodPut, 3*time.Millisecond, 20_003*time.Millisecond, 60_003*time.Millisecond)
		for _, a := range b.gw.seen() {
			if a.body != b.gw.seen()[0].body {
				t.Error("a repeat is not identical")
			}
			if a.machineNo != machineNo || a.expiry != 30*time.Second {
				t.Errorf("sent %+v", a)
			}
		}
		b.expectCommand(d.ID, store.CommandDone)
		b.pass(2 * time.Second)
		b.check(b.deps.Dispense.TimeoutSweep(b.ctx))
		b.expectDelivery(d.ID, vending.DeliveryTimeout)
		labels := map[string]string{"method": methodPut}
		if got := b.counter("mqtt_published_total", labels); got != 3 {
			t.Errorf("mqtt_published_total = %v, want 3", got)
		}
		if got := b.counter("mqtt_acknowledged_total", labels); got != 3 {
			t.Errorf("mqtt_acknowledged_total = %v, want 3", got)
		}
	})
}

func TestRelayStopsRepeatingAfterReport(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.start()
		d := b.dispenseOne()
		b.pass(21 * time.Second)
		b.send(b.report(d, "1", nil))
		b.pass(2 * time.Minute)
		b.expectTimes(methodPut, 0, 20*time.Second)
		b.expectDelivery(d.ID, vending.DeliverySuccess)
	})
}

// TestReportOvertakesAcknowledgement: the machine reports before its PUBACK is
// recorded.
func TestReportOvertakesAcknowledgement(t *testing.T) {
	inBubble(t, func(b *bench) {
		var d db.Delivery
		known := make(chan struct{})
		b.gw.setAnswer(func(context.Context, attempt) error {
			<-known
			b.send(b.report(d, "1", nil))
			return nil
		})
		b.start()
		d = b.dispenseOne()
		close(known)
		b.pass(2 * time.Minute)
		b.expectTimes(methodPut, 0)
		b.expectDelivery(d.ID, vending.DeliverySuccess)
		b.expectCommand(d.ID, store.CommandDone)
	})
}

func TestRelayNeverHandedOver(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.gw.setOffline(machineNo, true)
		b.startCounting()
		d := b.dispenseOne()
		b.pass(30*time.Second - time.Millisecond)
		b.expectTimes(methodPut, 0)
		b.expectDelivery(d.ID, vending.DeliveryPending)
		b.pass(time.Millisecond)
		b.expectDelivery(d.ID, vending.DeliveryFailed)
		b.expectCommand(d.ID, store.CommandExpired)
		if got := b.delivery(d.ID).FailReason; got != vending.ReasonPublishFailed {
			t.Errorf("fail_reason %q", got)
		}
		if got := member(b.lastCallback(), "error_msg"); got != "Publish Failed" || b.rows("callbacks") != 1 {
			t.Errorf("callback says %q", got)
		}
		lock, err := b.deps.Store.DispenseLock(b.ctx, machineID)
		b.check(err)
		if lock.LockedUntil > b.deps.Clock.Millis() {
			t.Error("the dispense lock is still held")
		}

		// It is never published afterwards.
		b.gw.setOffline(machineNo, false)
		b.handler.OnReady(b.ctx, machineNo, 2)
		b.pass(2 * time.Minute)
		b.expectTimes(methodPut, 0)
		labels := map[string]string{"method": methodPut}
		if off, exp := b.counter("mqtt_offline_total", labels), b.counter("mqtt_expired_total", labels); off != 1 || exp != 1 {
			t.Errorf("offline %v, expired %v, want 1 and 1", off, exp)
		}
	})
}

// TestRelayInDoubt: bytes may have reached the machine, so the delivery must
// not fail and be dispensed a second time.
func TestRelayInDoubt(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.gw.setAnswer(func(context.Context, attempt) error { return devicegw.ErrNotAcknowledged })
		b.start()
		d := b.dispenseOne()
		b.pass(2 * time.Second)
		b.gw.setOffline(machineNo, true)
		b.pass(100 * time.Second)
		b.expectTimes(methodPut, 0, 5*time.Second) // the second met nobody
		b.expectCommand(d.ID, store.CommandExpired)
		b.expectDelivery(d.ID, vending.DeliveryPending)
		b.pass(18 * time.Second)
		b.check(b.deps.Dispense.TimeoutSweep(b.ctx))
		b.expectDelivery(d.ID, vending.DeliveryTimeout)
		if got := b.rows("callbacks"); got != 1 {
			t.Errorf("%d callbacks, want 1 for the time-out", got)
		}
		b.send(b.report(d, "1", nil)) // it had dropped after all
		b.expectDelivery(d.ID, vending.DeliverySuccess)
	})
}

func TestRelayRetriesUnacknowledged(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.gw.setAnswer(func(_ context.Context, a attempt) error {
			if a.at < 10*time.Second {
				time.Sleep(time.Second)
				return fmt.Errorf("%w: connection ended", devicegw.ErrNotAcknowledged)
			}
			return nil
		})
		b.start()
		d := b.dispenseOne()
		b.pass(119 * time.Second)
		// The repeats count from the publication that was acknowledged.
		b.expectTimes(methodPut, 0, 6*time.Second, 12*time.Second, 32*time.Second, 72*time.Second)
		b.expectDelivery(d.ID, vending.DeliverySent)
	})
}

// TestRelayEndsAttemptWithWindow: a Send that waits for room must not write
// after the start window.
func TestRelayEndsAttemptWithWindow(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.gw.setAnswer(func(ctx context.Context, _ attempt) error {
			<-ctx.Done()
			return fmt.Errorf("%w: window full: %w", devicegw.ErrOffline, ctx.Err())
		})
		b.start()
		d := b.dispenseOne()
		b.pass(30 * time.Second)
		b.expectTimes(methodPut, 0)
		b.expectDelivery(d.ID, vending.DeliveryFailed)
	})
}

func TestRelayWakesOnReady(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.gw.setOffline(machineNo, true)
		b.start()
		for i := range 5 {
			b.queue(machineID, methodRefresh, map[string]string{"n": strconv.Itoa(i)})
		}
		d := b.dispenseOne()
		b.pass(10 * time.Second)
		if got := b.gw.seen(); len(got) != 2 {
			t.Fatalf("%d attempts at an absent machine, want one for the messages and one for the dispense command", len(got))
		}
		b.gw.setOffline(machineNo, false)
		b.handler.OnReady(b.ctx, machineNo, 2)
		synctest.Wait()
		b.expectDelivery(d.ID, vending.DeliverySent)
		var order []string
		for _, a := range b.gw.seen()[2:] {
			if a.at != 10*time.Second {
				t.Errorf("sent at %v, want at once", a.at)
			}
			if a.method == methodRefresh {
				order = append(order, memberOf(t, decode(t, a.body), "n"))
			}
		}
		if !slices.Equal(order, []string{"0", "1", "2", "3", "4"}) {
			t.Errorf("sent in the order %v", order)
		}
	})
}

// TestRelayReadyRace: the machine connects after the attempt has found it
// absent and before that is recorded.
func TestRelayReadyRace(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.gw.setAnswer(func(_ context.Context, a attempt) error {
			if a.at == 0 {
				b.handler.OnReady(b.ctx, machineNo, 2)
				return devicegw.ErrOffline
			}
			return nil
		})
		b.start()
		d := b.dispenseOne()
		b.pass(time.Second)
		b.expectDelivery(d.ID, vending.DeliverySent)
		b.expectTimes(methodPut, 0, wakePause*time.Millisecond)
	})
}

// TestRelayReadyDuringSend: a row that is woken while it is being sent is not
// sent twice, and the second claim does not make its fate doubtful.
func TestRelayReadyDuringSend(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.gw.setAnswer(func(_ context.Context, a attempt) error {
			if a.at > 0 {
				return devicegw.ErrOffline
			}
			b.handler.OnReady(b.ctx, machineNo, 2)
			time.Sleep(2 * time.Second) // the relay claims the woken row
			b.gw.setOffline(machineNo, true)
			return devicegw.ErrOffline
		})
		b.start()
		d := b.dispenseOne()
		b.pass(10 * time.Second)
		b.expectTimes(methodPut, 0)
		if got := b.commandOf(d.ID).Attempts; got != 0 {
			t.Errorf("attempts = %d, want 0: nothing was written", got)
		}
		b.pass(20 * time.Second)
		b.expectDelivery(d.ID, vending.DeliveryFailed)
	})
}

func TestRelayKeepsOrderPerMachine(t *testing.T) {
	inBubble(t, func(b *bench) {
		failures := 3
		b.gw.setAnswer(func(_ context.Context, a attempt) error {
			time.Sleep(100 * time.Millisecond)
			if a.machineNo == machineNo && a.method != methodPut && failures > 0 {
				failures--
				return devicegw.ErrNotAcknowledged
			}
			return nil
		})
		b.start()
		b.queue(machineID, "client.pickup_codes.create", map[string]string{"id": "1"})
		b.pass(time.Second)
		b.queue(machineID, "client.pickup_codes.delete", map[string]string{"id": "1"})
		b.queue(otherID, methodRefresh, nil)
		d := b.dispenseOne()
		b.pass(time.Minute)

		create, remove := b.gw.times("client.pickup_codes.create"), b.gw.times("client.pickup_codes.delete")
		if len(create) != 4 || len(remove) != 1 || remove[0] < create[3] {
			t.Errorf("code created at %v, deleted at %v", create, remove)
		}
		b.expectTimes(methodRefresh, time.Second) // another machine does not wait
		if got := b.gw.times(methodPut); got[0] != time.Second {
			t.Errorf("the dispense command waited for other messages until %v", got[0])
		}
		b.expectDelivery(d.ID, vending.DeliverySent)
	})
}

func TestRelayLongBacklog(t *testing.T) {
	inBubble(t, func(b *bench) {
		const backlog = 400
		b.gw.setAnswer(func(context.Context, attempt) error {
			time.Sleep(time.Millisecond)
			return nil
		})
		b.inTx(func(tx *store.Tx) error {
			for i := range backlog {
				now := b.deps.Clock.Millis()
				err := tx.QueueCommand(b.ctx, store.Command{
					MachineID: machineID, Method: "client.pickup_codes.create",
					Fields: map[string]string{"id": strconv.Itoa(i)}, Now: now, ExpiresAt: now + 3600_000,
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		b.queue(otherID, methodRefresh, nil)
		b.start()
		b.pass(time.Minute)
		b.expectTimes(methodRefresh, 0)
		var order []int
		for _, a := range b.gw.seen() {
			if a.machineNo == machineNo {
				id, err := strconv.Atoi(memberOf(t, decode(t, a.body), "id"))
				b.check(err)
				order = append(order, id)
			}
		}
		if len(order) != backlog || !slices.IsSorted(order) {
			t.Errorf("%d of %d sent, in order: %v", len(order), backlog, slices.IsSorted(order))
		}
	})
}

func TestRelayExpiresOtherMessages(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.gw.setOffline(machineNo, true)
		b.start()
		now := b.deps.Clock.Millis()
		b.inTx(func(tx *store.Tx) error {
			return tx.QueueCommand(b.ctx, store.Command{MachineID: machineID, Method: methodRefresh, Now: now, ExpiresAt: now + 90_000})
		})
		b.pass(89 * time.Second)
		b.gw.setOffline(machineNo, false)
		b.pass(time.Second)
		b.expectTimes(methodRefresh, 0)
		rows, err := b.deps.Store.CommandsOfMachine(b.ctx, machineID)
		b.check(err)
		if rows[0].State != store.CommandExpired {
			t.Errorf("message is %s, want EXPIRED", rows[0].State)
		}
	})
}

func TestRelayUnsendableRow(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.start()
		now := b.deps.Clock.Millis()
		b.inTx(func(tx *store.Tx) error {
			return tx.InsertCommand(b.ctx, db.InsertCommandParams{
				MachineID: machineID, Method: methodRefresh, Fields: "{broken", Now: now, ExpiresAt: now + 12_000,
			})
		})
		b.queue(machineID, methodRefresh, nil)
		b.pass(15 * time.Second)
		if got := b.logs.count("message to a machine not sent"); got != 3 { // at 0, 5 and 10 s
			t.Errorf("%d attempts with a row that cannot be encoded, want 3", got)
		}
		if got := b.gw.times(methodRefresh); len(got) != 1 {
			t.Errorf("the message behind it was sent at %v, want once, when the broken one has expired", got)
		}
	})
}

func TestSweepDeletesOldCommands(t *testing.T) {
	f := newFixture(t, Config{})
	relay := NewRelay(f.deps, &fakeGateway{t: t, clock: f.clock})
	for range 3 {
		f.queue(machineID, methodRefresh, nil)
	}
	finish := func(i int) {
		rows, err := f.deps.Store.CommandsOfMachine(f.ctx, machineID)
		f.check(err)
		f.inTx(func(tx *store.Tx) error {
			_, err := tx.FinishCommand(f.ctx, rows[i].ID)
			return err
		})
	}
	finish(0)
	f.clock.advance(30 * 24 * time.Hour)
	f.check(relay.Sweep(f.ctx))
	if got := f.rows("commands"); got != 3 {
		t.Fatalf("%d rows left after exactly 30 days, want all 3", got)
	}
	f.clock.advance(time.Millisecond)
	f.check(relay.Sweep(f.ctx))
	if got := f.rows("commands"); got != 2 {
		t.Fatalf("%d rows left, want the 2 that are not finished", got)
	}
}

// Where time is moved by hand, what is due goes out in its order, and a dispense
// command again when its repeat is due.
func TestSendDue(t *testing.T) {
	f := newFixture(t, Config{})
	gw := &fakeGateway{t: t, clock: f.clock, offline: map[string]bool{}}
	f.deps.Metrics = nil
	relay := NewRelay(f.deps, gw)
	f.queue(machineID, methodRefresh, nil)
	d := f.dispenseOne()
	for step, want := range [][]string{{methodRefresh, methodPut}, {methodRefresh, methodPut}, {methodRefresh, methodPut, methodPut}} {
		f.check(relay.SendDue(f.ctx))
		var got []string
		for _, a := range gw.seen() {
			got = append(got, a.method)
		}
		if !slices.Equal(got, want) {
			t.Errorf("step %d: sent %s, want %s", step, got, want)
		}
		if step == 1 {
			f.clock.advance(20 * time.Second)
		}
	}
	if got := f.delivery(d.ID).State; got != vending.DeliverySent {
		t.Errorf("the delivery is %s", got)
	}
}
