package pickup

import (
	"context"
	"strconv"

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
	// AnyProduct takes the code for whatever it was made for: a customer has the
	// code and knows of no product_id.
	AnyProduct bool
	NotifyURL  string
	TradeID    vending.TradeID
	// Remembered says that the merchant is (store.RememberedMerchant), and may have
	// changed.
	Remembered bool
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
// wrong-code counter. For a merchant who is remembered and has changed it is
// store.ErrMerchantChanged, which does not even count.
func (s *Service) Consume(ctx context.Context, merchant db.Merchant, c Consumption) (Consumed, error) {
	var (
		done      Consumed
		machineID int64
	)
	request := store.RedeemRequest{
		Query: store.FactsQuery{
			MachineNo: c.MachineNo, Code: c.Code, MerchantID: merchant.ID, TradeKey: c.TradeID.Key,
		},
		Decide: func(f store.Facts) (store.Redemption, error) {
			machineID = f.MachineID
			now := s.clock.Millis()
			if err := (checks{f, merchant, c, s.cfg.WrongCodes, now}).run(); err != nil {
				return store.Redemption{}, err
			}
			done = Consumed{
				CodeID:   f.CodeID,
				Quantity: f.CodeQuantity,
				Amount:   vending.Money(f.Price * f.CodeQuantity),
				Date:     vending.FormatDate(now, vending.Zone(f.Timezone, s.cfg.Zone)),
			}
			return redemption(merchant, c, f, done, now), nil
		},
	}
	if c.Remembered {
		request.Merchant = &merchant
	}
	err := store.Retry("consume a code on machine "+c.MachineNo, func() error {
		made, err := s.store.Redeem(ctx, request)
		if countsAsWrong(err) {
			return s.countWrongCode(ctx, machineID, err)
		}
		done.OrderID, done.RecordID = made.OrderID, made.RecordID
		return err
	})
	if err != nil {
		return Consumed{}, err
	}
	return done, nil
}

// redemption is what consume.md §4 writes.
func redemption(merchant db.Merchant, c Consumption, f store.Facts, done Consumed, now int64) store.Redemption {
	return store.Redemption{
		Order: db.InsertOrderParams{
			MerchantID:   merchant.ID,
			MachineID:    f.MachineID,
			TradeID:      c.TradeID.Sent,
			TradeKey:     c.TradeID.Key,
			Status:       vending.OrderPickupCode,
			Date:         done.Date,
			Amount:       done.Amount,
			NotifyUrl:    c.NotifyURL,
			PickupCodeID: f.CodeID,
			CreatedAt:    now, // it is never unpaid, so it never expires
		},
		Withdrawal: deletion(f.MachineID, f.CodeID, now),
	}
}

func refuseUsed(orderID int64) error {
	if orderID == 0 {
		// Used at the machine itself; its order has not been uploaded yet.
		return vending.Refuse(vending.CodePickupCodeUsed)
	}
	return vending.RefuseWith(vending.CodePickupCodeUsed, vending.Data{"order_id": orderID})
}

// deletion tells a machine that its own copy of a code is void.
func deletion(machineID, codeID, now int64) store.Command {
	return store.Message(machineID, methodDelete, map[string]string{"id": strconv.FormatInt(codeID, 10)}, now)
}
