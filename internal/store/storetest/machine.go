package storetest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// changed runs one statement in a transaction and returns how many rows it
// changed.
func (f *Fixture) changed(t *testing.T, fn func(tx *store.Tx) (int64, error)) (n int64) {
	t.Helper()
	f.Write(t, func(tx *store.Tx) (err error) {
		n, err = fn(tx)
		return err
	})
	return n
}

// winners runs a statement n times at once, each in a transaction of its own,
// and returns the indexes of those that changed a row.
func (f *Fixture) winners(t *testing.T, n int, fn func(tx *store.Tx, i int) (int64, error)) []int {
	t.Helper()
	rows := make([]int64, n)
	errs := race(n, func(i int) error {
		return f.Store.InTx(t.Context(), func(tx *store.Tx) (err error) {
			rows[i], err = fn(tx, i)
			return err
		})
	})
	won := []int{}
	for i, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
		if rows[i] == 1 {
			won = append(won, i)
		}
	}
	return won
}

// neighbour is the id of the merchant's second machine.
func (f *Fixture) neighbour(t *testing.T) int64 {
	t.Helper()
	m, err := f.Store.MachineByNo(t.Context(), "16327130")
	if err != nil {
		t.Fatal(err)
	}
	return m.Machine.ID
}

// Many change one password at once: one does, and nobody who has read an older
// row can touch it.
func testChangePassword(t *testing.T, f *Fixture) {
	ctx := t.Context()
	old := f.Machine.PasswordHash
	won := f.winners(t, 8, func(tx *store.Tx, i int) (int64, error) {
		return tx.ChangePassword(ctx, db.ChangePasswordParams{
			ID: f.Machine.ID, PasswordHash: fmt.Sprintf("new %d", i), PreviousHash: old, PreviousUntil: 1714353655123, OldHash: old,
		})
	})
	if len(won) != 1 {
		t.Fatalf("%d changes won, want 1", len(won))
	}
	want := fmt.Sprintf("new %d %s 1714353655123", won[0], old)
	state := func() string {
		m, err := f.Store.MachineByID(ctx, f.Machine.ID)
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprintf("%s %s %d", m.Machine.PasswordHash, m.Machine.PasswordPreviousHash, m.Machine.PasswordPreviousUntil)
	}
	if got := state(); got != want {
		t.Errorf("passwords %s, want %s", got, want)
	}
	end := func(password string) int64 {
		return f.changed(t, func(tx *store.Tx) (int64, error) { return tx.EndPasswordOverlap(ctx, f.Machine.ID, password) })
	}
	if n := end(old); n != 0 || state() != want {
		t.Errorf("the end of an older overlap left %s, want %s", state(), want)
	}
	newest := fmt.Sprintf("new %d", won[0])
	if first, second := end(newest), end(newest); first != 1 || second != 0 {
		t.Errorf("the overlap ended %d times and %d times more, want once", first, second)
	}
	if got, want := state(), fmt.Sprintf("new %d  0", won[0]); got != want {
		t.Errorf("after the overlap %s, want %s", got, want)
	}
	if m, err := f.Store.MachineByID(ctx, f.neighbour(t)); err != nil || m.Machine.PasswordPreviousHash != "" {
		t.Errorf("another machine's password was changed (%v)", err)
	}
}

// A running total is replaced only by one who has read it as it is: every one
// of its four numbers counts.
func testTrafficTotal(t *testing.T, f *Fixture) {
	ctx := t.Context()
	won := f.winners(t, 8, func(tx *store.Tx, _ int) (int64, error) {
		return tx.InsertTrafficTotal(ctx, db.InsertTrafficTotalParams{
			MachineID: f.Machine.ID, NetworkType: 1, UploadBytes: 1, DownloadBytes: 2, UploadPackets: 3, DownloadPackets: 4,
		})
	})
	if len(won) != 1 {
		t.Fatalf("%d first totals won, want 1", len(won))
	}
	next := db.UpdateTrafficTotalParams{
		MachineID: f.Machine.ID, NetworkType: 1, UploadBytes: 1 << 40, DownloadBytes: 20, UploadPackets: 30, DownloadPackets: 40,
		OldUploadBytes: 1, OldDownloadBytes: 2, OldUploadPackets: 3, OldDownloadPackets: 4,
	}
	update := func(change func(*db.UpdateTrafficTotalParams)) int64 {
		p := next
		change(&p)
		return f.changed(t, func(tx *store.Tx) (int64, error) { return tx.UpdateTrafficTotal(ctx, p) })
	}
	for name, change := range map[string]func(*db.UpdateTrafficTotalParams){
		"upload bytes":     func(p *db.UpdateTrafficTotalParams) { p.OldUploadBytes++ },
		"download bytes":   func(p *db.UpdateTrafficTotalParams) { p.OldDownloadBytes++ },
		"upload packets":   func(p *db.UpdateTrafficTotalParams) { p.OldUploadPackets++ },
		"download packets": func(p *db.UpdateTrafficTotalParams) { p.OldDownloadPackets++ },
		"network":          func(p *db.UpdateTrafficTotalParams) { p.NetworkType = 2 },
		"machine":          func(p *db.UpdateTrafficTotalParams) { p.MachineID = f.neighbour(t) },
	} {
		if n := update(change); n != 0 {
			t.Errorf("other %s: %d rows changed", name, n)
		}
	}
	won = f.winners(t, 8, func(tx *store.Tx, _ int) (int64, error) { return tx.UpdateTrafficTotal(ctx, next) })
	if len(won) != 1 {
		t.Errorf("%d totals won, want 1", len(won))
	}
	want := db.TrafficTotal{MachineID: f.Machine.ID, NetworkType: 1, UploadBytes: 1 << 40, DownloadBytes: 20, UploadPackets: 30, DownloadPackets: 40}
	if got, err := f.Store.TrafficTotal(ctx, f.Machine.ID, 1); err != nil || got != want {
		t.Errorf("total %+v, want %+v (%v)", got, want, err)
	}
}

// Old lines go in batches, oldest first; younger ones and those of the very
// limit stay.
func testDeleteMachineLogs(t *testing.T, f *Fixture) {
	ctx := t.Context()
	machines := []int64{f.Machine.ID, f.neighbour(t)}
	f.Write(t, func(tx *store.Tx) error {
		for at := int64(1); at <= 6; at++ {
			err := tx.InsertMachineLog(ctx, db.InsertMachineLogParams{MachineID: machines[at%2], Method: fmt.Sprint(at), Payload: "{}", CreatedAt: at})
			if err != nil {
				return err
			}
		}
		return nil
	})
	left := func() (methods []string) {
		for _, id := range machines {
			rows, err := f.Store.MachineLogPage(ctx, id, 0, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range rows {
				methods = append(methods, row.Method)
			}
		}
		slices.Sort(methods)
		return methods
	}
	for _, step := range []struct {
		deleted int64
		left    []string
	}{{2, []string{"3", "4", "5", "6"}}, {2, []string{"5", "6"}}, {0, []string{"5", "6"}}} {
		n := f.changed(t, func(tx *store.Tx) (int64, error) { return tx.DeleteOldMachineLogs(ctx, 5, 2) })
		if got := left(); n != step.deleted || !slices.Equal(got, step.left) {
			t.Fatalf("%d lines deleted, want %d; left %q, want %q", n, step.deleted, got, step.left)
		}
	}
}

// Waiting messages of one method are taken back; everything else of the machine
// and of others still goes out.
func testWithdrawMessages(t *testing.T, f *Fixture) {
	ctx := t.Context()
	const method = "client.machine.password.modified"
	queue := func(machineID int64, method string, deliveryID int64) int64 {
		f.Write(t, func(tx *store.Tx) error {
			return tx.QueueCommand(ctx, store.Command{MachineID: machineID, Method: method, DeliveryID: deliveryID, Now: 1, ExpiresAt: 100})
		})
		rows, err := f.Store.CommandsOfMachine(ctx, machineID)
		if err != nil {
			t.Fatal(err)
		}
		return rows[len(rows)-1].ID
	}
	expired := queue(f.Machine.ID, method, 0)
	f.changed(t, func(tx *store.Tx) (int64, error) { return tx.ExpireCommand(ctx, expired, "") })
	first, second := queue(f.Machine.ID, method, 0), queue(f.Machine.ID, method, 0)
	other := queue(f.Machine.ID, "client.machine.refresh", 0)
	delivery := queue(f.Machine.ID, method, 7)
	abroad := queue(f.neighbour(t), method, 0)
	f.Write(t, func(tx *store.Tx) error { return tx.WithdrawMessages(ctx, f.Machine.ID, method) })
	f.Write(t, func(tx *store.Tx) error {
		rows, err := tx.ClaimCommands(ctx, db.ClaimCommandsParams{LeaseUntil: 20, Now: 10, Batch: 500})
		claimed := []int64{}
		for _, row := range rows {
			claimed = append(claimed, row.ID)
		}
		slices.Sort(claimed)
		if want := []int64{other, delivery, abroad}; !slices.Equal(claimed, want) {
			t.Errorf("messages that still go out: %v, want %v", claimed, want)
		}
		return err
	})
	states := map[int64]string{expired: store.CommandExpired, first: store.CommandDone, second: store.CommandDone}
	rows, err := f.Store.CommandsOfMachine(ctx, f.Machine.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if want, known := states[row.ID]; known && row.State != want {
			t.Errorf("message %d is %s, want %s", row.ID, row.State, want)
		}
	}
}
