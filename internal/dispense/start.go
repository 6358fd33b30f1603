package dispense

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strconv"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Request asks for one record of an order to be dispensed (openapi.md §7.17).
type Request struct {
	MachineNo string
	OrderID   int64
	RecordID  int64
	// Force allows a new attempt after a time-out, at the risk of a double drop.
	Force bool
	// First refuses a record that has been tried before, whatever came of it:
	// for callers who may ask twice for one attempt.
	First bool
}

// Start accepts a dispense: delivery PENDING, record IS_DELIVERING, the
// machine's lock taken and the command queued, in one transaction. It refuses
// with the first failing line of openapi.md §7.17.
func (s *Service) Start(ctx context.Context, merchant db.Merchant, r Request) (db.Delivery, db.Machine, error) {
	var p startPlan
	var delivery db.Delivery
	err := store.Retry(fmt.Sprintf("dispense record %d", r.RecordID), func() (err error) {
		if p, err = s.check(ctx, merchant, r); err != nil {
			return err
		}
		delivery, err = s.commitStart(ctx, p)
		return err
	})
	return delivery, p.machine, err
}

// startPlan is what the checks found and the commit needs.
type startPlan struct {
	machine db.Machine
	record  db.Record
	offer   db.OfferRow
}

func (s *Service) check(ctx context.Context, merchant db.Merchant, r Request) (startPlan, error) {
	var p startPlan
	order, orderFound, err := store.Find(s.store.OrderByID(ctx, r.OrderID))
	if err != nil {
		return p, err
	}
	m, err := store.MachineForOwned(ctx, s.store.Queries, merchant.ID, r.MachineNo, func(machineID int64) (bool, error) {
		return orderFound && order.MerchantID == merchant.ID && order.MachineID == machineID, nil
	})
	if err != nil {
		return p, err
	}
	p.machine = m.Machine
	if err := vending.DispenseGate().Check(m.Machine.Status, m.Presence.IsOnline, merchant.Debug); err != nil {
		return p, err
	}
	if !orderFound || order.MerchantID != merchant.ID || order.MachineID != m.Machine.ID {
		return p, vending.Refuse(vending.CodeRecordUnknown)
	}
	record, found, err := store.Find(s.store.RecordByID(ctx, r.RecordID))
	if err != nil {
		return p, err
	}
	if !found || record.OrderID != order.ID {
		return p, vending.Refuse(vending.CodeRecordUnknown)
	}
	p.record = record
	if order, err = s.orders.RefuseExpired(ctx, order); err != nil {
		return p, err
	}
	if err := order.Status.CheckDispensable(); err != nil {
		return p, err
	}
	if err := s.checkRecord(ctx, record, r); err != nil {
		return p, err
	}
	p.offer, err = s.checkChannel(ctx, record.ProductID, m.Machine.ID)
	return p, err
}

func (s *Service) checkRecord(ctx context.Context, record db.Record, r Request) error {
	if record.State == vending.RecordRefund {
		return vending.Refuse(vending.CodeOrderClosed)
	}
	if record.State.Dispensable(r.Force) && (!r.First || record.DeliveryID == 0) {
		return nil
	}
	newest, err := s.store.DeliveryByID(ctx, record.DeliveryID)
	if err != nil {
		return fmt.Errorf("delivery of record %d: %w", record.ID, err)
	}
	return vending.RefuseWith(vending.CodeAlreadyDelivered, vending.Data{
		"delivery_id": FormatID(newest.ID), "state": string(newest.State),
	})
}

func (s *Service) checkChannel(ctx context.Context, productID, machineID int64) (db.OfferRow, error) {
	offer, found, err := store.Find(s.store.Offer(ctx, productID, machineID))
	if err != nil {
		return offer, err
	}
	return offer, catalog.CheckChannel(offer, found)
}

func (s *Service) commitStart(ctx context.Context, p startPlan) (db.Delivery, error) {
	now := s.clock.Millis()
	id, err := s.newDeliveryID(now)
	if err != nil {
		return db.Delivery{}, err
	}
	delivery := s.newDelivery(id, p, now)
	err = s.store.InTx(ctx, func(tx *store.Tx) error { return s.command(ctx, tx, delivery, p, now) })
	return delivery, err
}

func (s *Service) newDelivery(id int64, p startPlan, now int64) db.Delivery {
	return db.Delivery{
		ID:          id,
		MachineID:   p.machine.ID,
		OrderID:     p.record.OrderID,
		RecordID:    p.record.ID,
		ProductID:   p.record.ProductID,
		Quantity:    max(1, p.record.Quantity-p.record.Delivered),
		State:       vending.DeliveryPending,
		DeliveredAt: now,
		TimeoutAt:   now + s.cfg.Timeout,
	}
}

// command takes the lock, writes the delivery, moves the record and queues the
// command, in the caller's transaction.
func (s *Service) command(ctx context.Context, tx *store.Tx, d db.Delivery, p startPlan, now int64) error {
	window := s.cfg.Locks.For(vending.FloorType(p.offer.FloorType))
	if err := takeLock(ctx, tx, d, now, window*1000); err != nil {
		return err
	}
	n, err := tx.InsertDelivery(ctx, db.InsertDeliveryParams{
		ID: d.ID, MachineID: d.MachineID, OrderID: d.OrderID, RecordID: d.RecordID,
		ProductID: d.ProductID, Quantity: d.Quantity, DeliveredAt: now, TimeoutAt: d.TimeoutAt,
	})
	if err := store.Changed("insert delivery", n, err); err != nil {
		return err
	}
	n, err = tx.StartRecord(ctx, db.StartRecordParams{
		ID: p.record.ID, DeliveryID: d.ID, OldState: p.record.State, OldDeliveryID: p.record.DeliveryID,
	})
	if err := store.Changed("start record", n, err); err != nil {
		return err
	}
	return tx.QueueCommand(ctx, store.Command{
		MachineID:  d.MachineID,
		Method:     methodPut,
		Fields:     commandFields(d, p.offer, window),
		DeliveryID: d.ID,
		Now:        now,
		ExpiresAt:  now + window*1000,
	})
}

// takeLock takes the machine's dispense lock for a new delivery, or refuses
// with 30005 and the holder (openapi.md §6.5).
func takeLock(ctx context.Context, tx *store.Tx, d db.Delivery, now, duration int64) error {
	n, err := tx.TakeDispenseLock(ctx, db.TakeDispenseLockParams{
		MachineID: d.MachineID, DeliveryID: d.ID, LockedUntil: now + duration, Now: now,
	})
	if err != nil {
		return fmt.Errorf("take dispense lock: %w", err)
	}
	if n == 1 {
		return nil
	}
	held, err := tx.DispenseLock(ctx, d.MachineID)
	if err != nil {
		return fmt.Errorf("read dispense lock: %w", err)
	}
	data := vending.Data{"retry_after": vending.SecondsUp(held.LockedUntil - now)}
	if held.DeliveryID != 0 { // else the holder is a channel test
		data["delivery_id"] = FormatID(held.DeliveryID)
	}
	return vending.RefuseWith(vending.CodeMachineDispensing, data)
}

// commandFields are the own fields of device.delivery.put (mqtt.md §6.1).
func commandFields(d db.Delivery, offer db.OfferRow, window int64) map[string]string {
	return map[string]string{
		"delivery_id": FormatID(d.ID),
		"order_id":    strconv.FormatInt(d.OrderID, 10),
		"record_id":   strconv.FormatInt(d.RecordID, 10),
		"product_id":  strconv.FormatInt(d.ProductID, 10),
		"code":        strconv.FormatInt(offer.Motor, 10),
		"addr":        strconv.FormatInt(offer.Addr, 10),
		"floor_type":  strconv.FormatInt(offer.FloorType, 10),
		"is_lp":       vending.Flag(offer.Lift),
		"is_dc":       vending.Flag(offer.DropDetection),
		"quantity":    strconv.FormatInt(d.Quantity, 10),
		"timeout":     strconv.FormatInt(window, 10),
	}
}

// FormatID writes a delivery_id as the wire has it: 16 digits.
func FormatID(id int64) string { return fmt.Sprintf("%016d", id) }

// newDeliveryID makes a 16-digit id: the time in milliseconds and three random
// digits. Should two meet, the insert fails and the race is run again.
func (s *Service) newDeliveryID(now int64) (int64, error) {
	n, err := rand.Int(s.random, big.NewInt(1000))
	if err != nil {
		return 0, fmt.Errorf("draw a delivery id: %w", err)
	}
	return now*1000 + n.Int64(), nil
}
