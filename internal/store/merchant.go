package store

import (
	"context"

	"github.com/vendlane/vendlane/internal/store/db"
)

// MerchantByAppID returns the merchant of an AppId as of a moment after the
// call, so that what has been revoked before it is never seen. It returns
// sql.ErrNoRows if there is none.
func (s *Store) MerchantByAppID(ctx context.Context, appID string) (db.Merchant, error) {
	merchant, err := lookUp(ctx, s.merchants, appID, s.Queries.MerchantByAppID)
	if s.redemptions == nil {
		return merchant, err
	}
	switch known, found := s.RememberedMerchant(appID); {
	case err == nil && known != merchant:
		s.remembered.Store(appID, merchant)
	case NotFound(err) && found:
		s.remembered.Delete(appID)
	}
	return merchant, err
}

// RememberedMerchant returns the merchant of an AppId as MerchantByAppID last found
// him. Much can have changed since, so he is good for nothing but a redemption, which
// finds that out (RedeemRequest.Merchant). Where the engine has no sets nobody is
// remembered: there, to find it out costs as much as to look him up.
func (s *Store) RememberedMerchant(appID string) (db.Merchant, bool) {
	merchant, found := s.remembered.Load(appID)
	if !found {
		return db.Merchant{}, false
	}
	return merchant.(db.Merchant), true
}
