package ordering

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Line is one product of a new order.
type Line struct {
	ProductID, Quantity int64
}

// Request asks for a new, unpaid order (openapi.md §7.14), its fields already
// checked.
type Request struct {
	MachineNo string
	NotifyURL string
	TradeID   vending.TradeID
	Lines     []Line
}

// Create makes an unpaid order with one record per line and reserves the stock
// of all of them, or refuses with the first failing line of openapi.md §7.14,
// rows 4–8. It returns the order's id.
func (s *Service) Create(ctx context.Context, merchant db.Merchant, r Request) (int64, error) {
	m, err := store.OwnMachine(ctx, s.store.Queries, merchant.ID, r.MachineNo)
	if err != nil {
		return 0, err
	}
	var id int64
	err = store.Retry("create order "+r.TradeID.Key, func() error {
		if err := s.checkNew(ctx, merchant, r); err != nil {
			return err
		}
		if err := vending.SellGate().Check(m.Machine.Status, m.Presence.IsOnline, merchant.Debug); err != nil {
			return err
		}
		prices, err := s.checkLines(ctx, m.Machine.ID, r.Lines)
		if err != nil {
			return err
		}
		id, err = s.commit(ctx, merchant, m.Machine, r, prices)
		return err
	})
	return id, err
}

// checkNew comes before the machine's state, so that a retry learns its
// order_id (row 5).
func (s *Service) checkNew(ctx context.Context, merchant db.Merchant, r Request) error {
	order, found, err := store.Find(s.store.OrderByTradeKey(ctx, merchant.ID, r.TradeID.Key))
	if err == nil && found {
		err = vending.RefuseWith(vending.CodeTradeIDExists, vending.Data{"order_id": order.ID})
	}
	return err
}

// checkLines is rows 7 and 8; it returns the price of one piece per line.
func (s *Service) checkLines(ctx context.Context, machineID int64, lines []Line) ([]vending.Money, error) {
	wanted := piecesByProduct(lines)
	offers := make([]db.OfferRow, len(lines))
	prices := make([]vending.Money, len(lines))
	for i, line := range lines {
		offer, found, err := store.Find(s.store.Offer(ctx, line.ProductID, machineID))
		if err != nil {
			return nil, err
		}
		if err := catalog.CheckSellable(offer, found, line.ProductID, wanted[line.ProductID]); err != nil {
			return nil, err
		}
		offers[i], prices[i] = offer, vending.Money(offer.Price)
	}
	for i, line := range lines {
		if catalog.SingleItemOnly(offers[i]) && line.Quantity > 1 {
			return nil, vending.RefuseField(fmt.Sprintf("products[%d].quantity", i), "single_item_only")
		}
	}
	return prices, nil
}

func piecesByProduct(lines []Line) map[int64]int64 {
	pieces := map[int64]int64{}
	for _, line := range lines {
		pieces[line.ProductID] += line.Quantity
	}
	return pieces
}

func (s *Service) commit(ctx context.Context, merchant db.Merchant, m db.Machine, r Request, prices []vending.Money) (int64, error) {
	now := s.clock.Millis()
	var amount vending.Money
	for i, line := range r.Lines {
		amount += prices[i] * vending.Money(line.Quantity)
	}
	var id int64
	err := s.store.InTx(ctx, func(tx *store.Tx) error {
		var err error
		id, err = tx.InsertOrder(ctx, db.InsertOrderParams{
			MerchantID: merchant.ID, MachineID: m.ID, TradeID: r.TradeID.Sent, TradeKey: r.TradeID.Key,
			Status: vending.OrderNotPay, Date: vending.FormatDate(now, vending.Zone(m.Timezone, s.cfg.Zone)),
			Amount: amount, NotifyUrl: r.NotifyURL, CreatedAt: now, ExpiresAt: now + s.cfg.UnpaidTTL,
		})
		if store.NotFound(err) {
			return store.ErrLostRace
		}
		if err != nil {
			return fmt.Errorf("insert order: %w", err)
		}
		for i, line := range r.Lines {
			_, err := tx.InsertRecord(ctx, db.InsertRecordParams{
				OrderID: id, ProductID: line.ProductID, Quantity: line.Quantity,
				Price: prices[i] * vending.Money(line.Quantity),
			})
			if err != nil {
				return fmt.Errorf("insert record: %w", err)
			}
		}
		return reserve(ctx, tx, r.Lines)
	})
	return id, err
}

// reserve takes the stock of all lines, products in the order of their ids, so
// that orders that share products cannot wait for each other in a circle.
func reserve(ctx context.Context, tx *store.Tx, lines []Line) error {
	pieces := piecesByProduct(lines)
	for _, productID := range slices.Sorted(maps.Keys(pieces)) {
		n, err := tx.TakeStock(ctx, pieces[productID], productID)
		if err != nil {
			return fmt.Errorf("take stock: %w", err)
		}
		if n == 0 {
			return vending.RefuseProduct(vending.CodeStock, productID)
		}
	}
	return nil
}
