package fleet

import (
	"context"
	"errors"
	"fmt"

	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

const (
	// sweepBatch bounds how many machines, or rows, one transaction of a sweep takes.
	sweepBatch = 500
	// offlineAlertAfter is how long a machine that said goodbye may take to
	// come back before it is an alert, in milliseconds (mqtt.md §4.4).
	offlineAlertAfter = 30 * 1000
)

// ErrNoMachine means that there is no machine of a number (any more).
var ErrNoMachine = errors.New("there is no such machine")

// ErrPasswordChanged means that a machine's passwords have changed between
// Authenticate and Connected: what it has shown may not be accepted any more.
var ErrPasswordChanged = errors.New("the passwords of the machine were changed meanwhile")

// Connection is a machine's new connection.
type Connection struct {
	// Epoch is higher than that of every connection the machine had before.
	Epoch int64
	// TakenFrom is the other node that held the machine before, "" for none.
	TakenFrom string
}

// Connected notes that a machine connects to this node, which holds it from now
// on. Whatever an older connection still says of its own end is ignored once it
// returns. It returns ErrNoMachine for a number without a machine, and
// ErrPasswordChanged.
func (s *Service) Connected(ctx context.Context, machineNo string, a Admission) (Connection, error) {
	id, found, err := store.Find(s.store.MachineIDByNo(ctx, machineNo))
	if err != nil {
		return Connection{}, err
	}
	if !found {
		return Connection{}, fmt.Errorf("machine %s: %w", machineNo, ErrNoMachine)
	}
	var c Connection
	admitted := false
	err = s.presence.do(ctx, id, func(ctx context.Context, tx *store.Tx) error {
		before, found, err := store.Find(tx.MachineConnected(ctx, id, a.Version, a.RefusedFrom))
		if admitted = found; err != nil || !found {
			return err
		}
		c = Connection{Epoch: before.Epoch}
		if before.Node == s.cfg.Node {
			return nil
		}
		c.TakenFrom = before.Node
		return tx.MachineMoved(ctx, id, s.cfg.Node)
	})
	if err == nil && !admitted {
		err = ErrPasswordChanged
	}
	if err != nil {
		return Connection{}, fmt.Errorf("connection of machine %s: %w", machineNo, err)
	}
	return c, nil
}

// GoneOffline marks a machine offline at once because it, or its last will,
// said so (mqtt.md §4.4). A will of an older connection than the newest is
// ignored: the machine has come back since.
func (s *Service) GoneOffline(ctx context.Context, machineID, epoch int64, reason string) error {
	at := s.clock.Millis()
	return s.presence.do(ctx, machineID, func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.MachineOffline(ctx, db.MachineOfflineParams{
			MachineID: machineID, Epoch: epoch, NotifyMessage: vending.NoticeOffline,
			AlertAt: at + offlineAlertAfter,
		})
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
		now := s.clock.Millis()
		limit := now - s.cfg.OfflineAfter
		ids, err := s.store.SilentMachines(ctx, limit, sweepBatch)
		if err != nil {
			return fmt.Errorf("list silent machines: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		// One by one on an engine with many writers: heartbeats come in any
		// order, and nobody must wait in a circle.
		err = s.store.InBatch(ctx, ids, func(tx *store.Tx, id int64) error {
			n, err := tx.MachineFellSilent(ctx, db.MachineFellSilentParams{
				MachineID: id, LastHeartbeatAt: limit, NotifyMessage: vending.NoticeOffline, AlertAt: now,
			})
			if err == nil && n == 1 {
				s.log.Info("machine is offline", "machine_id", id, "reason", "no heartbeat")
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("mark silent machines: %w", err)
		}
	}
}

// OfflineAlertSweep raises the alert about machines that went offline and have
// not come back in time (mqtt.md §4.4). It is idempotent and may run on several
// nodes.
func (s *Service) OfflineAlertSweep(ctx context.Context) error {
	for {
		now := s.clock.Millis()
		ids, err := s.store.MachinesToAlert(ctx, now, sweepBatch)
		if err != nil {
			return fmt.Errorf("list offline machines: %w", err)
		}
		err = s.store.InBatch(ctx, ids, func(tx *store.Tx, id int64) error {
			n, err := tx.AlertTaken(ctx, id, now)
			if err != nil || n == 0 {
				return err // it has come back
			}
			return alerts.Raise(ctx, tx, s.log, alerts.Alert{
				MachineID: id, Kind: vending.AlertOffline, Detail: "machine is offline", At: now,
			})
		})
		if err != nil {
			return fmt.Errorf("alert about offline machines: %w", err)
		}
		if len(ids) < sweepBatch {
			return nil
		}
	}
}
