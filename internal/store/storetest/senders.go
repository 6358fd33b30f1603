package storetest

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// Many who ask at once, also for one machine, each get the sender of their number,
// and one that cannot be asked for at all takes nothing from the others.
func testSenders(t *testing.T, f *Fixture) {
	ctx := t.Context()
	f.Write(t, func(tx *store.Tx) error {
		m := f.Machine
		if err := tx.UpdateMachine(ctx, db.UpdateMachineParams{ID: m.ID, ModelID: m.ModelID, Name: m.Name, Status: m.Status, Timezone: "Asia/Shanghai"}); err != nil {
			return err
		}
		_, err := tx.RotateAppKey(ctx, db.RotateAppKeyParams{ID: f.Merchant.ID, Sealed: "new", OldSealed: f.Merchant.AppKeySealed, PreviousUntil: 7})
		return err
	})
	numbers := []string{MachineNo, "16327130", "16327131", "0", "", `1"6`, "号", "16327129 ", "\xff"}
	senders, failed := make([]store.Sender, 20*len(numbers)), make([]error, 20*len(numbers))
	race(len(senders), func(i int) error {
		senders[i], failed[i] = f.Store.SenderByNo(ctx, numbers[i%len(numbers)])
		return nil
	})
	for i, number := range numbers[:len(numbers)-1] {
		want, found, err := store.Find(f.Store.Queries.SenderByNo(ctx, number))
		if err != nil {
			t.Fatal(err)
		}
		for j := i; j < len(senders); j += len(numbers) {
			if senders[j] != want || found != (failed[j] == nil) || !found && !store.NotFound(failed[j]) {
				t.Errorf("%q: %+v, %v, want %+v", number, senders[j], failed[j], want)
			}
		}
	}
	if f.Machine.ID != senders[0].ID {
		t.Errorf("machine %d, want %d", senders[0].ID, f.Machine.ID)
	}
	// A column that another statement forgets would go unseen if it were empty here.
	for sender, i := reflect.ValueOf(senders[0]), 0; i < sender.NumField(); i++ {
		if sender.Field(i).IsZero() {
			t.Errorf("%s has no value", sender.Type().Field(i).Name)
		}
	}
	// The store goes another way where this one fails.
	if got, err := f.Engine.Senders(ctx, []string{MachineNo}); err != nil || len(got) != 1 || got[0] != senders[0] {
		t.Errorf("looked up together: %+v, %v, want %+v", got, err, senders[0])
	}
}

// A sender is read as it is now: what was changed before the call is seen.
func testSenderNow(t *testing.T, f *Fixture) {
	for i := range 8 {
		sealed := fmt.Sprint("key ", i)
		f.Write(t, func(tx *store.Tx) error {
			return tx.UpdateMerchant(t.Context(), db.UpdateMerchantParams{ID: f.Merchant.ID, AppKeySealed: sealed})
		})
		if got, err := f.Store.SenderByNo(t.Context(), MachineNo); err != nil || got.AppKeySealed != sealed {
			t.Errorf("change %d: %+v, %v", i, got, err)
		}
	}
}
