package account

import (
	"context"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// methodElsewhere is how the log of sign-ins calls SignInElsewhere.
const methodElsewhere = "OIDC"

// SignInElsewhere begins a session for somebody whose e-mail another party has
// verified. The address must be that of an account, or of an open invitation,
// which then makes one without a password. It returns AccountUnknown,
// AccountDisabled, EmailInvalid or NameInvalid.
func (s *Service) SignInElsewhere(ctx context.Context, email, name string, from Client) (out SignedIn, err error) {
	if email, err = foldEmail(email); err != nil {
		return out, err
	}
	disabled := false
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		user, known, err := store.Find(tx.UserByEmail(ctx, email))
		if err != nil {
			return err
		}
		if !known {
			if user, err = s.userOfInvitation(ctx, tx, email, name, from); err != nil {
				return err
			}
		}
		if disabled = user.Status != Active; disabled {
			return s.noteLogin(ctx, tx, user.ID, methodElsewhere, "DISABLED", from)
		}
		out, err = s.startSession(ctx, tx, user, methodElsewhere, from)
		return err
	})
	if err == nil && disabled {
		err = AccountDisabled
	}
	return out, err
}

// userOfInvitation makes a user out of the open invitations of an address.
func (s *Service) userOfInvitation(ctx context.Context, tx *store.Tx, email, name string, from Client) (db.User, error) {
	invitations, err := tx.OpenInvitationsForEmail(ctx, email, s.clock.Millis())
	if err != nil {
		return db.User{}, err
	}
	if len(invitations) == 0 {
		return db.User{}, AccountUnknown
	}
	if name == "" {
		name = email
	}
	if name, err = checkName(name); err != nil {
		return db.User{}, err
	}
	user, err := s.insertUser(ctx, tx, audit.By{MerchantID: invitations[0].MerchantID, IP: from.IP}, db.InsertUserParams{
		Email: email, Name: name, Status: Active, CreatedAt: s.clock.Millis(),
	})
	if err != nil {
		return user, err
	}
	for _, i := range invitations {
		if err := s.useInvitation(ctx, tx, i, user, from); err != nil {
			return user, err
		}
	}
	return user, nil
}
