package dispense

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

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
	for range maxTries {
		err := s.store.InTx(ctx, func(tx *store.Tx) error { return s.applyReport(ctx, tx, r) })
		if !errors.Is(err, errLostRace) {
			return err
		}
	}
	return fmt.Errorf("report of delivery %d: %w", r.DeliveryID, errLostRace)
}

func (s *Service) applyReport(ctx context.Context, tx *store.Tx, r Report) error {
	delivery, found, err := store.Find(tx.DeliveryByID(ctx, r.DeliveryID))
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
		if delivery.State != out.state && (delivery.State != vending.DeliveryPickedUp || out.state != vending.DeliverySuccess) {
			log.Error("conflicting report ignored: the delivery already has another result",
				"state", delivery.State, "reported", out.state)
		}
		return nil
	}
	if err := s.finish(ctx, tx, delivery, out, log); err != nil {
		return err
	}
	if err := tx.ReleaseDispenseLock(ctx, delivery.MachineID, delivery.ID); err != nil {
		return fmt.Errorf("release dispense lock: %w", err)
	}
	if out.channelStatus == "" {
		return nil
	}
	if _, err := tx.SetFloorStatus(ctx, delivery.ProductID, out.channelStatus); err != nil {
		return fmt.Errorf("store channel status: %w", err)
	}
	return nil
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

// finish moves a delivery to its end state and settles what hangs on it: the
// record, the stock, the command's repeats and the callback.
func (s *Service) finish(ctx context.Context, tx *store.Tx, d db.Delivery, out outcome, log *slog.Logger) error {
	now := s.clock.Millis()
	n, err := tx.FinishDelivery(ctx, db.FinishDeliveryParams{
		ID: d.ID, State: out.state, Delivered: out.delivered, Now: now, FailReason: out.failReason, OldState: d.State,
	})
	if err != nil || n == 0 {
		return lostRaceIf(err == nil, "finish delivery", err)
	}
	if err := tx.FinishCommandsOfDelivery(ctx, d.ID); err != nil {
		return fmt.Errorf("stop repeating the command: %w", err)
	}
	if err := s.settleRecord(ctx, tx, d, out, log); err != nil {
		return err
	}
	return s.queueCallback(ctx, tx, d, out, now)
}

// settleRecord derives the record's state from all of its deliveries
// (openapi.md §6.3, §6.4) and corrects the stock where more left the machine
// than was taken for it (openapi.md §5).
func (s *Service) settleRecord(ctx context.Context, tx *store.Tx, d db.Delivery, out outcome, log *slog.Logger) error {
	record, err := tx.RecordByID(ctx, d.RecordID)
	if err != nil {
		return fmt.Errorf("record of delivery: %w", err)
	}
	deliveries, err := tx.DeliveriesOfRecord(ctx, d.RecordID)
	if err != nil {
		return fmt.Errorf("deliveries of record: %w", err)
	}
	states := make([]vending.DeliveryState, len(deliveries))
	successes := 0
	for i, each := range deliveries {
		states[i] = each.State
		if each.State == vending.DeliverySuccess || each.State == vending.DeliveryPickedUp {
			successes++
		}
	}
	next := vending.SettledRecord(states)
	success := out.state == vending.DeliverySuccess
	if record.State == vending.RecordRefund {
		next = vending.RecordRefund
	}
	if success && (successes > 1 || record.State == vending.RecordRefund) {
		log.Error("goods left the machine that were not taken from its stock; stock corrected",
			"record_id", record.ID, "record_state", record.State, "pieces", out.delivered)
		if err := tx.TakeStockAtMost(ctx, out.delivered, d.ProductID); err != nil {
			return fmt.Errorf("correct stock: %w", err)
		}
	} else if success && record.DeliveryID != d.ID {
		log.Error("late success of an earlier attempt while a newer one exists", "record_id", record.ID)
	}
	n, err := tx.SettleRecord(ctx, db.SettleRecordParams{
		ID: record.ID, State: next, Delivered: out.delivered, OldState: record.State,
	})
	if err != nil || n == 0 {
		return lostRaceIf(err == nil, "settle record", err)
	}
	return nil
}
