package pickup

import (
	"context"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Consumption is a request to turn a pickup code into an order
// (consume.md §2), its fields already checked.
type Consumption struct {
	MachineNo string
	Code      string
	ProductID int64
	NotifyURL string
	TradeID   vending.TradeID
}

// Consumed is the order a code became.
type Consumed struct {
	OrderID  int64
	RecordID int64
	CodeID   int64
	Quantity int64
	Amount   vending.Money
	Date     string
}

// Consume turns a code into an order of status PICKUPCODE with one record,
// takes its stock and withdraws the code from the machine, all in one
// transaction (consume.md §4). It refuses with the first failing line of
// consume.md §3, steps 15–29; a refused call leaves no trace but the
// wrong-code counter.
func (s *Service) Consume(ctx context.Context, merchant db.Merchant, c Consumption) (Consumed, error) {
	machine, err := store.OwnMachine(ctx, s.store.Queries, merchant.ID, c.MachineNo)
	if err != nil {
		return Consumed{}, err
	}
	var done Consumed
	err = store.Retry("consume a code on machine "+c.MachineNo, func() error {
		p, err := s.check(ctx, merchant, machine, c)
		if countsAsWrong(err) {
			err = s.countWrongCode(ctx, machine.Machine.ID, err)
		}
		if err != nil {
			return err
		}
		done, err = s.commit(ctx, merchant, machine.Machine, c, p)
		return err
	})
	return done, err
}

// plan is what the checks found and the commit needs.
type plan struct {
	code  db.PickupCode
	price vending.Money
}

// check is consume.md §3, steps 16–29.
func (s *Service) check(ctx context.Context, merchant db.Merchant, machine store.Machine, c Consumption) (plan, error) {
	now := s.clock.Millis()
	m := machine.Machine
	code, codeFound, err := store.Find(s.store.NewestCode(ctx, m.ID, c.Code))
	if err == nil && codeFound {
		code, codeFound, err = ownCode(ctx, s.store.Queries, merchant.ID, code)
	}
	if err != nil {
		return plan{}, err
	}
	if err := s.checkReplay(ctx, merchant, m, c, code); err != nil {
		return plan{}, err
	}
	if err := s.checkLock(ctx, m.ID, now); err != nil {
		return plan{}, err
	}
	if !m.PickupCodeEnabled {
		return plan{}, vending.Refuse(vending.CodePickupCodesDisabled)
	}
	if err := vending.SellGate().Check(m.Status, machine.Presence.IsOnline, merchant.Debug); err != nil {
		return plan{}, err
	}
	if !codeFound {
		return plan{}, vending.Refuse(vending.CodePickupCodeUnknown)
	}
	switch vending.CodeStateAt(code.State, code.ExpiredAt, now) {
	case vending.CodeCancelled:
		return plan{}, vending.Refuse(vending.CodePickupCodeCancelled)
	case vending.CodeExpired:
		return plan{}, vending.Refuse(vending.CodePickupCodeExpired)
	}
	if code.ProductID != c.ProductID {
		return plan{}, vending.Refuse(vending.CodePickupCodeProduct)
	}
	price, err := s.checkProduct(ctx, m.ID, code)
	return plan{code: code, price: price}, err
}

// checkReplay is consume.md §3, steps 16–18. They come first so that a
// merchant whose answer got lost learns its order_id whatever has happened to
// the machine since.
func (s *Service) checkReplay(ctx context.Context, merchant db.Merchant, m db.Machine, c Consumption, newest db.PickupCode) error {
	order, found, err := store.Find(s.store.OrderByTradeKey(ctx, merchant.ID, c.TradeID.Key))
	if err != nil {
		return err
	}
	if found {
		same, err := s.orderIsFromCode(ctx, order, m.ID, c.Code)
		if err != nil {
			return err
		}
		code := vending.CodeTradeIDExists
		if same {
			code = vending.CodePickupCodeUsed
		}
		return vending.RefuseWith(code, vending.Data{"order_id": order.ID})
	}
	if newest.State == vending.CodeUsed {
		return refuseUsed(newest)
	}
	return nil
}

func (s *Service) orderIsFromCode(ctx context.Context, order db.Order, machineID int64, code string) (bool, error) {
	if order.MachineID != machineID || order.PickupCodeID == 0 {
		return false, nil
	}
	row, found, err := store.Find(s.store.CodeOfMachine(ctx, order.PickupCodeID, machineID))
	return found && row.Code == code, err
}

// checkProduct is consume.md §3, steps 27–29.
func (s *Service) checkProduct(ctx context.Context, machineID int64, code db.PickupCode) (vending.Money, error) {
	offer, found, err := store.Find(s.store.Offer(ctx, code.ProductID, machineID))
	if err != nil {
		return 0, err
	}
	return vending.Money(offer.Price), catalog.CheckSellable(offer, found, code.ProductID, code.Quantity)
}

// commit is consume.md §4: five statements, all or nothing.
func (s *Service) commit(ctx context.Context, merchant db.Merchant, m db.Machine, c Consumption, p plan) (Consumed, error) {
	now := s.clock.Millis()
	done := Consumed{
		CodeID:   p.code.ID,
		Quantity: p.code.Quantity,
		Amount:   p.price * vending.Money(p.code.Quantity),
		Date:     vending.FormatDate(now, vending.Zone(m.Timezone, s.cfg.Zone)),
	}
	err := s.store.InTx(ctx, func(tx *store.Tx) error {
		var err error
		done.OrderID, err = tx.InsertOrder(ctx, db.InsertOrderParams{
			MerchantID:   merchant.ID,
			MachineID:    m.ID,
			TradeID:      c.TradeID.Sent,
			TradeKey:     c.TradeID.Key,
			Status:       vending.OrderPickupCode,
			Date:         done.Date,
			Amount:       done.Amount,
			NotifyUrl:    c.NotifyURL,
			PickupCodeID: p.code.ID,
			CreatedAt:    now, // it is never unpaid, so it never expires
		})
		if err != nil {
			return insertOrderError(err)
		}
		done.RecordID, err = tx.InsertRecord(ctx, db.InsertRecordParams{
			OrderID:   done.OrderID,
			ProductID: p.code.ProductID,
			Quantity:  p.code.Quantity,
			Price:     done.Amount,
		})
		if err != nil {
			return fmt.Errorf("insert record: %w", err)
		}
		n, err := tx.UseCode(ctx, db.UseCodeParams{
			ID: p.code.ID, Now: now, OrderID: done.OrderID, TradeID: c.TradeID.Sent,
		})
		if err := store.Changed("use code", n, err); err != nil {
			return err
		}
		n, err = tx.TakeStock(ctx, p.code.Quantity, p.code.ProductID)
		if err != nil {
			return fmt.Errorf("take stock: %w", err)
		}
		if n == 0 {
			return vending.RefuseProduct(vending.CodeStock, p.code.ProductID)
		}
		return queueDelete(ctx, tx, m.ID, p.code.ID, now)
	})
	if err != nil {
		return Consumed{}, err
	}
	return done, nil
}

// insertOrderError tells a trade_id that somebody else has just taken from a
// failing database.
func insertOrderError(err error) error {
	if store.NotFound(err) {
		return store.ErrLostRace
	}
	return fmt.Errorf("insert order: %w", err)
}

func refuseUsed(code db.PickupCode) error {
	if code.OrderID == 0 {
		// Used at the machine itself; its order has not been uploaded yet.
		return vending.Refuse(vending.CodePickupCodeUsed)
	}
	return vending.RefuseWith(vending.CodePickupCodeUsed, vending.Data{"order_id": code.OrderID})
}

func queueDelete(ctx context.Context, tx *store.Tx, machineID, codeID, now int64) error {
	return tx.QueueMessage(ctx, machineID, methodDelete, map[string]string{"id": strconv.FormatInt(codeID, 10)}, now)
}
