package nodes

import (
	"context"
	"fmt"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

const (
	// beatEvery is how often a node gives a sign of life and looks at those of
	// the others.
	beatEvery = 2 * time.Second
	// patience is how many looks in a row find no sign of life of a node that
	// is declared dead: after 8 to 10 s. Looks are counted, not time, so that
	// nobody is dead because the database was away or a clock is wrong.
	patience = 4
	// repairEvery is how often a node looks for machines that have gone to
	// another node without its being told.
	repairEvery = 10 * time.Second
)

// sighting is the last sign of life of another node, when it was found, and how
// many looks have found no newer one.
type sighting struct {
	beat  int64
	at    int64
	stale int
}

// Sign is the last sign of life of a node, as another has found it; times in UTC
// milliseconds.
type Sign struct {
	ID                string
	StartedAt, SeenAt int64
}

// beat gives signs of life until ctx ends.
func (n *Node) beat(ctx context.Context, gateway Gateway) {
	ticker := time.NewTicker(beatEvery)
	defer ticker.Stop()
	for {
		if err := n.beatOnce(ctx, gateway); n.blind.begins(ctx, err) {
			n.log.Error("no sign of life to the other nodes", "node", n.id, "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (n *Node) beatOnce(ctx context.Context, gateway Gateway) error {
	var known []db.Node
	lost := false
	err := n.bus.Aside(ctx, func(tx *db.Queries) error {
		beaten, err := tx.BeatNode(ctx, n.id)
		if err != nil {
			return err
		}
		if lost = beaten == 0; lost {
			if err := tx.InsertNode(ctx, n.id, n.clock.Millis()); err != nil {
				return err
			}
		}
		known, err = tx.Nodes(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if lost {
		// The others have taken its machines for free meanwhile. Machines that
		// connect anew are held by somebody again, and what waits for them
		// goes out.
		n.log.Warn("this node was taken for dead; its machines are sent away to connect again", "node", n.id)
		gateway.DisconnectAll()
	}
	return n.bury(ctx, n.look(known))
}

// look notes signs of life and returns the nodes that are dead.
func (n *Node) look(known []db.Node) (dead []db.Node) {
	now := n.clock.Millis()
	signs := make([]Sign, 0, len(known))
	seen := make(map[string]sighting, len(known))
	for _, other := range known {
		if other.ID == n.id {
			signs = append(signs, Sign{other.ID, other.StartedAt, now})
			continue
		}
		s, before := n.others[other.ID]
		if before && s.beat == other.Beat {
			s.stale++
		} else {
			s = sighting{beat: other.Beat, at: now}
		}
		seen[other.ID] = s
		signs = append(signs, Sign{other.ID, other.StartedAt, s.at})
		if s.stale >= patience {
			dead = append(dead, other)
		}
	}
	n.others = seen
	n.signs.Store(&signs)
	return dead
}

// bury frees what dead nodes held.
func (n *Node) bury(ctx context.Context, dead []db.Node) error {
	for _, other := range dead {
		var rows int64
		err := n.store.InTx(ctx, func(tx *store.Tx) error {
			var err error
			rows, err = tx.DeleteSilentNode(ctx, other.ID, other.Beat)
			return err
		})
		if err != nil {
			return fmt.Errorf("free what node %s held: %w", other.ID, err)
		}
		if rows == 1 {
			n.log.Warn("a node is dead; what it held is free", "node", other.ID)
			n.store.WakeCommands()
			n.store.Callbacks.Notify()
			n.store.Alerts.Notify()
		}
	}
	return nil
}

// repair ends connections of machines that another node holds, now and then and
// whenever now fires.
func (n *Node) repair(ctx context.Context, gateway Gateway, now *store.Signal) {
	ticker := time.NewTicker(repairEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-now.C():
		}
		if err := n.repairOnce(ctx, gateway); err != nil && ctx.Err() == nil {
			n.log.Error("machines at other nodes not looked for", "node", n.id, "error", err)
		}
	}
}

func (n *Node) repairOnce(ctx context.Context, gateway Gateway) error {
	// In this order: a machine is held by its node before its connection counts.
	connected := gateway.Epochs()
	rows, err := n.store.EpochsOfNode(ctx, n.id)
	if err != nil {
		return fmt.Errorf("list the machines of this node: %w", err)
	}
	for _, held := range rows {
		delete(connected, held.MachineNo)
	}
	for machineNo, epoch := range connected {
		if gateway.TakenOver(machineNo, epoch+1) {
			n.log.Info("machine is at another node", "machine_no", machineNo)
		}
	}
	return nil
}
