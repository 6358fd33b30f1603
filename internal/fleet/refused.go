package fleet

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// forgetAfter is how long a connection that was not found is looked for, in
// milliseconds: one that was noted is served within the time a CONNECT may take.
const forgetAfter = 60 * 1000

// EndRefused ends the connections to this node whose password is not accepted any
// more: it was revoked, or the overlap after a change is over (ADR 8). end is called
// with a machine and the epoch of its newest connection, and returns whether there
// was a connection to end.
func (s *Service) EndRefused(ctx context.Context, end func(machineNo string, epoch int64) bool) error {
	now := s.clock.Millis()
	rows, err := s.store.RefusedConnections(ctx, now, s.cfg.Node)
	if err != nil {
		return fmt.Errorf("list connections on refused passwords: %w", err)
	}
	gone := map[int64]db.RefusedConnectionsRow{}
	ids := []int64{}
	for _, c := range rows {
		switch {
		case end(c.MachineNo, c.Epoch):
			s.log.Info("connection ended: its password is not accepted any more", "machine_no", c.MachineNo, "epoch", c.Epoch)
		case c.RefusedFrom <= now-forgetAfter:
			gone[c.MachineID] = c
			ids = append(ids, c.MachineID)
		}
	}
	err = s.store.InBatch(ctx, ids, func(tx *store.Tx, id int64) error {
		_, err := tx.ForgetRefused(ctx, id, gone[id].Epoch, gone[id].RefusedFrom) // none if it is back
		return err
	})
	if err != nil {
		return fmt.Errorf("forget refused connections: %w", err)
	}
	return nil
}
