package store

import (
	"context"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Machine is a machine with what it last said of itself.
type Machine = db.MachineByNoRow

// Sender is what is known of the machine a message comes from.
type Sender = db.SenderByNoRow

// OwnMachine returns a merchant's machine by its number. Unknown machines and
// those of other merchants are the same error, 30003 (errors.md §1).
func OwnMachine(ctx context.Context, q *db.Queries, merchantID int64, machineNo string) (Machine, error) {
	m, found, err := Find(q.MachineByNo(ctx, machineNo))
	if err != nil {
		return m, err
	}
	if !found || m.Machine.MerchantID != merchantID {
		return Machine{}, vending.Refuse(vending.CodeMachineUnknown)
	}
	return m, nil
}

// MachineForOwned returns a machine for a call that names an order or delivery
// of it. owned tells whether the named thing is the caller's and on this
// machine: then the machine may have moved to another merchant since
// (openapi.md §3.2, last note). It returns 30003 otherwise.
func MachineForOwned(ctx context.Context, q *db.Queries, merchantID int64, machineNo string, owned func(machineID int64) (bool, error)) (Machine, error) {
	m, found, err := Find(q.MachineByNo(ctx, machineNo))
	if err != nil {
		return m, err
	}
	if !found {
		return Machine{}, vending.Refuse(vending.CodeMachineUnknown)
	}
	if m.Machine.MerchantID == merchantID {
		return m, nil
	}
	if ok, err := owned(m.Machine.ID); err != nil || !ok {
		if err == nil {
			err = vending.Refuse(vending.CodeMachineUnknown)
		}
		return Machine{}, err
	}
	return m, nil
}
