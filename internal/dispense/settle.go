package dispense

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/notify"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// lockDelivery reads a delivery that is to be settled, and makes others that
// settle one of its order, or end that order, wait. What they have written is
// read afterwards: the settlement depends on the order and on all deliveries of
// a record. Rows are changed in one order everywhere, so that nobody waits in a
// circle: order, dispense lock, command, delivery, record, product.
func lockDelivery(ctx context.Context, tx *store.Tx, id int64) (db.Delivery, bool, error) {
	d, found, err := store.Find(tx.DeliveryByID(ctx, id))
	if err != nil || !found {
		return d, found, err
	}
	if err := tx.LockOrder(ctx, d.OrderID); err != nil {
		return d, found, fmt.Errorf("lock order: %w", err)
	}
	return store.Find(tx.DeliveryByID(ctx, id))
}

// finish moves a delivery of lockDelivery to its end state and settles what hangs
// on it: the command's repeats, the record, the stock and the callback.
func (s *Service) finish(ctx context.Context, tx *store.Tx, d db.Delivery, out outcome, log *slog.Logger) error {
	now := s.clock.Millis()
	if err := tx.FinishCommandsOfDelivery(ctx, d.ID); err != nil {
		return fmt.Errorf("stop repeating the command: %w", err)
	}
	n, err := tx.FinishDelivery(ctx, db.FinishDeliveryParams{
		ID: d.ID, State: out.state, Delivered: out.delivered, Now: now, FailReason: out.failReason, OldState: d.State,
	})
	if err := store.Changed("finish delivery", n, err); err != nil {
		return err
	}
	order, err := tx.OrderByID(ctx, d.OrderID)
	if err != nil {
		return fmt.Errorf("order of delivery: %w", err)
	}
	if err := s.settleRecord(ctx, tx, order, d, out, log); err != nil {
		return err
	}
	return s.notifier.Queue(ctx, tx, notify.Event{
		Order: order, RecordID: d.RecordID, Success: out.state == vending.DeliverySuccess,
		ErrorMsg: out.failReason, DeliveryID: FormatID(d.ID), FloorStatus: out.callbackStatus, At: now,
	})
}

// settleRecord derives the record's state from all of its deliveries
// (openapi.md §6.3, §6.4) and settles the stock (openapi.md §5).
func (s *Service) settleRecord(ctx context.Context, tx *store.Tx, order db.Order, d db.Delivery, out outcome, log *slog.Logger) error {
	record, err := tx.RecordByID(ctx, d.RecordID)
	if err != nil {
		return fmt.Errorf("record of delivery: %w", err)
	}
	deliveries, err := tx.DeliveriesOfRecord(ctx, d.RecordID)
	if err != nil {
		return fmt.Errorf("deliveries of record: %w", err)
	}
	settled := settle(order, record, deliveries, d, out)
	if settled.alert != "" {
		log.Error(settled.alert, "record_id", record.ID, "record_state", record.State, "pieces", out.delivered)
		if err := s.alert(ctx, tx, d, settled.alert); err != nil {
			return err
		}
	}
	if settled.take > 0 {
		if err := tx.TakeStockAtMost(ctx, settled.take, d.ProductID); err != nil {
			return fmt.Errorf("correct stock: %w", err)
		}
	}
	if err := catalog.ReturnStock(ctx, tx, log, d.ProductID, settled.giveBack); err != nil {
		return err
	}
	n, err := tx.SettleRecord(ctx, db.SettleRecordParams{
		ID: record.ID, State: settled.state, Delivered: out.delivered, OldState: record.State,
	})
	if err := store.Changed("settle record", n, err); err != nil {
		return err
	}
	return nil
}

// settlement is what a delivery's end means for its record and the stock.
type settlement struct {
	state vending.RecordState
	// take are pieces that left the machine beyond what was taken from the
	// stock for the record; giveBack are pieces that return to it.
	take, giveBack int64
	// alert is for the operator, "" for none.
	alert string
}

// settle is the rule. deliveries are all of the record's, with d already in its
// end state. The record itself names the newest: ids are made from the clock,
// so those of one millisecond, or of a clock set back, are in no order.
func settle(order db.Order, record db.Record, deliveries []db.Delivery, d db.Delivery, out outcome) settlement {
	var newest vending.DeliveryState
	successes := 0
	for _, each := range deliveries {
		if each.ID == record.DeliveryID {
			newest = each.State
		}
		if each.State == vending.DeliverySuccess || each.State == vending.DeliveryPickedUp {
			successes++
		}
	}
	result := settlement{state: vending.SettledRecord(newest, successes > 0)}
	success := out.state == vending.DeliverySuccess
	missing := record.Quantity - record.Delivered - out.delivered
	unsuccessful := result.state == vending.RecordFailed || result.state == vending.RecordTimeout
	switch {
	case record.State == vending.RecordRefund:
		// What was given back when the order ended did leave after all.
		result.state, result.take = vending.RecordRefund, out.delivered
		if out.delivered > 0 {
			result.alert = "goods of a refunded record left the machine; stock corrected"
		}
	case success && successes > 1:
		result.take = out.delivered
		result.alert = "a record was dispensed twice; stock corrected"
	case success && record.DeliveryID != d.ID:
		result.alert = "late success of an earlier attempt while a newer one exists"
	case order.Status.Ended() && unsuccessful:
		// The order ended while this delivery was under way.
		result.state, result.giveBack = vending.RecordRefund, missing
	case order.Status == vending.OrderTestPay && out.state == vending.DeliveryFailed:
		result.giveBack = missing
	}
	return result
}

// takeUnexpected handles a report for a delivery that already has its end
// (openapi.md §6.4): it changes nothing, but a cancelled delivery that drops
// goods all the same takes them from the stock.
func (s *Service) takeUnexpected(ctx context.Context, tx *store.Tx, d db.Delivery, out outcome, log *slog.Logger) error {
	switch {
	case d.State == out.state, d.State == vending.DeliveryPickedUp && out.state == vending.DeliverySuccess:
		return nil // the machine repeats itself
	case d.State == vending.DeliveryCancelled && out.delivered > 0:
		if d.Delivered > 0 {
			return nil // taken already
		}
		log.Error("a cancelled delivery dropped goods; stock corrected", "pieces", out.delivered)
		return s.takeCancelled(ctx, tx, d, out.delivered)
	case d.State == vending.DeliveryCancelled && out.state == vending.DeliveryFailed:
		log.Warn("report ignored: the delivery is cancelled, and nothing dropped")
		return nil
	}
	log.Error("conflicting report ignored: the delivery already has another result",
		"state", d.State, "reported", out.state)
	return s.alert(ctx, tx, d, "the delivery is "+string(d.State)+", then the machine reported "+string(out.state))
}

// alert is for the operator: a delivery did not go as the platform believed.
func (s *Service) alert(ctx context.Context, tx *store.Tx, d db.Delivery, detail string) error {
	return alerts.Raise(ctx, tx, s.log, alerts.Alert{
		MachineID: d.MachineID, Kind: vending.AlertDelivery, Subject: FormatID(d.ID), Detail: detail, At: s.clock.Millis(),
	})
}

// takeCancelled corrects the stock once: the delivery remembers the pieces.
func (s *Service) takeCancelled(ctx context.Context, tx *store.Tx, d db.Delivery, pieces int64) error {
	n, err := tx.FinishDelivery(ctx, db.FinishDeliveryParams{
		ID: d.ID, State: d.State, Delivered: pieces, Now: d.FinishedAt, FailReason: d.FailReason, OldState: d.State,
	})
	if err := store.Changed("note dropped pieces", n, err); err != nil {
		return err
	}
	if err := tx.TakeStockAtMost(ctx, pieces, d.ProductID); err != nil {
		return fmt.Errorf("correct stock: %w", err)
	}
	return s.alert(ctx, tx, d, "a cancelled delivery dropped goods; stock corrected")
}
