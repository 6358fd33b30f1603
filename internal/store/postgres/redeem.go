package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Redeem implements store.Sets in one transaction. It locks codes and products,
// in one order on every node, so that nobody waits in a circle; reads the facts,
// which cannot change any more then; has each redemption decided; and writes
// those that can be done.
func (s sets) Redeem(ctx context.Context, requests []store.RedeemRequest) ([]store.Verdict, error) {
	set := &set{
		requests: requests, facts: make([]store.Facts, len(requests)),
		redemptions: make([]store.Redemption, len(requests)), verdicts: make([]store.Verdict, len(requests)),
		locked: make(map[int64]bool, len(requests)),
	}
	err := s.engine.native(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		if err := set.read(ctx, conn); err != nil {
			return fmt.Errorf("read facts: %w", err)
		}
		if set.judge(); len(set.winners) == 0 {
			return nil // and native rolls back
		}
		if err := set.write(ctx, conn); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return set.verdicts, nil
}

// set is a transaction under way. Slices are by request.
type set struct {
	requests    []store.RedeemRequest
	facts       []store.Facts
	redemptions []store.Redemption
	verdicts    []store.Verdict

	locked    map[int64]bool         // codes, by id
	merchants map[string]db.Merchant // those who were remembered, as they are now, by AppId
	winners   []int                  // the requests that judge lets be written
}

// judge decides in the order of arrival, as transactions one after the other
// would. Who comes after another one of the same code or trade key loses the
// race against it, and so does who wants what appeared after the locks.
func (s *set) judge() {
	type key struct {
		merchantID int64
		tradeKey   string
	}
	codes, keys, taken := map[int64]bool{}, map[key]bool{}, map[int64]int64{}
	for i, request := range s.requests {
		r, err := request.Judge(s.facts[i], s.now(request))
		s.redemptions[i], s.verdicts[i].Err = r, err
		if err != nil {
			continue
		}
		f, k := s.facts[i], key{r.Order.MerchantID, r.Order.TradeKey}
		switch {
		case codes[f.CodeID] || keys[k] || !s.locked[f.CodeID]:
			s.verdicts[i].Err = store.ErrLostRace
		case f.CurrentInventory-taken[f.CodeProductID] < f.CodeQuantity:
			s.verdicts[i].Err = vending.RefuseProduct(vending.CodeStock, f.CodeProductID)
		default:
			codes[f.CodeID], keys[k] = true, true
			taken[f.CodeProductID] += f.CodeQuantity
			s.winners = append(s.winners, i)
		}
	}
}

// now is the merchant whom a request remembers, as he is now.
func (s *set) now(r store.RedeemRequest) db.Merchant {
	if r.Merchant == nil {
		return db.Merchant{}
	}
	return s.merchants[r.Merchant.AppID]
}
