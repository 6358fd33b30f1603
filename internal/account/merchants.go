package account

import (
	"context"
	"slices"
	"strconv"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// States of a merchant besides vending.MerchantVerified (later.md §4.2).
const (
	MerchantPending  = "PENDING"
	MerchantRejected = "REJECTED"
)

// Merchants lists all merchants, for a platform administrator.
func (s *Service) Merchants(ctx context.Context, u db.User) ([]db.Merchant, error) {
	if !u.IsPlatformAdmin {
		return nil, Forbidden
	}
	return s.store.Merchants(ctx)
}

// SetMerchantStatus verifies a merchant, or takes that back. Only a platform
// administrator does so. It returns Forbidden, NotFound or StatusInvalid.
func (s *Service) SetMerchantStatus(ctx context.Context, u db.User, ip string, merchantID int64, status string) error {
	if !u.IsPlatformAdmin {
		return Forbidden
	}
	if !slices.Contains([]string{MerchantPending, MerchantRejected, vending.MerchantVerified}, status) {
		return StatusInvalid
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		m, found, err := store.Find(tx.MerchantByID(ctx, merchantID))
		if err != nil {
			return err
		}
		if !found {
			return NotFound
		}
		n, err := tx.SetMerchantStatus(ctx, status, m.ID, m.Status)
		if err := store.Changed("set status of merchant", n, err); err != nil {
			return err
		}
		type facts struct {
			Status string `json:"status"`
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			By:     audit.By{UserID: u.ID, MerchantID: m.ID, IP: ip},
			Action: "merchant.status", Kind: "merchant", ID: strconv.FormatInt(m.ID, 10),
			Before: facts{m.Status}, After: facts{status},
		})
	})
}

// SetNotifyURL says where the results of what customers redeem at the pickup page go,
// where no caller names a notify_url; "" is nowhere. The caller has checked the
// address (consume.md §9.6). A change by somebody else since the scope was read is
// store.ErrLostRace.
func (s *Service) SetNotifyURL(ctx context.Context, scope Scope, url string) error {
	if !scope.Role.May(EditMerchant) {
		return Forbidden
	}
	type facts struct {
		NotifyURL string `json:"notify_url"`
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		n, err := tx.SetMerchantNotifyURL(ctx, url, scope.Merchant.ID, scope.Merchant.NotifyUrl)
		if err := store.Changed("set notify_url of merchant", n, err); err != nil {
			return err
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			By: scope.By(), Action: "merchant.notify_url", Kind: "merchant", ID: scope.Merchant.Slug,
			Before: facts{scope.Merchant.NotifyUrl}, After: facts{url},
		})
	})
}
