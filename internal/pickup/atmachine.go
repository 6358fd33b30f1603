package pickup

import (
	"context"
	"strconv"

	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// UsedAtMachine notes that a code was used at the machine itself (mqtt.md
// §4.11): UNUSED becomes USED, without an order yet. A code that has ended
// stays as it is, which is logged; one that was redeemed over HTTP is an alert,
// because goods may have left twice. It refuses with 10024 for a code of another
// machine.
func (s *Service) UsedAtMachine(ctx context.Context, machineID, codeID int64) error {
	return store.Retry("code used at the machine", func() error {
		return s.store.InTx(ctx, func(tx *store.Tx) error {
			code, found, err := store.Find(tx.CodeOfMachine(ctx, codeID, machineID))
			if err != nil {
				return err
			}
			if !found {
				return vending.Refuse(vending.CodePickupCodeUnknown)
			}
			now := s.clock.Millis()
			state := vending.CodeStateAt(code.State, code.ExpiredAt, now)
			switch {
			case state == vending.CodeUnused:
				n, err := tx.UseCodeAtMachine(ctx, now, codeID)
				return store.Changed("use code", n, err)
			case state == vending.CodeUsed && code.OrderID == 0:
				return nil // the machine repeats itself
			case state != vending.CodeUsed:
				s.log.Warn("code used at a machine after its end", "machine_id", machineID, "code_id", codeID, "state", state)
				return nil
			}
			return alerts.Raise(ctx, tx, s.log, alerts.Alert{
				MachineID: machineID, Kind: vending.AlertCode, Subject: strconv.FormatInt(codeID, 10),
				Detail: "used at the machine although it is " + string(state), At: now,
			})
		})
	})
}
