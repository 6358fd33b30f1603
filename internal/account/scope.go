package account

import (
	"context"
	"errors"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// Scope is on whose behalf something is done at which merchant. Whoever reads
// or writes for the console takes the merchant from it.
type Scope struct {
	User     db.User
	Merchant db.Merchant
	Role     Role
	// Group is the group of machines the member is bound to, "" for all.
	Group string
	IP    string
}

// By is the scope for the audit log.
func (s Scope) By() audit.By {
	return audit.By{UserID: s.User.ID, MerchantID: s.Merchant.ID, IP: s.IP}
}

// Sees tells whether a machine is in the scope.
func (s Scope) Sees(m db.Machine) bool {
	return m.MerchantID == s.Merchant.ID && (s.Group == "" || m.MachineGroup == s.Group)
}

// Membership is a merchant a user can act at.
type Membership struct {
	MerchantID int64  `json:"merchant_id"`
	Title      string `json:"title"`
	Status     string `json:"status"`
	Role       Role   `json:"role"`
	Group      string `json:"machine_group"`
}

// Memberships lists where a user can act. A platform administrator is an owner
// of every merchant: whoever runs the platform holds its database anyway.
func (s *Service) Memberships(ctx context.Context, u db.User) ([]Membership, error) {
	out := []Membership{}
	if u.IsPlatformAdmin {
		rows, err := s.store.Merchants(ctx)
		for _, m := range rows {
			out = append(out, Membership{MerchantID: m.ID, Title: m.Title, Status: m.Status, Role: Owner})
		}
		return out, err
	}
	rows, err := s.store.MembershipsOfUser(ctx, u.ID)
	for _, m := range rows {
		out = append(out, Membership{m.MerchantID, m.Title, m.Status, Role(m.Role), m.MachineGroup})
	}
	return out, err
}

// Scope returns what a session acts at: the merchant it has chosen, else the
// first one of its user. It returns NoMerchant if there is none.
func (s *Service) Scope(ctx context.Context, session Session) (Scope, error) {
	chosen, err := s.membership(ctx, session.User, session.MerchantID)
	if errors.Is(err, NotFound) {
		var all []Membership
		if all, err = s.Memberships(ctx, session.User); err == nil && len(all) == 0 {
			err = NoMerchant
		}
		if err == nil {
			chosen = all[0]
		}
	}
	if err != nil {
		return Scope{User: session.User}, err
	}
	merchant, err := s.store.MerchantByID(ctx, chosen.MerchantID)
	return Scope{User: session.User, Merchant: merchant, Role: chosen.Role, Group: chosen.Group}, err
}

// ChooseMerchant makes a session look at another merchant, or returns NotFound.
func (s *Service) ChooseMerchant(ctx context.Context, session Session, merchantID int64) error {
	if _, err := s.membership(ctx, session.User, merchantID); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		return tx.SetSessionMerchant(ctx, session.ID, merchantID)
	})
}

func (s *Service) membership(ctx context.Context, u db.User, merchantID int64) (Membership, error) {
	if merchantID == 0 {
		return Membership{}, NotFound
	}
	if u.IsPlatformAdmin {
		m, found, err := store.Find(s.store.MerchantByID(ctx, merchantID))
		if err == nil && !found {
			err = NotFound
		}
		return Membership{MerchantID: m.ID, Role: Owner}, err
	}
	m, found, err := store.Find(s.store.Member(ctx, u.ID, merchantID))
	if err == nil && !found {
		err = NotFound
	}
	return Membership{MerchantID: m.MerchantID, Role: Role(m.Role), Group: m.MachineGroup}, err
}
