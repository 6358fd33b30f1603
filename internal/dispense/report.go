package dispense

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// ErrUnknownDelivery means a report names no delivery of the machine
// (mqtt.md §6.5, row 1).
var ErrUnknownDelivery = errors.New("no such delivery on this machine")

// Report is a machine's result of one delivery (mqtt.md §6.2), its fields
// already checked.
type Report struct {
	MachineID  int64
	DeliveryID int64
	OrderID    int64
	RecordID   int64
	Success    bool
	// Delivered is the number of pieces dropped, -1 when the machine left it out.
	Delivered int64
	// FloorStatus is "" when left out.
	FloorStatus string
	ErrorMsg    string
}

// TakeReport applies a machine's report (mqtt.md §6.5): delivery, record,
// channel status, lock, stock and callback, in one transaction. Reports of
// deliveries that already have a result are ignored, so duplicates are
// harmless. It returns ErrUnknownDelivery for a delivery of another machine.
func (s *Service) TakeReport(ctx context.Context, r Report) error {
	return store.Retry(fmt.Sprintf("report of delivery %d", r.DeliveryID), func() error {
		return s.store.InTx(ctx, func(tx *store.Tx) error { return s.applyReport(ctx, tx, r) })
	})
}

func (s *Service) applyReport(ctx context.Context, tx *store.Tx, r Report) error {
	delivery, found, err := lockDelivery(ctx, tx, r.DeliveryID)
	if err != nil {
		return err
	}
	if !found || delivery.MachineID != r.MachineID {
		return ErrUnknownDelivery
	}
	log := s.log.With("machine_id", r.MachineID, "delivery_id", FormatID(delivery.ID))
	if delivery.OrderID != r.OrderID || delivery.RecordID != r.RecordID {
		log.Warn("report names another order or record; the delivery's own are used",
			"reported_order_id", r.OrderID, "reported_record_id", r.RecordID)
	}
	out := outcomeOf(delivery, r, log)
	if !delivery.State.TakesReport() {
		return s.takeUnexpected(ctx, tx, delivery, out, log)
	}
	if err := tx.ReleaseDispenseLock(ctx, delivery.MachineID, delivery.ID); err != nil {
		return fmt.Errorf("release dispense lock: %w", err)
	}
	if err := s.finish(ctx, tx, delivery, out, log); err != nil {
		return err
	}
	if out.state == vending.DeliverySuccess {
		if err := catalog.AlertIfSoldOut(ctx, tx, s.log, delivery.MachineID, delivery.ProductID, s.clock.Millis()); err != nil {
			return err
		}
	}
	if out.channelStatus == "" {
		return nil
	}
	return catalog.SetFloorStatus(ctx, tx, s.log, delivery.MachineID, delivery.ProductID, out.channelStatus, s.clock.Millis())
}

// outcome is how a delivery ended, and what the callback says about it.
type outcome struct {
	state      vending.DeliveryState
	delivered  int64
	failReason string
	// callbackStatus is the floor_status the merchant is told, "" for none.
	callbackStatus string
	// channelStatus is stored for the product, "" leaves it as it is.
	channelStatus string
}

func outcomeOf(d db.Delivery, r Report, log *slog.Logger) outcome {
	out := outcome{
		state: vending.DeliveryFailed, delivered: max(0, min(r.Delivered, d.Quantity)),
		callbackStatus: r.FloorStatus, channelStatus: r.FloorStatus,
	}
	if r.Success {
		out.state = vending.DeliverySuccess
		if r.Delivered < 0 {
			out.delivered = d.Quantity
		}
		if r.FloorStatus == "" {
			out.callbackStatus, out.channelStatus = vending.FloorNormal, vending.FloorNormal
		}
	} else {
		out.failReason = r.ErrorMsg
		if out.failReason == "" {
			out.failReason = vending.ReasonUnknown
		}
	}
	if r.Delivered >= 0 && r.Success != (r.Delivered >= d.Quantity) {
		log.Warn("deliver_status and delivered disagree; deliver_status decides",
			"success", r.Success, "delivered", r.Delivered, "quantity", d.Quantity)
	}
	return out
}
