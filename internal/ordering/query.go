package ordering

import (
	"context"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// minTradeIDLength tells a trade_id from an order id in a path
// (openapi.md §7.15).
const minTradeIDLength = 20

// Found is an order with its records in creation order.
type Found struct {
	Order   db.Order
	Records []db.Record
}

// Query returns an order of a machine by its id or its trade_id in either form
// (openapi.md §7.15). It refuses with 30003, 80002 or 40005.
func (s *Service) Query(ctx context.Context, merchant db.Merchant, machineNo, idOrTradeID string) (Found, error) {
	order, err := s.live(ctx, merchant, machineNo, idOrTradeID)
	if err != nil {
		return Found{}, err
	}
	records, err := s.store.RecordsOfOrder(ctx, order.ID)
	if err != nil {
		return Found{}, fmt.Errorf("records of order: %w", err)
	}
	return Found{Order: order, Records: records}, nil
}

// live returns the merchant's order on a machine, unless it has expired.
func (s *Service) live(ctx context.Context, merchant db.Merchant, machineNo, idOrTradeID string) (db.Order, error) {
	order, found, err := s.find(ctx, merchant, idOrTradeID)
	if err != nil {
		return order, err
	}
	m, err := store.MachineForOwned(ctx, s.store.Queries, merchant.ID, machineNo, func(machineID int64) (bool, error) {
		return found && order.MachineID == machineID, nil
	})
	if err != nil {
		return order, err
	}
	if !found || order.MachineID != m.Machine.ID {
		return order, vending.Refuse(vending.CodeRecordUnknown)
	}
	return s.RefuseExpired(ctx, order)
}

// find returns the merchant's own order only; anything malformed is not found.
func (s *Service) find(ctx context.Context, merchant db.Merchant, idOrTradeID string) (db.Order, bool, error) {
	if len(idOrTradeID) >= minTradeIDLength {
		tradeID, err := vending.ParseTradeID(idOrTradeID)
		if err != nil {
			return db.Order{}, false, nil //nolint:nilerr // malformed is unknown
		}
		return store.Find(s.store.OrderByTradeKey(ctx, merchant.ID, tradeID.Key))
	}
	id, err := strconv.ParseInt(idOrTradeID, 10, 64)
	if err != nil || !vending.IsDigits(idOrTradeID) {
		return db.Order{}, false, nil //nolint:nilerr // malformed is unknown
	}
	order, found, err := store.Find(s.store.OrderByID(ctx, id))
	return order, found && order.MerchantID == merchant.ID, err
}
