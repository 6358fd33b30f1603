package pickup

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Seen is what a code would drop.
type Seen struct {
	ProductID int64
	Quantity  int64
}

// Look tells a customer what a code would drop, before it is redeemed. It changes
// nothing, and answers as Consume would: a refusal that counts as a wrong code
// there counts here (consume.md §5), so that looking is no cheaper than redeeming.
func (s *Service) Look(ctx context.Context, merchant db.Merchant, machineNo, code string) (Seen, error) {
	facts, _, err := store.Find(s.store.RedemptionFacts(ctx, store.FactsQuery{
		MachineNo: machineNo, Code: code, MerchantID: merchant.ID,
	}))
	if err != nil {
		return Seen{}, err
	}
	err = checks{facts, merchant, Consumption{Code: code, AnyProduct: true}, s.cfg.WrongCodes, s.clock.Millis()}.run()
	if countsAsWrong(err) {
		err = store.Retry("count a wrong code on machine "+machineNo, func() error {
			return s.countWrongCode(ctx, facts.MachineID, err)
		})
	}
	return Seen{ProductID: facts.CodeProductID, Quantity: facts.CodeQuantity}, err
}

// TriesLeft tells how many wrong codes a machine takes before it is locked
// (consume.md §5). limited is false where nothing is counted.
func (s *Service) TriesLeft(ctx context.Context, machineID int64) (left int, limited bool, err error) {
	if s.cfg.WrongCodes.Max <= 0 {
		return 0, false, nil
	}
	row, _, err := store.Find(s.store.WrongCodesOfMachine(ctx, machineID))
	if err != nil {
		return 0, true, err
	}
	counter, err := wrongCodes(machineID, row.Attempts, row.LockedUntil)
	return counter.Left(s.clock.Millis(), s.cfg.WrongCodes), true, err
}

// Used tells when a code of a machine was used, in UTC milliseconds; 0 if it never
// was.
func (s *Service) Used(ctx context.Context, machineID int64, code string) (at int64, err error) {
	row, _, err := store.Find(s.store.NewestCode(ctx, machineID, code))
	if err != nil || row.State != vending.CodeUsed {
		return 0, err
	}
	return row.FinishedAt, nil
}

// Elsewhere tells whether another machine of the merchant has the code.
func (s *Service) Elsewhere(ctx context.Context, merchant db.Merchant, code string) (bool, error) {
	n, err := s.store.CodeElsewhere(ctx, merchant.ID, code, s.clock.Millis())
	if err != nil {
		return false, fmt.Errorf("look for a code elsewhere: %w", err)
	}
	return n > 0, nil
}
