package fleet

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// silentBatch bounds how many machines one transaction of the sweep takes.
const silentBatch = 500

// Heartbeat is what a machine says of itself every five minutes (mqtt.md §4.3),
// its fields already checked.
type Heartbeat struct {
	MachineID   int64
	NetworkType string
	// NetworkRSSI is "" when the machine does not know it.
	NetworkRSSI string
	// UptimeMinutes is counted since local midnight.
	UptimeMinutes int64
}

// TakeHeartbeat notes a heartbeat; a machine that was offline is online from
// now on (mqtt.md §4.3).
func (s *Service) TakeHeartbeat(ctx context.Context, h Heartbeat) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		before, err := tx.PresenceOfMachine(ctx, h.MachineID)
		if err != nil {
			return fmt.Errorf("presence of machine %d: %w", h.MachineID, err)
		}
		_, err = tx.Heartbeat(ctx, db.HeartbeatParams{
			MachineID: h.MachineID, LastHeartbeatAt: s.clock.Millis(), NetworkType: h.NetworkType,
			NetworkRssi: h.NetworkRSSI, UptimeMinutesToday: h.UptimeMinutes,
		})
		if err != nil {
			return fmt.Errorf("store heartbeat: %w", err)
		}
		if before.IsOnline {
			return nil
		}
		s.log.Info("machine is online", "machine_id", h.MachineID)
		return tx.SetNotice(ctx, h.MachineID, vending.NoticeOnline)
	})
}

// Connected notes that a machine holds a connection with this epoch. Whatever
// an older connection still says of its own end is ignored from now on.
func (s *Service) Connected(ctx context.Context, machineID, epoch int64) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.MachineConnected(ctx, machineID, epoch)
		return err
	})
}

// GoneOffline marks a machine offline at once because it, or its last will,
// said so (mqtt.md §4.4). A will of an older connection than the newest is
// ignored: the machine has come back since.
func (s *Service) GoneOffline(ctx context.Context, machineID, epoch int64, reason string) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		n, err := tx.MachineOffline(ctx, machineID, epoch, vending.NoticeOffline)
		if err == nil && n == 1 {
			s.log.Info("machine is offline", "machine_id", machineID, "reason", reason)
		}
		return err
	})
}

// SilentSweep marks machines offline whose last heartbeat is too long ago
// (mqtt.md §4.3). It is idempotent and may run on several nodes.
func (s *Service) SilentSweep(ctx context.Context) error {
	for {
		limit := s.clock.Millis() - s.cfg.OfflineAfter
		ids, err := s.store.SilentMachines(ctx, limit, silentBatch)
		if err != nil {
			return fmt.Errorf("list silent machines: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		err = s.store.InTx(ctx, func(tx *store.Tx) error {
			for _, id := range ids {
				n, err := tx.MachineFellSilent(ctx, id, limit, vending.NoticeOffline)
				if err != nil {
					return err
				}
				if n == 1 {
					s.log.Info("machine is offline", "machine_id", id, "reason", "no heartbeat")
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("mark silent machines: %w", err)
		}
	}
}
