package account

import (
	"context"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// invitationLife is how long an invitation is good, in milliseconds
// (later.md §4.2).
const invitationLife = 12 * 60 * 60 * 1000

// Invitation asks somebody to become a member.
type Invitation struct {
	// Email binds the invitation to an address; "" invites whoever has the token.
	Email string
	Role  Role
	// Group is the group of machines the member will be bound to, "" for all.
	Group string
}

// Invite makes an invitation to the scope's merchant, good once and for 12
// hours. The token is shown once. Only an owner invites owners. It returns
// EmailInvalid, RoleInvalid or Forbidden.
func (s *Service) Invite(ctx context.Context, scope Scope, i Invitation) (token string, expiresAt int64, err error) {
	if err := checkRole(i.Role, i.Group); err != nil {
		return "", 0, err
	}
	if i.Role == Owner && scope.Role != Owner {
		return "", 0, Forbidden
	}
	if i.Email != "" {
		if i.Email, err = foldEmail(i.Email); err != nil {
			return "", 0, err
		}
	}
	if token, err = s.token(); err != nil {
		return "", 0, err
	}
	now := s.clock.Millis()
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		id, err := tx.InsertInvitation(ctx, db.InsertInvitationParams{
			TokenHash: secrets.Hash(token), MerchantID: scope.Merchant.ID, Email: i.Email, Role: string(i.Role),
			MachineGroup: i.Group, InvitedBy: scope.User.ID, CreatedAt: now, ExpiresAt: now + invitationLife,
		})
		if err != nil {
			return fmt.Errorf("insert invitation: %w", err)
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			By: scope.By(), Action: "member.invite", Kind: "invitation", ID: strconv.FormatInt(id, 10),
			After: struct {
				Email string `json:"email"`
				memberFacts
			}{i.Email, memberFacts{i.Role, i.Group}},
		})
	})
	return token, now + invitationLife, err
}

// AcceptAs makes a signed-in user a member. It returns InvitationInvalid.
func (s *Service) AcceptAs(ctx context.Context, token string, u db.User, from Client) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		return s.accept(ctx, tx, token, u, from)
	})
}

// AcceptAsNew makes a user and a member of it, and signs it in. It returns
// InvitationInvalid, TooManyAttempts, or what CreateUser returns.
func (s *Service) AcceptAsNew(ctx context.Context, token string, u NewUser, from Client) (out SignedIn, err error) {
	if s.addresses.Locked(from.network()) {
		return out, TooManyAttempts
	}
	// Looked at before the password is hashed, which costs.
	invitation, found, err := store.Find(s.store.InvitationByToken(ctx, secrets.Hash(token)))
	if err != nil {
		return out, err
	}
	if !found || invitation.UsedBy != 0 {
		s.addresses.Failed(from.network())
		return out, InvitationInvalid
	}
	u.PlatformAdmin = false
	row, err := s.newUser(ctx, u)
	if err != nil {
		return out, err
	}
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		user, err := s.insertUser(ctx, tx, audit.By{MerchantID: invitation.MerchantID, IP: from.IP}, row)
		if err != nil {
			return err
		}
		if err := s.accept(ctx, tx, token, user, from); err != nil {
			return err
		}
		out, err = s.startSession(ctx, tx, user, "INVITATION", from)
		return err
	})
	return out, err
}

func (s *Service) accept(ctx context.Context, tx *store.Tx, token string, u db.User, from Client) error {
	i, found, err := store.Find(tx.InvitationByToken(ctx, secrets.Hash(token)))
	if err != nil {
		return err
	}
	if !found || i.Email != "" && i.Email != u.Email {
		return InvitationInvalid
	}
	return s.useInvitation(ctx, tx, i, u, from)
}

// useInvitation makes the user a member, if the invitation is open. It never
// changes a membership there is: an owner who follows a link stays an owner.
func (s *Service) useInvitation(ctx context.Context, tx *store.Tx, i db.Invitation, u db.User, from Client) error {
	n, err := tx.UseInvitation(ctx, u.ID, i.ID, s.clock.Millis())
	if err != nil {
		return fmt.Errorf("use invitation: %w", err)
	}
	if n == 0 {
		return InvitationInvalid
	}
	before, member, err := store.Find(tx.Member(ctx, u.ID, i.MerchantID))
	if err != nil || member {
		return err
	}
	before.UserID, before.MerchantID = u.ID, i.MerchantID
	return s.putMember(ctx, tx, audit.By{UserID: u.ID, IP: from.IP}, before, Role(i.Role), i.MachineGroup)
}
