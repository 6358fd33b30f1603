package dispense

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// testTradePrefix starts the trade_id of a test order (openapi.md §7.19).
const testTradePrefix = "TEST"

// TestRequest asks for a test dispense of one channel by its name
// (openapi.md §7.19).
type TestRequest struct {
	MachineNo   string
	ChannelName string
	NotifyURL   string
}

// StartTest dispenses one piece of a channel for a test: an order TESTPAY, its
// stock taken, and the command. It refuses with the first failing line of
// openapi.md §7.19; products off sale and faulty channels may be tested.
func (s *Service) StartTest(ctx context.Context, merchant db.Merchant, r TestRequest) (db.Delivery, db.Machine, error) {
	var m db.Machine
	var delivery db.Delivery
	err := store.Retry("test channel "+r.ChannelName, func() error {
		var offer db.OfferRow
		var err error
		if m, offer, err = s.checkTest(ctx, merchant, r); err != nil {
			return err
		}
		delivery, err = s.commitTest(ctx, merchant, m, r, offer)
		return err
	})
	return delivery, m, err
}

func (s *Service) checkTest(ctx context.Context, merchant db.Merchant, r TestRequest) (db.Machine, db.OfferRow, error) {
	m, err := store.OwnMachine(ctx, s.store.Queries, merchant.ID, r.MachineNo)
	if err != nil {
		return db.Machine{}, db.OfferRow{}, err
	}
	if err := vending.TestGate().Check(m.Machine.Status, m.Presence.IsOnline, merchant.Debug); err != nil {
		return m.Machine, db.OfferRow{}, err
	}
	offer, err := s.namedChannel(ctx, m.Machine.ID, r.ChannelName)
	switch {
	case err != nil:
		return m.Machine, offer, err
	case offer.GoodID == 0:
		return m.Machine, offer, vending.RefuseProduct(vending.CodeProductUnknown, offer.ID)
	case offer.CurrentInventory == 0:
		return m.Machine, offer, vending.RefuseProduct(vending.CodeStock, offer.ID)
	}
	return m.Machine, offer, nil
}

// namedChannel returns what a channel with a drive holds, by its name; 60005
// for any other name. It may be empty, off sale or faulty.
func (s *Service) namedChannel(ctx context.Context, machineID int64, name string) (db.OfferRow, error) {
	productID, found, err := store.Find(s.store.ProductOfChannelName(ctx, machineID, name))
	if err != nil {
		return db.OfferRow{}, err
	}
	if !found {
		return db.OfferRow{}, vending.Refuse(vending.CodeChannelUnknown)
	}
	offer, err := s.store.Offer(ctx, productID, machineID)
	if err != nil {
		return offer, fmt.Errorf("product of channel: %w", err)
	}
	if offer.FloorType == 0 {
		return offer, vending.Refuse(vending.CodeChannelUnknown)
	}
	return offer, nil
}

func (s *Service) commitTest(ctx context.Context, merchant db.Merchant, m db.Machine, r TestRequest, offer db.OfferRow) (db.Delivery, error) {
	now := s.clock.Millis()
	id, err := s.newDeliveryID(now)
	if err != nil {
		return db.Delivery{}, err
	}
	var delivery db.Delivery
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		p := startPlan{machine: m, offer: offer}
		if p.record, err = s.insertTestOrder(ctx, tx, merchant, m, r, offer, testTradePrefix+FormatID(id), now); err != nil {
			return err
		}
		n, err := tx.TakeStock(ctx, 1, offer.ID)
		if err != nil {
			return fmt.Errorf("take stock: %w", err)
		}
		if n == 0 {
			return vending.RefuseProduct(vending.CodeStock, offer.ID)
		}
		delivery = s.newDelivery(id, p, now)
		return s.command(ctx, tx, delivery, p, now)
	})
	return delivery, err
}

func (s *Service) insertTestOrder(ctx context.Context, tx *store.Tx, merchant db.Merchant, m db.Machine, r TestRequest, offer db.OfferRow, tradeID string, now int64) (db.Record, error) {
	price := vending.Money(offer.Price)
	orderID, err := tx.InsertOrder(ctx, db.InsertOrderParams{
		MerchantID: merchant.ID, MachineID: m.ID, TradeID: tradeID, TradeKey: tradeID,
		Status: vending.OrderTestPay, Date: vending.FormatDate(now, s.ZoneOf(m.Timezone)), Amount: price,
		NotifyUrl: r.NotifyURL, CreatedAt: now,
	})
	if store.NotFound(err) {
		return db.Record{}, store.ErrLostRace
	}
	if err != nil {
		return db.Record{}, fmt.Errorf("insert test order: %w", err)
	}
	record := db.Record{OrderID: orderID, ProductID: offer.ID, Quantity: 1, State: vending.RecordWaiting}
	record.ID, err = tx.InsertRecord(ctx, db.InsertRecordParams{OrderID: orderID, ProductID: offer.ID, Quantity: 1, Price: price})
	if err != nil {
		return record, fmt.Errorf("insert test record: %w", err)
	}
	return record, nil
}
