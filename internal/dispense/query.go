package dispense

import (
	"context"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Query returns a delivery of a machine (openapi.md §7.18); 404 when there is
// none. id 0 stands for a malformed path value.
func (s *Service) Query(ctx context.Context, merchant db.Merchant, machineNo string, id int64) (db.Delivery, db.Machine, error) {
	delivery, found, err := store.Find(s.store.DeliveryByID(ctx, id))
	if err != nil {
		return delivery, db.Machine{}, err
	}
	// Looked up also where there is no delivery, so that a missing one takes as
	// many queries as another merchant's (errors.md §1).
	order, orderFound, err := store.Find(s.store.OrderByID(ctx, delivery.OrderID))
	if err != nil {
		return delivery, db.Machine{}, err
	}
	own := found && orderFound && order.MerchantID == merchant.ID
	m, err := store.MachineForOwned(ctx, s.store.Queries, merchant.ID, machineNo, func(machineID int64) (bool, error) {
		return own && delivery.MachineID == machineID, nil
	})
	if err != nil {
		return delivery, m.Machine, err
	}
	if !own || delivery.MachineID != m.Machine.ID {
		return db.Delivery{}, m.Machine, vending.Refuse(vending.CodeNotFound)
	}
	return delivery, m.Machine, nil
}

// Busy tells whether a machine's dispense lock is held, and for how many whole
// seconds at most (openapi.md §6.5).
func (s *Service) Busy(ctx context.Context, machineID int64) (retryAfter int64, busy bool, err error) {
	lock, found, err := store.Find(s.store.DispenseLock(ctx, machineID))
	now := s.clock.Millis()
	if err != nil || !found || lock.LockedUntil <= now {
		return 0, false, err
	}
	return vending.SecondsUp(lock.LockedUntil - now), true, nil
}
