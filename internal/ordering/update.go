package ordering

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// SetStatus applies what the merchant says of an order: paid, refunded, closed
// … (openapi.md §6.2, §7.16). Stock goes back in the same transaction. No
// callback is sent.
func (s *Service) SetStatus(ctx context.Context, merchant db.Merchant, machineNo, idOrTradeID string, to vending.OrderStatus) error {
	return store.Retry(fmt.Sprintf("set order %s to %d", idOrTradeID, to), func() error {
		order, err := s.live(ctx, merchant, machineNo, idOrTradeID)
		if err != nil {
			return err
		}
		change, err := order.Status.Set(to)
		if err != nil || change.NoOp {
			return err
		}
		return s.store.InTx(ctx, func(tx *store.Tx) error { return s.apply(ctx, tx, order, to, change) })
	})
}

func (s *Service) apply(ctx context.Context, tx *store.Tx, order db.Order, to vending.OrderStatus, change vending.OrderChange) error {
	expiresAt := order.ExpiresAt
	if !to.Unpaid() {
		expiresAt = 0
	}
	n, err := tx.SetOrderStatus(ctx, db.SetOrderStatusParams{
		ID: order.ID, Status: to, ExpiresAt: expiresAt, OldStatus: order.Status,
	})
	if err := store.Changed("set order status", n, err); err != nil {
		return err
	}
	if !change.Returns {
		return nil
	}
	_, err = s.returnRecords(ctx, tx, order)
	return err
}

// returnRecords gives back what an ended order has not dispensed and returns
// its records as they were. A record that is being dispensed is settled when
// its result arrives, unless its command can still be withdrawn
// (openapi.md §5, §6.3, §6.4).
func (s *Service) returnRecords(ctx context.Context, tx *store.Tx, order db.Order) ([]db.Record, error) {
	records, err := tx.RecordsOfOrder(ctx, order.ID)
	if err != nil {
		return nil, fmt.Errorf("records of order: %w", err)
	}
	// Deliveries, records and products one after the other, products in the
	// order of their ids: see reserve.
	var returned []db.Record
	for _, r := range records {
		returnable := r.State.Returnable()
		if r.State == vending.RecordDelivering {
			if returnable, err = s.withdraw(ctx, tx, r); err != nil {
				return nil, err
			}
		}
		if returnable {
			returned = append(returned, r)
		}
	}
	for _, r := range returned {
		n, err := tx.RefundRecord(ctx, r.ID, r.State)
		if err := store.Changed("refund record", n, err); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(returned, func(a, b db.Record) int { return cmp.Compare(a.ProductID, b.ProductID) })
	for _, r := range returned {
		if err := catalog.ReturnStock(ctx, tx, s.log, r.ProductID, r.Quantity-r.Delivered); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// withdraw cancels a record's delivery if its command has certainly not
// reached the machine yet (openapi.md §6.4, CANCELLED).
func (s *Service) withdraw(ctx context.Context, tx *store.Tx, r db.Record) (bool, error) {
	n, err := tx.WithdrawCommand(ctx, r.DeliveryID)
	if err != nil {
		return false, fmt.Errorf("withdraw command: %w", err)
	}
	if n == 0 {
		return false, nil
	}
	d, err := tx.DeliveryByID(ctx, r.DeliveryID)
	if err != nil {
		return false, fmt.Errorf("delivery of record: %w", err)
	}
	n, err = tx.FinishDelivery(ctx, db.FinishDeliveryParams{
		ID: d.ID, State: vending.DeliveryCancelled, Now: s.clock.Millis(), OldState: vending.DeliveryPending,
	})
	if err := store.Changed("cancel delivery", n, err); err != nil {
		return false, err
	}
	if err := tx.ReleaseDispenseLock(ctx, d.MachineID, d.ID); err != nil {
		return false, fmt.Errorf("release dispense lock: %w", err)
	}
	return true, nil
}
