package fleet

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

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

// TakeHeartbeat stores a heartbeat; a machine that was offline is online from
// now on (mqtt.md §4.3). It returns after the commit, which heartbeats that
// arrive at the same time share. When ctx ends first, the heartbeat counts all
// the same.
func (s *Service) TakeHeartbeat(ctx context.Context, h Heartbeat) error {
	return s.presence.do(ctx, h.MachineID, s.beatChange(h, s.clock.Millis()))
}

// TakeHeartbeats is TakeHeartbeat for some that come together: they share one
// transaction, or some if others wait. done is called for each with its place, in any
// order, before this returns.
func (s *Service) TakeHeartbeats(ctx context.Context, hs []Heartbeat, done func(i int, err error)) {
	at := s.clock.Millis()
	batch := make([]write, len(hs))
	for i, h := range hs {
		batch[i] = write{machineID: h.MachineID, change: s.beatChange(h, at), done: func(err error) { done(i, err) }}
	}
	s.presence.together(ctx, batch)
}

func (s *Service) beatChange(h Heartbeat, at int64) func(ctx context.Context, tx *store.Tx) error {
	return func(ctx context.Context, tx *store.Tx) error {
		if err := s.storeBeat(ctx, tx, h, at); err != nil {
			return fmt.Errorf("heartbeat of machine %d: %w", h.MachineID, err)
		}
		return nil
	}
}

func (s *Service) storeBeat(ctx context.Context, tx *store.Tx, b Heartbeat, at int64) error {
	n, err := tx.Heartbeat(ctx, db.HeartbeatParams{
		MachineID: b.MachineID, LastHeartbeatAt: at, NetworkType: b.NetworkType,
		NetworkRssi: b.NetworkRSSI, UptimeMinutesToday: b.UptimeMinutes,
	})
	if err != nil || n == 1 {
		return err
	}
	n, err = tx.HeartbeatBack(ctx, db.HeartbeatBackParams{
		MachineID: b.MachineID, LastHeartbeatAt: at, NetworkType: b.NetworkType,
		NetworkRssi: b.NetworkRSSI, UptimeMinutesToday: b.UptimeMinutes, NotifyMessage: vending.NoticeOnline,
	})
	if err != nil || n == 0 {
		return err
	}
	s.log.Info("machine is online", "machine_id", b.MachineID)
	return alerts.Resolve(ctx, tx, b.MachineID, vending.AlertOffline, "", at)
}
