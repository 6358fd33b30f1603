package dispense

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// sweepBatch bounds how many deliveries one look of the sweep takes.
const sweepBatch = 500

// MarkSent notes inside the relay's transaction that the machine acknowledged
// the command: PENDING becomes SENT (openapi.md §6.4). A delivery that already
// has its result stays.
func (s *Service) MarkSent(ctx context.Context, tx *store.Tx, deliveryID int64) error {
	if _, err := tx.DeliverySent(ctx, deliveryID); err != nil {
		return fmt.Errorf("mark delivery sent: %w", err)
	}
	return nil
}

// NotHandedOver ends a delivery whose command was certainly never written to
// its machine within the start window: FAILED, `Publish Failed`, with a
// callback and the lock released (openapi.md §6.4). Only a PENDING delivery is
// changed.
func (s *Service) NotHandedOver(ctx context.Context, tx *store.Tx, deliveryID int64) error {
	d, found, err := lockDelivery(ctx, tx, deliveryID)
	if err != nil || !found || d.State != vending.DeliveryPending {
		return err
	}
	out := outcome{state: vending.DeliveryFailed, failReason: vending.ReasonPublishFailed}
	if err := tx.ReleaseDispenseLock(ctx, d.MachineID, d.ID); err != nil {
		return fmt.Errorf("release dispense lock: %w", err)
	}
	return s.finish(ctx, tx, d, out, s.log)
}

// TimeoutSweep ends deliveries that have waited too long for a report:
// TIMEOUT, record IS_TIMEOUT, callback (openapi.md §6.4, §6.6). It is
// idempotent and may run on several nodes.
func (s *Service) TimeoutSweep(ctx context.Context) error {
	for {
		ids, err := s.store.OverdueDeliveries(ctx, s.clock.Millis(), sweepBatch)
		if err != nil {
			return fmt.Errorf("list overdue deliveries: %w", err)
		}
		err = s.store.InBatch(ctx, ids, func(tx *store.Tx, id int64) error { return s.timeOut(ctx, tx, id) })
		if err != nil {
			return fmt.Errorf("time out deliveries: %w", err)
		}
		if len(ids) < sweepBatch {
			return nil
		}
	}
}

func (s *Service) timeOut(ctx context.Context, tx *store.Tx, id int64) error {
	d, found, err := lockDelivery(ctx, tx, id)
	if err != nil || !found || !d.State.Open() {
		return err // its report came in the meantime
	}
	return s.finish(ctx, tx, d, outcome{state: vending.DeliveryTimeout, failReason: vending.ReasonTimeout}, s.log)
}
