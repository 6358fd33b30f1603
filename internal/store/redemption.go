package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// FactsQuery names what a redemption is about.
type FactsQuery = db.RedemptionFactsParams

// Facts is everything that the checks of a redemption read, as of one moment
// (consume.md §3, steps 15–29). An id of 0 means that there is no such row.
type Facts = db.RedemptionFactsRow

// RedeemRequest is a redemption that has still to be decided.
type RedeemRequest struct {
	Query FactsQuery
	// Merchant, if not nil, is whom Query.MerchantID names, as RememberedMerchant gave
	// him. Redeem finds out whether he is still the same, as of a moment after the call.
	// If not it returns ErrMerchantChanged: nothing is decided, nothing done.
	Merchant *db.Merchant
	// Decide makes the redemption out of the facts, or refuses it with an error.
	// It may run on another goroutine, and again if the first try comes to
	// nothing; it does no I/O, because others wait for it.
	Decide func(Facts) (Redemption, error)
}

// ErrMerchantChanged means that a merchant is not any more as he was remembered.
var ErrMerchantChanged = errors.New("the merchant has changed")

// Redemption is what a redemption writes (consume.md §4).
type Redemption struct {
	// Order is the order the code becomes; its PickupCodeID is the code and its
	// CreatedAt is when it is used.
	// The code's product and quantity go into its one record, with its amount.
	Order db.InsertOrderParams
	// Withdrawal tells the machine that its own copy of the code is void.
	Withdrawal Command
}

// Redeemed are the rows a redemption made.
type Redeemed struct {
	OrderID  int64
	RecordID int64
}

// Redeem reads the facts of a redemption, has it decided, and turns its code
// into an order, all of it or nothing (consume.md §4). It returns after the
// commit is durable. A refusal of Decide is returned as it is. Its own are 60003
// when there is too little stock left, ErrMerchantChanged, and ErrLostRace when the
// code is no longer to be had or the trade key is taken: then the checks have to be
// made again.
func (s *Store) Redeem(ctx context.Context, r RedeemRequest) (Redeemed, error) {
	if s.redemptions == nil || hasAlso(ctx) { // what comes along is for one alone
		return s.redeemAlone(ctx, r)
	}
	verdict, err := s.redemptions.do(ctx, r)
	if errors.Is(err, errAlone) {
		return s.redeemAlone(ctx, r)
	}
	if err == nil {
		err = verdict.Err
	}
	if err != nil {
		return Redeemed{}, err
	}
	s.WakeCommands()
	s.Changes.Notify()
	return verdict.Redeemed, nil
}

// Judge is Decide, for the request's Merchant as he is now, if it has one. A panic in
// it is an error of this redemption alone.
func (r RedeemRequest) Judge(f Facts, now db.Merchant) (_ Redemption, err error) {
	if r.Merchant != nil && *r.Merchant != now {
		return Redemption{}, ErrMerchantChanged
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in a decision: %v\n%s", p, debug.Stack())
		}
	}()
	return r.Decide(f)
}

// redeemAlone is Redeem in a transaction of its own, on any engine.
func (s *Store) redeemAlone(ctx context.Context, r RedeemRequest) (Redeemed, error) {
	var done Redeemed
	err := s.InTx(ctx, func(tx *Tx) error {
		facts, _, err := Find(tx.RedemptionFacts(ctx, r.Query))
		if err != nil {
			return err
		}
		var merchant db.Merchant
		if r.Merchant != nil {
			if merchant, _, err = Find(tx.MerchantByAppID(ctx, r.Merchant.AppID)); err != nil {
				return err
			}
		}
		redemption, err := r.Judge(facts, merchant)
		if err != nil {
			return err
		}
		done, err = tx.redeem(ctx, facts, redemption)
		return err
	})
	if err != nil {
		return Redeemed{}, err
	}
	return done, nil
}

func (tx *Tx) redeem(ctx context.Context, f Facts, r Redemption) (done Redeemed, err error) {
	done.OrderID, err = tx.InsertOrder(ctx, r.Order)
	if NotFound(err) {
		return done, ErrLostRace // somebody else has just taken the trade key
	}
	if err != nil {
		return done, fmt.Errorf("insert order: %w", err)
	}
	done.RecordID, err = tx.InsertRecord(ctx, db.InsertRecordParams{
		OrderID: done.OrderID, ProductID: f.CodeProductID, Quantity: f.CodeQuantity, Price: r.Order.Amount,
	})
	if err != nil {
		return done, fmt.Errorf("insert record: %w", err)
	}
	n, err := tx.UseCode(ctx, db.UseCodeParams{
		ID: r.Order.PickupCodeID, Now: r.Order.CreatedAt, OrderID: done.OrderID, TradeID: r.Order.TradeID,
	})
	if err := Changed("use code", n, err); err != nil {
		return done, err
	}
	n, err = tx.TakeStock(ctx, f.CodeQuantity, f.CodeProductID)
	if err != nil {
		return done, fmt.Errorf("take stock: %w", err)
	}
	if n == 0 {
		return done, vending.RefuseProduct(vending.CodeStock, f.CodeProductID)
	}
	return done, tx.QueueCommand(ctx, r.Withdrawal)
}
