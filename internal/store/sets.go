package store

import (
	"context"

	"github.com/vendlane/vendlane/internal/store/db"
)

// Sets is what is done for many at once: the hot path of a redemption, and lines of
// logs. Merchants and Redeem answer every element of their slice, in its order, with
// one visit to the database. An error means that none was answered and nothing was
// changed; each is then tried alone, on the way that all engines have, so that one
// that cannot be done does not fail the others. After ErrOutcomeUnknown that would be
// wrong: their callers get it.
type Sets interface {
	// Merchants returns the merchants of AppIds; one that does not exist has ID 0.
	Merchants(ctx context.Context, appIDs []string) ([]db.Merchant, error)
	// Redeem is Store.Redeem. What is refused takes nothing away from the others:
	// where several want one thing, the first of them gets it.
	Redeem(ctx context.Context, requests []RedeemRequest) ([]Verdict, error)
	// Insert adds rows to a table in one transaction, without a statement for each. A
	// row has the values of the columns.
	Insert(ctx context.Context, table string, columns []string, rows [][]any) error
}

// Verdict is what became of one redemption of a set.
type Verdict struct {
	Redeemed
	// Err is a refusal, as of Store.Redeem.
	Err error
}

const (
	// setSize bounds how many callers share a visit.
	setSize = 128
	// manyRedemptions wait before a second set starts beside the first. What a
	// visit costs by itself is several times what a row costs, so small sets are
	// dear; but while many wait for one set the processors have time for another
	// (docs/adr/0010).
	manyRedemptions = 32
)

// shareVisits sets up what callers that come at the same time do together. Without
// sets that is to look up merchants, which many requests want and mostly the same one.
func (s *Store) shareVisits(sets Sets) {
	if sets == nil {
		s.merchants = newSharing(s.merchantsOneByOne, setSize, 0)
		return
	}
	s.merchants = newSharing(sets.Merchants, setSize, 0)
	s.redemptions = newSharing(sets.Redeem, setSize, manyRedemptions)
}

// merchantsOneByOne is Sets.Merchants on any engine; it looks up each AppId once.
func (s *Store) merchantsOneByOne(ctx context.Context, appIDs []string) ([]db.Merchant, error) {
	known := map[string]db.Merchant{}
	merchants := make([]db.Merchant, len(appIDs))
	for i, appID := range appIDs {
		if _, done := known[appID]; !done {
			merchant, _, err := Find(s.Queries.MerchantByAppID(ctx, appID))
			if err != nil {
				return nil, err
			}
			known[appID] = merchant
		}
		merchants[i] = known[appID]
	}
	return merchants, nil
}

// finishVisits lets those who wait have their answer and turns away the others.
func (s *Store) finishVisits() {
	s.senders.close()
	s.merchants.close()
	if s.redemptions != nil {
		s.redemptions.close()
	}
}

// Portable returns an engine without its sets, which does everything on the
// way that all engines have: what sets are tested and measured against.
func Portable(engine Engine) Engine { return portable{engine} }

type portable struct{ Engine }

func (portable) Sets() Sets { return nil }
