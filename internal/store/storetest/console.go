package storetest

import (
	"errors"
	"slices"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// noted returns the changes that fn notes, without their ids.
func (f *Fixture) noted(t *testing.T, fn func()) []db.Change {
	t.Helper()
	before, err := f.Store.ChangesBounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fn()
	rows, err := f.Store.ChangesAfter(t.Context(), before.Last, 100)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		rows[i].ID = 0
	}
	return rows
}

// testNotes: what a page shows is noted once for each transaction, with the
// merchant it belongs to; a heartbeat, which changes little, is not.
func testNotes(t *testing.T, f *Fixture) {
	ctx := t.Context()
	machine, merchant := f.Machine.ID, f.Merchant.ID
	change := func(kind string, ref int64) db.Change {
		return db.Change{MerchantID: merchant, MachineID: machine, Kind: kind, Ref: ref}
	}
	want := func(what string, fn func(), changes ...db.Change) {
		t.Helper()
		if got := f.noted(t, fn); !slices.Equal(got, append([]db.Change{}, changes...)) {
			t.Errorf("%s: noted %+v, want %+v", what, got, changes)
		}
	}
	f.AddCode(t, "12345678", 131, 0)
	var orderID int64
	want("redemption", func() {
		done, err := f.Consume(ctx, "12345678", 131, "20240429092055123456")
		if err != nil {
			t.Fatal(err)
		}
		orderID = done.OrderID
	}, change(store.ChangedOrders, 1))
	want("callback", func() {
		f.Write(t, func(tx *store.Tx) error {
			id, err := tx.QueueCallback(ctx, db.InsertCallbackParams{WebhookID: "w", MerchantID: merchant, OrderID: orderID})
			if err != nil {
				return err
			}
			return tx.InsertCallbackAttempt(ctx, db.InsertCallbackAttemptParams{CallbackID: id, StartedAt: 1})
		})
	}, change(store.ChangedOrders, orderID))
	want("codes", func() {
		f.Write(t, func(tx *store.Tx) error {
			for _, code := range []string{"1111", "2222"} {
				if _, err := tx.InsertCode(ctx, db.InsertCodeParams{MachineID: machine, ProductID: 131, Code: code, Quantity: 1}); err != nil {
					return err
				}
			}
			return nil
		})
	}, change(store.ChangedCodes, machine))
	want("fault", func() {
		f.Write(t, func(tx *store.Tx) error {
			_, err := tx.SetFloorStatus(ctx, 131, "2")
			return err
		})
	}, change(store.ChangedMachines, machine))
	want("alert, twice", func() {
		for range 2 {
			f.Write(t, func(tx *store.Tx) error {
				_, err := tx.OpenAlert(ctx, db.OpenAlertParams{MachineID: machine, Kind: vending.AlertChannel, Subject: "131"})
				return err
			})
		}
	}, change(store.ChangedAlerts, machine))
	want("heartbeat", func() {
		f.Write(t, func(tx *store.Tx) error {
			_, err := tx.Heartbeat(ctx, db.HeartbeatParams{MachineID: machine, LastHeartbeatAt: 1})
			return err
		})
	})
	want("offline", func() { f.Online(t, false) }, change(store.ChangedMachines, machine))
	want("offline already", func() { f.Online(t, false) })
	want("rolled back", func() {
		err := f.Store.InTx(ctx, func(tx *store.Tx) error {
			tx.MachineChanged(machine)
			return errors.New("no")
		})
		if err == nil {
			t.Error("the transaction was committed")
		}
	})
}

// testMachineOverview: pages in the order of the names, whatever a database
// sorts by, have each machine once.
func testMachineOverview(t *testing.T, f *Fixture) {
	ctx := t.Context()
	machines, err := f.Store.MachinesOfMerchant(ctx, f.Merchant.ID)
	if err != nil {
		t.Fatal(err)
	}
	f.Write(t, func(tx *store.Tx) error {
		for i, name := range []string{"ärmel", "Zug", "Zug"} {
			m := machines[i].Machine
			err := tx.UpdateMachine(ctx, db.UpdateMachineParams{ID: m.ID, ModelID: m.ModelID, Name: name, Status: m.Status, MachineType: m.MachineType})
			if err != nil {
				return err
			}
		}
		return nil
	})
	seen := map[int64]bool{}
	p := db.MachineOverviewParams{MerchantID: f.Merchant.ID, PageSize: 1}
	for {
		rows, err := f.Store.MachineOverview(ctx, p)
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) == 0 {
			break
		}
		if seen[rows[0].ID] {
			t.Fatalf("machine %d comes twice", rows[0].ID)
		}
		seen[rows[0].ID] = true
		p.AfterName, p.AfterID = rows[0].Name, rows[0].ID
	}
	if len(seen) != 3 {
		t.Errorf("%d machines, want 3", len(seen))
	}
	for state, want := range map[string]int{"": 3, "offline": 2, "faulty": 0, "low_stock": 0, "attention": 2} {
		rows, err := f.Store.MachineOverview(ctx, db.MachineOverviewParams{MerchantID: f.Merchant.ID, State: state, PageSize: 10})
		if err != nil || len(rows) != want {
			t.Errorf("state %q: %d machines, want %d (%v)", state, len(rows), want, err)
		}
	}
	rows, err := f.Store.MachineOverview(ctx, db.MachineOverviewParams{MerchantID: f.Merchant.ID, Pattern: "%zu%", PageSize: 10})
	if err != nil || len(rows) != 2 {
		t.Errorf("found %d machines, want 2 (%v)", len(rows), err)
	}
}

// testUniqueEmail: an address has one account, also if two are made at once.
func testUniqueEmail(t *testing.T, f *Fixture) {
	errs := race(5, func(int) error {
		return f.Store.InTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.InsertUser(t.Context(), db.InsertUserParams{Email: "a@b.example", Status: "ACTIVE"})
			return err
		})
	})
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
		}
	}
	if n, err := f.Store.CountUsers(t.Context()); made != 1 || n != 1 || err != nil {
		t.Errorf("%d were made, there are %d (%v)", made, n, err)
	}
}
