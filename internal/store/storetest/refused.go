package storetest

import (
	"fmt"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// refused lists the connections of a node that are refused at a time, as machine
// number, epoch and since when.
func (f *Fixture) refused(t *testing.T, now int64, node string) string {
	t.Helper()
	rows, err := f.Store.RefusedConnections(t.Context(), now, node)
	if err != nil {
		t.Fatal(err)
	}
	out := ""
	for _, row := range rows {
		out += fmt.Sprintf("%s %d %d;", row.MachineNo, row.Epoch, row.RefusedFrom)
	}
	return out
}

// Whoever has shown a password before it was revoked is connected before that, and
// then refused, or not at all.
func testRevokedWhileConnecting(t *testing.T, f *Fixture) {
	ctx := t.Context()
	for version := range int64(5) {
		connected := f.winners(t, 8, func(tx *store.Tx, i int) (int64, error) {
			if i == 4 {
				_, err := tx.PasswordsChanged(ctx, 1000, 1000, f.Machine.ID)
				return 0, err
			}
			_, found, err := store.Find(tx.MachineConnected(ctx, f.Machine.ID, version, 0))
			if found {
				return 1, err
			}
			return 0, err
		})
		p, err := f.Store.PresenceOfMachine(ctx, f.Machine.ID)
		if err != nil || p.RefusedFrom != 1000 || p.PasswordVersion != version+1 {
			t.Errorf("%d connections came before; in the end %+v, %v", len(connected), p, err)
		}
	}
}

// The time a connection is refused from follows the changes, and it is listed for
// the node that holds its machine.
func testRefusedConnections(t *testing.T, f *Fixture) {
	ctx := t.Context()
	changed := func(now, from int64) {
		t.Helper()
		f.Write(t, func(tx *store.Tx) error {
			_, err := tx.PasswordsChanged(ctx, now, from, f.Machine.ID)
			return err
		})
	}
	connect := func(version, from int64) (c db.MachineConnectedRow) {
		t.Helper()
		f.Write(t, func(tx *store.Tx) (err error) {
			if c, err = tx.MachineConnected(ctx, f.Machine.ID, version, from); err != nil {
				return err
			}
			return tx.MachineMoved(ctx, f.Machine.ID, "a")
		})
		return c
	}
	want := func(now int64, rows string) {
		t.Helper()
		if got := f.refused(t, now, "a"); got != rows {
			t.Errorf("refused at %d: %q, want %q", now, got, rows)
		}
		if got := f.refused(t, now, "") + f.refused(t, now, "b"); got != "" {
			t.Errorf("refused at other nodes: %q", got)
		}
	}
	connect(0, 0)
	want(1<<60, "")
	changed(100, 200) // an overlap
	want(199, "")
	want(200, MachineNo+" 1 200;")
	changed(150, 250) // and a longer one
	want(249, "")
	changed(160, 160) // that is cut short
	want(160, MachineNo+" 1 160;")
	changed(170, 300) // which a later one does not undo
	want(170, MachineNo+" 1 160;")

	connect(4, 300) // on the old password of the last change
	want(299, "")
	want(300, MachineNo+" 2 300;")
	forget := func(epoch, from int64) int64 {
		return f.changed(t, func(tx *store.Tx) (int64, error) { return tx.ForgetRefused(ctx, f.Machine.ID, epoch, from) })
	}
	if n := forget(1, 300) + forget(2, 160); n != 0 {
		t.Error("a connection was forgotten that is another one")
	}
	want(300, MachineNo+" 2 300;")
	if n := forget(2, 300); n != 1 {
		t.Error("the connection was not forgotten")
	}
	want(1<<60, "")
}
