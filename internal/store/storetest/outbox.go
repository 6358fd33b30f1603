package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// 16 callers dispense 8 records of one machine at once: one gets the lock.
func testDispenseLock(t *testing.T, f *Fixture) {
	const records = 8
	orders, recordIDs := make([]int64, records), make([]int64, records)
	for i := range records {
		f.AddCode(t, fmt.Sprintf("10000%02d", i), 131, 0)
		done, err := f.Consume(t.Context(), fmt.Sprintf("10000%02d", i), 131, fmt.Sprintf("2024042900000000%04d", i))
		if err != nil {
			t.Fatal(err)
		}
		orders[i], recordIDs[i] = done.OrderID, done.RecordID
	}
	errs := race(2*records, func(i int) error {
		_, _, err := f.Dispense.Start(t.Context(), f.Merchant, dispense.Request{
			MachineNo: MachineNo, OrderID: orders[i%records], RecordID: recordIDs[i%records],
		})
		return err
	})
	won := 0
	for _, err := range errs {
		switch vending.CodeOf(err) {
		case 0:
			won++
		case vending.CodeMachineDispensing, vending.CodeAlreadyDelivered:
		default:
			t.Errorf("unexpected answer %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d dispenses were accepted at once, want 1", won)
	}
	commands, err := f.Store.CommandsOfMachine(t.Context(), f.Machine.ID)
	if err != nil {
		t.Fatal(err)
	}
	puts := 0
	for _, c := range commands {
		if c.Method == "device.delivery.put" {
			puts++
		}
	}
	if puts != 1 {
		t.Errorf("%d dispense commands are queued, want 1", puts)
	}
}

// startDelivery redeems a code and dispenses it.
func (f *Fixture) startDelivery(t *testing.T, n int) db.Delivery {
	t.Helper()
	code := fmt.Sprintf("20000%02d", n)
	f.AddCode(t, code, 131, 0)
	done, err := f.Consume(t.Context(), code, 131, fmt.Sprintf("2024043000000000%04d", n))
	if err != nil {
		t.Fatal(err)
	}
	delivery, _, err := f.Dispense.Start(t.Context(), f.Merchant, dispense.Request{
		MachineNo: MachineNo, OrderID: done.OrderID, RecordID: done.RecordID,
	})
	if err != nil {
		t.Fatal(err)
	}
	return delivery
}

// A report that meets the time-out sweep is applied exactly once, whichever
// comes first, and the record ends as the report says.
func testReportRace(t *testing.T, f *Fixture) {
	for round := range 5 {
		d := f.startDelivery(t, round)
		f.Advance(121 * time.Second)
		errs := race(4, func(i int) error {
			if i%2 == 0 {
				return f.Dispense.TimeoutSweep(t.Context())
			}
			return f.Dispense.TakeReport(t.Context(), dispense.Report{
				MachineID: f.Machine.ID, DeliveryID: d.ID, OrderID: d.OrderID, RecordID: d.RecordID,
				Success: true, Delivered: -1,
			})
		})
		for _, err := range errs {
			if err != nil {
				t.Fatal(err)
			}
		}
		got, err := f.Store.DeliveryByID(t.Context(), d.ID)
		if err != nil || got.State != vending.DeliverySuccess {
			t.Fatalf("delivery is %s (%v)", got.State, err)
		}
		record, err := f.Store.RecordByID(t.Context(), d.RecordID)
		if err != nil || record.State != vending.RecordSuccess || record.Delivered != 1 {
			t.Fatalf("record is %s with %d delivered (%v)", record.State, record.Delivered, err)
		}
		callbacks, err := f.Store.CallbacksOfOrder(t.Context(), d.OrderID)
		if err != nil || len(callbacks) < 1 || len(callbacks) > 2 {
			t.Fatalf("%d callbacks, want 1, or 2 after a time-out (%v)", len(callbacks), err)
		}
	}
}

func testClaims(t *testing.T, f *Fixture) {
	ctx := t.Context()
	const rows = 200
	f.Write(t, func(tx *store.Tx) error {
		for range rows {
			if err := tx.QueueCommand(ctx, store.Command{MachineID: f.Machine.ID, Method: "client.machine.refresh", Now: 1, ExpiresAt: 1 << 60}); err != nil {
				return err
			}
		}
		return nil
	})
	var mu sync.Mutex
	claimed := map[int64]int{}
	errs := race(8, func(int) error {
		for {
			var batch []db.Command
			err := f.Store.InTx(ctx, func(tx *store.Tx) (err error) {
				batch, err = tx.ClaimCommands(ctx, db.ClaimCommandsParams{LeaseUntil: 20, Now: 10, Batch: 7})
				return err
			})
			if err != nil || len(batch) == 0 {
				return err
			}
			mu.Lock()
			for _, c := range batch {
				claimed[c.ID]++
			}
			mu.Unlock()
		}
	})
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(claimed) != rows {
		t.Errorf("%d rows claimed, want %d", len(claimed), rows)
	}
	for id, n := range claimed {
		if n != 1 {
			t.Errorf("row %d was claimed %d times", id, n)
		}
	}
}

func testLease(t *testing.T, f *Fixture) {
	ctx := t.Context()
	f.Write(t, func(tx *store.Tx) error {
		return tx.QueueCommand(ctx, store.Command{MachineID: f.Machine.ID, Method: "client.machine.refresh", Now: 1, ExpiresAt: 1 << 60})
	})
	wantLease(t, func(now int64) (attempts []int64) {
		f.Write(t, func(tx *store.Tx) error {
			batch, err := tx.ClaimCommands(ctx, db.ClaimCommandsParams{LeaseUntil: now + 10, Now: now, Batch: 7})
			for _, c := range batch {
				attempts = append(attempts, c.Attempts)
			}
			return err
		})
		return attempts
	})
}

func testCallbackLease(t *testing.T, f *Fixture) {
	ctx := t.Context()
	f.Write(t, func(tx *store.Tx) error {
		_, err := tx.QueueCallback(ctx, db.InsertCallbackParams{WebhookID: "msg_1", MerchantID: f.Merchant.ID, Now: 1})
		return err
	})
	wantLease(t, func(now int64) (attempts []int64) {
		f.Write(t, func(tx *store.Tx) error {
			batch, err := tx.ClaimCallbacks(ctx, db.ClaimCallbacksParams{LeaseUntil: now + 10, Now: now, Batch: 7})
			for _, c := range batch {
				attempts = append(attempts, c.Attempts)
			}
			return err
		})
		return attempts
	})
}

// wantLease claims the one due row for ten milliseconds at a time. claim returns
// the attempts of the rows it got.
func wantLease(t *testing.T, claim func(now int64) []int64) {
	t.Helper()
	for _, step := range []struct {
		now  int64
		want []int64
	}{{10, []int64{1}}, {19, nil}, {20, []int64{2}}} {
		if got := claim(step.now); !slices.Equal(got, step.want) {
			t.Fatalf("at %d: rows with attempts %v, want %v", step.now, got, step.want)
		}
	}
}

func testEpochs(t *testing.T, f *Fixture) {
	ctx := t.Context()
	machines := f.Fleet
	var epochs []int64
	for range 2 {
		c, err := machines.Connected(ctx, MachineNo, fleet.Admission{})
		if err != nil {
			t.Fatal(err)
		}
		epochs = append(epochs, c.Epoch)
	}
	if epochs[1] <= epochs[0] {
		t.Errorf("epochs %v, want rising ones", epochs)
	}
	online := func() bool {
		p, err := f.Store.PresenceOfMachine(ctx, f.Machine.ID)
		if err != nil {
			t.Fatal(err)
		}
		return p.IsOnline
	}
	if err := machines.GoneOffline(ctx, f.Machine.ID, epochs[0], "old will"); err != nil || !online() {
		t.Errorf("the will of an older connection took the machine offline (%v)", err)
	}
	if err := machines.GoneOffline(ctx, f.Machine.ID, epochs[1], "will"); err != nil || online() {
		t.Errorf("the will of the newest connection was ignored (%v)", err)
	}
}

func testSilent(t *testing.T, f *Fixture) {
	ctx := t.Context()
	machines := f.Fleet
	state := func() db.Presence {
		if err := machines.SilentSweep(ctx); err != nil {
			t.Fatal(err)
		}
		p, err := f.Store.PresenceOfMachine(ctx, f.Machine.ID)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	f.Advance(10*time.Minute - time.Millisecond)
	if !state().IsOnline {
		t.Error("offline before ten minutes of silence")
	}
	f.Advance(time.Millisecond)
	if p := state(); p.IsOnline || p.NotifyMessage != vending.NoticeOffline {
		t.Errorf("after ten minutes: online %v, notice %q", p.IsOnline, p.NotifyMessage)
	}
}

func testDeleteOld(t *testing.T, f *Fixture) {
	ctx := t.Context()
	d := f.startDelivery(t, 1)
	f.Write(t, func(tx *store.Tx) error { return tx.FinishCommandsOfDelivery(ctx, d.ID) })
	remove := func(before int64) (n int64) {
		f.Write(t, func(tx *store.Tx) (err error) {
			n, err = tx.DeleteOldCommands(ctx, before, 500)
			return err
		})
		return n
	}
	if n := remove(f.Now().UnixMilli()); n != 0 {
		t.Errorf("%d rows deleted that are not old", n)
	}
	if n := remove(f.Now().UnixMilli() + 1); n != 1 {
		t.Errorf("%d old finished rows deleted, want 1 (a queued one stays)", n)
	}
}
