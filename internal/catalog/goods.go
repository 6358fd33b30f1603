package catalog

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Bounds of a good; lengths are in characters.
const (
	maxSlug        = 64
	maxGoodName    = 100
	maxDescription = 2000
	maxPicture     = 512
	// maxPrice has the 15 digits that a price can have.
	maxPrice = 999_999_999_999_999
)

// GoodFields are what can be said of a good by hand.
type GoodFields struct {
	Name, Description string
	// Thumb is the address of a picture, or the path of a stored one.
	Thumb string
	// OriginalPrice is the crossed-out one; it is Price where there is none.
	Price, OriginalPrice vending.Money
}

func (g GoodFields) check() error {
	for _, text := range []struct {
		field, value string
		low, high    int
	}{{"name", g.Name, 1, maxGoodName}, {"description", g.Description, 0, maxDescription}, {"thumb", g.Thumb, 0, maxPicture}} {
		n := utf8.RuneCountInString(text.value)
		if !vending.Storable(text.value) || n < text.low || n > text.high {
			return vending.RefuseField(text.field, "range")
		}
	}
	if g.Thumb != "" && !strings.HasPrefix(g.Thumb, "/storage/") && !strings.HasPrefix(g.Thumb, "https://") && !strings.HasPrefix(g.Thumb, "http://") {
		return vending.RefuseField("thumb", "format")
	}
	if g.Price < 0 || g.Price > maxPrice {
		return vending.RefuseField("price", "range")
	}
	if g.OriginalPrice < 0 || g.OriginalPrice > maxPrice {
		return vending.RefuseField("original_price", "range")
	}
	return nil
}

func checkSlug(slug string) error {
	if n := utf8.RuneCountInString(slug); n < 1 || n > maxSlug || !vending.Storable(slug) {
		return vending.RefuseField("slug", "range")
	}
	return nil
}

// CreateGood adds a good with an article code of 1–64 characters that the
// merchant has not used yet. It refuses with 10001.
func (s *Service) CreateGood(ctx context.Context, merchant db.Merchant, slug string, g GoodFields) (db.Good, error) {
	if err := checkSlug(slug); err != nil {
		return db.Good{}, err
	}
	if err := g.check(); err != nil {
		return db.Good{}, err
	}
	good := db.Good{
		MerchantID: merchant.ID, Slug: slug, Name: g.Name, Description: g.Description, Thumb: g.Thumb, Media: "[]",
		Price: g.Price, OriginalPrice: g.OriginalPrice,
	}
	err := s.store.InTx(ctx, func(tx *store.Tx) error { return s.insertGood(ctx, tx, &good) })
	return good, err
}

// ChangeGood changes a good and tells the machines that sell it. It refuses with
// 60001 for a good of another merchant and with 10001.
func (s *Service) ChangeGood(ctx context.Context, merchant db.Merchant, id int64, g GoodFields) (before, after db.Good, err error) {
	if err := g.check(); err != nil {
		return before, after, err
	}
	err = s.retry(ctx, func(tx *store.Tx) error {
		var found bool
		if before, found, err = store.Find(tx.GoodByID(ctx, id, merchant.ID)); err != nil {
			return err
		}
		if !found {
			return vending.Refuse(vending.CodeProductUnknown)
		}
		after = before
		after.Name, after.Description, after.Thumb, after.Price, after.OriginalPrice = g.Name, g.Description, g.Thumb, g.Price, g.OriginalPrice
		return s.updateGood(ctx, tx, before, &after)
	})
	return before, after, err
}

// SaveGood creates a good, or changes the one that the merchant has under its
// article code, in the caller's transaction; ID, UpdatedAt and IsReturnable are
// those of the stored one. A change that changes nothing leaves no trace. It
// returns store.ErrLostRace.
func (s *Service) SaveGood(ctx context.Context, tx *store.Tx, good db.Good) error {
	stored, found, err := store.Find(tx.GoodBySlug(ctx, good.MerchantID, good.Slug))
	if err != nil {
		return err
	}
	if !found {
		return s.insertGood(ctx, tx, &good)
	}
	good.ID, good.UpdatedAt, good.IsReturnable = stored.ID, stored.UpdatedAt, stored.IsReturnable
	return s.updateGood(ctx, tx, stored, &good)
}

func (s *Service) insertGood(ctx context.Context, tx *store.Tx, good *db.Good) (err error) {
	good.UpdatedAt, good.IsReturnable = s.clock.Millis(), true
	good.ID, err = tx.InsertGood(ctx, db.InsertGoodParams{
		MerchantID: good.MerchantID, Slug: good.Slug, Name: good.Name, Description: good.Description, Content: good.Content,
		Thumb: good.Thumb, Media: good.Media, Price: good.Price, OriginalPrice: good.OriginalPrice, UpdatedAt: good.UpdatedAt,
	})
	if store.NotFound(err) {
		return vending.RefuseField("slug", "taken")
	}
	return err
}

func (s *Service) updateGood(ctx context.Context, tx *store.Tx, before db.Good, after *db.Good) error {
	if *after == before {
		return nil
	}
	if err := s.writeGood(ctx, tx, before, after); err != nil {
		return err
	}
	return s.RefreshSellers(ctx, tx, after.ID, 0)
}

// writeGood changes a good and tells no machine.
func (s *Service) writeGood(ctx context.Context, tx *store.Tx, before db.Good, after *db.Good) error {
	// Never the time it had: that is what others compare.
	after.UpdatedAt = max(s.clock.Millis(), before.UpdatedAt+1)
	n, err := tx.UpdateGood(ctx, db.UpdateGoodParams{
		ID: after.ID, Name: after.Name, Description: after.Description, Content: after.Content, Thumb: after.Thumb, Media: after.Media,
		Price: after.Price, OriginalPrice: after.OriginalPrice, Now: after.UpdatedAt, OldUpdatedAt: before.UpdatedAt,
	})
	return store.Changed("change good", n, err)
}
