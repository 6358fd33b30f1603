package storetest

import (
	"slices"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// testClaimsOfNodes: a command leaves from the living node that holds its
// machine, else from any.
func testClaimsOfNodes(t *testing.T, f *Fixture) {
	ctx := t.Context()
	machines, err := f.Store.MachinesOfMerchant(ctx, f.Merchant.ID)
	if err != nil {
		t.Fatal(err)
	}
	held, foreign, free := machines[0].Machine.ID, machines[1].Machine.ID, machines[2].Machine.ID
	f.Write(t, func(tx *store.Tx) error {
		for _, node := range []string{"here", "there"} {
			if err := tx.InsertNode(ctx, node, 1); err != nil {
				return err
			}
		}
		for id, node := range map[int64]string{held: "here", foreign: "there"} {
			if err := tx.MachineMoved(ctx, id, node); err != nil {
				return err
			}
		}
		for _, id := range []int64{held, foreign, free} {
			if err := tx.QueueMessage(ctx, id, "client.machine.refresh", nil, 1); err != nil {
				return err
			}
		}
		return nil
	})
	claim := func(node string, now int64) (ids []int64) {
		f.Write(t, func(tx *store.Tx) error {
			rows, err := tx.ClaimCommands(ctx, db.ClaimCommandsParams{LeaseUntil: now + 10, Now: now, Node: node, Batch: 9})
			for _, row := range rows {
				ids = append(ids, row.MachineID)
			}
			return err
		})
		slices.Sort(ids)
		return ids
	}
	if got, want := claim("here", 10), []int64{held, free}; !slices.Equal(got, want) {
		t.Errorf("claimed commands of machines %v, want %v", got, want)
	}
	f.Write(t, func(tx *store.Tx) error {
		if n, err := tx.DeleteSilentNode(ctx, "there", 1); err != nil || n != 0 {
			t.Errorf("a node was deleted at another beat than its own: %d, %v", n, err)
		}
		_, err := tx.DeleteSilentNode(ctx, "there", 0)
		return err
	})
	if got, want := claim("here", 15), []int64{foreign}; !slices.Equal(got, want) {
		t.Errorf("after the end of its node: claimed commands of machines %v, want %v", got, want)
	}
	if node, err := f.Store.LivingNodeOfMachine(ctx, held); err != nil || node != "here" {
		t.Errorf("machine is held by %q, %v", node, err)
	}
	if node, err := f.Store.LivingNodeOfMachine(ctx, foreign); !store.NotFound(err) {
		t.Errorf("machine of a dead node is held by %q, %v", node, err)
	}
	rows, err := f.Store.EpochsOfNode(ctx, "here")
	if err != nil || len(rows) != 1 || rows[0].MachineNo != machines[0].Machine.MachineNo {
		t.Errorf("machines of the node: %+v, %v", rows, err)
	}
}

// testSweepLease: one node has the turn until it is over or the node is gone.
func testSweepLease(t *testing.T, f *Fixture) {
	ctx := t.Context()
	f.Write(t, func(tx *store.Tx) error {
		for _, node := range []string{"a", "b"} {
			if err := tx.InsertNode(ctx, node, 1); err != nil {
				return err
			}
		}
		return nil
	})
	take := func(node string, now int64) (mine bool) {
		f.Write(t, func(tx *store.Tx) error {
			n, err := tx.TakeLease(ctx, db.TakeLeaseParams{Name: "work", Node: node, Now: now, ExpiresAt: now + 10})
			mine = n == 1
			return err
		})
		return mine
	}
	for _, step := range []struct {
		node string
		now  int64
		mine bool
	}{
		{"a", 0, true}, {"b", 1, false}, {"a", 5, true}, {"b", 14, false}, {"b", 15, true}, {"a", 16, false},
	} {
		if got := take(step.node, step.now); got != step.mine {
			t.Errorf("node %s at %d: %v, want %v", step.node, step.now, got, step.mine)
		}
	}
	f.Write(t, func(tx *store.Tx) error { return tx.DeleteNode(ctx, "b") })
	if !take("a", 17) {
		t.Error("the lease of a node that is gone was not free")
	}
}

// testMoved: a machine that connects to another node is held by that one, with
// a higher epoch.
func testMoved(t *testing.T, f *Fixture) {
	ctx := t.Context()
	var epochs [2]int64
	f.Write(t, func(tx *store.Tx) error {
		for i, node := range []string{"a", "b"} {
			before, err := tx.MachineConnected(ctx, f.Machine.ID, 0, 0)
			if err != nil {
				return err
			}
			if want := []string{"", "a"}[i]; before.Node != want {
				t.Errorf("held by %q before, want %q", before.Node, want)
			}
			epochs[i] = before.Epoch
			if err := tx.MachineMoved(ctx, f.Machine.ID, node); err != nil {
				return err
			}
		}
		return nil
	})
	if epochs[1] <= epochs[0] {
		t.Errorf("epochs %v", epochs)
	}
}
