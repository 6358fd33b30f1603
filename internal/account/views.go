package account

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Bounds of saved views.
const (
	// maxViews is how many a user has for a page of a merchant.
	maxViews = 50
	// maxViewQuery is in bytes.
	maxViewQuery = 1000
)

// ViewPages are the pages whose filters can be saved.
func ViewPages() []string { return []string{"machines", "orders", "codes"} }

// View is a page's filters under a name.
type View struct {
	Name string `json:"name"`
	// Query is the search part of the page's address, without the question mark.
	Query string `json:"query"`
	// Shared ones can be opened by all members of the merchant, and are changed by
	// those who may EditMerchant.
	Shared bool `json:"shared"`
}

// Views lists what the scope's user can open at a page: their own and shared ones, by
// name.
func (s *Service) Views(ctx context.Context, scope Scope, page string) ([]db.SavedViewsRow, error) {
	return s.store.SavedViews(ctx, scope.Merchant.ID, page, scope.User.ID)
}

// SaveView keeps a view of a page. It returns NameInvalid, ViewInvalid, Forbidden or
// TooManyViews.
func (s *Service) SaveView(ctx context.Context, scope Scope, page string, v View) (row db.SavedView, err error) {
	if !slices.Contains(ViewPages(), page) {
		return row, ViewInvalid
	}
	if err := v.check(scope, false); err != nil {
		return row, err
	}
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		// Two that are saved at the same time must not both be the last one.
		if _, err := tx.LockMerchant(ctx, scope.Merchant.ID); err != nil {
			return fmt.Errorf("lock merchant: %w", err)
		}
		found := false
		row, found, err = store.Find(tx.InsertSavedView(ctx, db.InsertSavedViewParams{
			MerchantID: scope.Merchant.ID, UserID: scope.User.ID, Page: page, Name: v.Name, Query: v.Query, Shared: v.Shared,
			Now: s.clock.Millis(), Most: maxViews,
		}))
		if err == nil && !found {
			err = TooManyViews
		}
		if err != nil {
			return err
		}
		return s.recordView(ctx, tx, scope, "view.add", row.ID, nil, v)
	})
	return row, err
}

// ChangeView changes a view of the scope's user or a shared one. It returns NotFound,
// or what SaveView returns.
func (s *Service) ChangeView(ctx context.Context, scope Scope, id int64, v View) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		old, err := reachView(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if err := v.check(scope, old.Shared); err != nil {
			return err
		}
		if err := tx.UpdateSavedView(ctx, db.UpdateSavedViewParams{ID: id, Name: v.Name, Query: v.Query, Shared: v.Shared}); err != nil {
			return fmt.Errorf("change view: %w", err)
		}
		return s.recordView(ctx, tx, scope, "view.set", id, View{old.Name, old.Query, old.Shared}, v)
	})
}

// DeleteView deletes a view of the scope's user or a shared one. It returns NotFound or
// Forbidden.
func (s *Service) DeleteView(ctx context.Context, scope Scope, id int64) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		old, err := reachView(ctx, tx, scope, id)
		if err != nil {
			return err
		}
		if old.Shared && !scope.Role.May(EditMerchant) {
			return Forbidden
		}
		if err := tx.DeleteSavedView(ctx, id); err != nil {
			return fmt.Errorf("delete view: %w", err)
		}
		return s.recordView(ctx, tx, scope, "view.remove", id, View{old.Name, old.Query, old.Shared}, nil)
	})
}

func reachView(ctx context.Context, tx *store.Tx, scope Scope, id int64) (db.SavedView, error) {
	old, found, err := store.Find(tx.SavedView(ctx, id, scope.Merchant.ID, scope.User.ID))
	if err == nil && !found {
		err = NotFound
	}
	return old, err
}

// check folds the name and tells whether the scope may have the view so; wasShared
// tells that it is a shared one now.
func (v *View) check(scope Scope, wasShared bool) (err error) {
	if v.Name, err = checkName(v.Name); err != nil {
		return err
	}
	if _, err := url.ParseQuery(v.Query); err != nil || len(v.Query) > maxViewQuery || !vending.Storable(v.Query+v.Name) {
		return ViewInvalid
	}
	if (v.Shared || wasShared) && !scope.Role.May(EditMerchant) {
		return Forbidden
	}
	return nil
}

func (s *Service) recordView(ctx context.Context, tx *store.Tx, scope Scope, action string, id int64, before, after any) error {
	return s.audit.Record(ctx, tx, audit.Entry{
		By: scope.By(), Action: action, Kind: "view", ID: strconv.FormatInt(id, 10), Before: before, After: after,
	})
}
