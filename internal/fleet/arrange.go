package fleet

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// MaxGroupName bounds the name of a group of machines, in bytes.
const MaxGroupName = 100

// SetGroup puts a machine into a group, "" for none, in the caller's transaction.
// It tells whether that is a change, and refuses a machine in transfer.
func (s *Service) SetGroup(ctx context.Context, tx *store.Tx, m store.Machine, group string) (bool, error) {
	if err := vending.ManageGate().Check(m.Machine.Status, m.Presence.IsOnline, false); err != nil {
		return false, err
	}
	if m.Machine.MachineGroup == group {
		return false, nil
	}
	if err := tx.SetMachineGroup(ctx, m.Machine.ID, group); err != nil {
		return false, fmt.Errorf("set the group of a machine: %w", err)
	}
	tx.MachineChanged(m.Machine.ID)
	return true, nil
}

// SetMaintenance takes a machine out of operation, or back into it, in the caller's
// transaction (openapi.md §4.2). It tells whether that is a change, and refuses a
// machine in transfer.
func (s *Service) SetMaintenance(ctx context.Context, tx *store.Tx, m store.Machine, on bool) (bool, error) {
	if err := vending.ManageGate().Check(m.Machine.Status, m.Presence.IsOnline, false); err != nil {
		return false, err
	}
	status := vending.MachineOperational
	if on {
		status = vending.MachineMaintenance
	}
	if m.Machine.Status == status {
		return false, nil
	}
	n, err := tx.SetMachineStatus(ctx, status, m.Machine.ID, m.Machine.Status)
	if err := store.Changed("set the status of a machine", n, err); err != nil {
		return false, err
	}
	tx.MachineChanged(m.Machine.ID)
	return true, nil
}

// SetPickupCodes opens a machine for pickup codes, or closes it, in the caller's
// transaction. It tells whether that is a change, and refuses a machine in transfer.
func (s *Service) SetPickupCodes(ctx context.Context, tx *store.Tx, m store.Machine, enabled bool) (bool, error) {
	if err := vending.ManageGate().Check(m.Machine.Status, m.Presence.IsOnline, false); err != nil {
		return false, err
	}
	n, err := tx.SetPickupCodes(ctx, enabled, m.Machine.ID)
	if err != nil {
		return false, fmt.Errorf("open or close a machine for pickup codes: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	tx.MachineChanged(m.Machine.ID)
	return true, nil
}

// QueueReboot is Reboot in the caller's transaction, for a machine that is online
// and takes the message within a time in milliseconds: it is not to restart hours
// later, when nobody thinks of it any more. It returns the id of the message.
func (s *Service) QueueReboot(ctx context.Context, tx *store.Tx, m store.Machine, within int64) (int64, error) {
	gate := vending.Gate{NoTransfer: true, Online: true}
	if err := gate.Check(m.Machine.Status, m.Presence.IsOnline, false); err != nil {
		return 0, err
	}
	now := s.clock.Millis()
	if err := tx.QueueCommand(ctx, store.Command{MachineID: m.Machine.ID, Method: methodReboot, Now: now, ExpiresAt: now + within}); err != nil {
		return 0, err
	}
	id, err := tx.QueuedCommand(ctx, m.Machine.ID, methodReboot)
	if err != nil {
		return 0, fmt.Errorf("find the message: %w", err)
	}
	return id, nil
}
