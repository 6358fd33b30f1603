package ordering

import (
	"context"
	"errors"
	"fmt"

	"github.com/vendlane/vendlane/internal/notify"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// expireBatch bounds how many orders one transaction of the sweep expires.
const expireBatch = 500

// due tells whether an unpaid order's time is over.
func due(order db.Order, now int64) bool {
	return order.Status.Unpaid() && order.ExpiresAt != 0 && now >= order.ExpiresAt
}

// RefuseExpired returns the order if it has not expired, else 40005. An order
// whose time is over is expired now, whether or not the sweep has been there
// (openapi.md §6.6).
func (s *Service) RefuseExpired(ctx context.Context, order db.Order) (db.Order, error) {
	if due(order, s.clock.Millis()) {
		err := s.store.InTx(ctx, func(tx *store.Tx) error { return s.expire(ctx, tx, order.ID) })
		if err != nil && !errors.Is(err, store.ErrLostRace) {
			return order, fmt.Errorf("expire order: %w", err)
		}
		if order, err = s.store.OrderByID(ctx, order.ID); err != nil {
			return order, fmt.Errorf("read order: %w", err)
		}
	}
	if order.Status == vending.OrderExpired {
		return order, vending.RefuseExpiredOrder(order.ID, order.TradeID)
	}
	return order, nil
}

// ExpireSweep expires unpaid orders whose time is over, in batches of one
// transaction each. It is idempotent and may run on several nodes.
func (s *Service) ExpireSweep(ctx context.Context) error {
	for {
		ids, err := s.store.OrdersToExpire(ctx, s.clock.Millis(), expireBatch)
		if err != nil {
			return fmt.Errorf("list orders to expire: %w", err)
		}
		err = s.store.InBatch(ctx, ids, func(tx *store.Tx, id int64) error { return s.expire(ctx, tx, id) })
		if err != nil {
			return fmt.Errorf("expire orders: %w", err)
		}
		if len(ids) < expireBatch {
			return nil
		}
	}
}

// expire closes one order that is still unpaid: status 9, stock returned, one
// callback per record (openapi.md §6.2, consume.md §9.1).
func (s *Service) expire(ctx context.Context, tx *store.Tx, id int64) error {
	now := s.clock.Millis()
	order, err := tx.OrderByID(ctx, id)
	if err != nil {
		return fmt.Errorf("read order: %w", err)
	}
	if !due(order, now) {
		return nil // paid or ended in the meantime
	}
	n, err := tx.SetOrderStatus(ctx, db.SetOrderStatusParams{
		ID: order.ID, Status: vending.OrderExpired, ExpiresAt: 0, OldStatus: order.Status,
	})
	if err := store.Changed("set order status", n, err); err != nil {
		return err
	}
	records, err := s.returnRecords(ctx, tx, order)
	if err != nil {
		return err
	}
	for _, r := range records {
		event := notify.Event{Order: order, RecordID: r.ID, ErrorMsg: vending.ReasonOrderExpired, At: now}
		if err := s.notifier.Queue(ctx, tx, event); err != nil {
			return err
		}
	}
	return nil
}
