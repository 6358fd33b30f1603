package dispense

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// pickUpWithin is how long after a dispense a closed door still tells that the
// goods were taken, in milliseconds (mqtt.md §4.8).
const pickUpWithin = 10 * 60 * 1000

// ChannelStatus is what a machine says of a channel (mqtt.md §4.7, §4.8), its
// values already checked; "" is left out.
type ChannelStatus struct {
	MachineID   int64
	ProductID   int64
	FloorStatus string
	LockStatus  string
}

// TakeChannelStatus stores the state of a channel and its door. A faulty
// channel blocks its product and is an alert; a door that closes after it was
// open turns the last success of the last 10 minutes into picked up. It refuses
// with 60001 for a product of another machine.
func (s *Service) TakeChannelStatus(ctx context.Context, c ChannelStatus) error {
	return store.Retry("status of a channel", func() error {
		return s.store.InTx(ctx, func(tx *store.Tx) error {
			p, found, err := store.Find(tx.ProductOfMachine(ctx, c.ProductID, c.MachineID))
			if err != nil {
				return err
			}
			if !found {
				return vending.RefuseProduct(vending.CodeProductUnknown, c.ProductID)
			}
			if c.FloorStatus != "" {
				if err := catalog.SetFloorStatus(ctx, tx, s.log, p.MachineID, p.ID, c.FloorStatus, s.clock.Millis()); err != nil {
					return err
				}
			}
			return s.takeLockStatus(ctx, tx, p, c.LockStatus)
		})
	})
}

func (s *Service) takeLockStatus(ctx context.Context, tx *store.Tx, p db.Product, status string) error {
	if status == "" {
		return nil
	}
	if _, err := tx.SetLockStatus(ctx, p.ID, status); err != nil {
		return fmt.Errorf("store lock status: %w", err)
	}
	if p.LockStatus != vending.LockOpen || status != vending.LockClosed {
		return nil
	}
	return s.pickUp(ctx, tx, p)
}

// pickUp notes that the goods behind a door were taken (openapi.md §6.3, §6.4).
func (s *Service) pickUp(ctx context.Context, tx *store.Tx, p db.Product) error {
	now := s.clock.Millis()
	d, found, err := store.Find(tx.NewestSuccess(ctx, db.NewestSuccessParams{
		MachineID: p.MachineID, ProductID: p.ID, ChannelID: p.ChannelID, Since: now - pickUpWithin,
	}))
	if err != nil || !found {
		return err
	}
	n, err := tx.RecordPickedUp(ctx, d.RecordID)
	if err := store.Changed("record picked up", n, err); err != nil {
		return err
	}
	n, err = tx.DeliveryPickedUp(ctx, d.ID, now)
	return store.Changed("delivery picked up", n, err)
}
