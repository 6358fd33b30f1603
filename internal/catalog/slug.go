package catalog

import (
	"context"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// SlugEdit gives a good another article code, at a machine (mqtt.md §4.12).
type SlugEdit struct {
	GoodID int64
	// Slug has 1–64 characters and is unique within the merchant.
	Slug string
	// Returnable is nil when it is not meant.
	Returnable *bool
}

// TakeSlug applies a new article code and tells the other machines that sell
// the good. It refuses with 60001 for a good of another merchant and 10001 for
// a code that another good has.
func (s *Service) TakeSlug(ctx context.Context, m store.Sender, e SlugEdit) error {
	return s.retry(ctx, func(tx *store.Tx) error {
		good, found, err := store.Find(tx.GoodByID(ctx, e.GoodID, m.MerchantID))
		if err != nil {
			return err
		}
		if !found {
			return vending.Refuse(vending.CodeProductUnknown)
		}
		returnable := good.IsReturnable
		if e.Returnable != nil {
			returnable = *e.Returnable
		}
		if good.Slug == e.Slug && good.IsReturnable == returnable {
			return nil
		}
		holder, found, err := store.Find(tx.GoodBySlug(ctx, m.MerchantID, e.Slug))
		if err != nil {
			return err
		}
		if found && holder.ID != good.ID {
			return vending.RefuseField("slug", "taken")
		}
		n, err := tx.UpdateGoodSlug(ctx, db.UpdateGoodSlugParams{
			ID: good.ID, Slug: e.Slug, IsReturnable: returnable, OldSlug: good.Slug, Now: s.clock.Millis(),
		})
		if err := store.Changed("set article code", n, err); err != nil {
			return err
		}
		return s.RefreshSellers(ctx, tx, good.ID, m.ID)
	})
}

// RefreshSellers tells the machines that sell a good, except one, that it
// changed (mqtt.md §5.1).
func (s *Service) RefreshSellers(ctx context.Context, tx *store.Tx, goodID, except int64) error {
	machines, err := tx.MachinesSellingGood(ctx, goodID)
	if err != nil {
		return err
	}
	for _, id := range machines {
		if id == except {
			continue
		}
		if err := s.QueueRefresh(ctx, tx, id); err != nil {
			return err
		}
	}
	return nil
}
