package account

import (
	"context"
	"fmt"
	"strconv"

	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// memberFacts are what the audit log keeps of a member.
type memberFacts struct {
	Role  Role   `json:"role"`
	Group string `json:"machine_group"`
}

// Members lists the members of the scope's merchant.
func (s *Service) Members(ctx context.Context, scope Scope) ([]db.MembersOfMerchantRow, error) {
	return s.store.MembersOfMerchant(ctx, scope.Merchant.ID)
}

// SetMember changes what a member may do. Only an owner makes or unmakes an
// owner. It returns NotFound, RoleInvalid, Forbidden or LastOwner.
func (s *Service) SetMember(ctx context.Context, scope Scope, userID int64, role Role, group string) error {
	if err := checkRole(role, group); err != nil {
		return err
	}
	return s.changeMember(ctx, scope, userID, func(tx *store.Tx, before db.Member) error {
		if (role == Owner) != (Role(before.Role) == Owner) && scope.Role != Owner {
			return Forbidden
		}
		return s.putMember(ctx, tx, scope.By(), before, role, group)
	})
}

// CreateMember makes a user who is a member of a merchant from the start: for
// the operator at the command line. It returns RoleInvalid, or what CreateUser
// returns.
func (s *Service) CreateMember(ctx context.Context, by audit.By, u NewUser, merchantID int64, role Role, group string) (user db.User, err error) {
	if err := checkRole(role, group); err != nil {
		return user, err
	}
	row, err := s.newUser(ctx, u)
	if err != nil {
		return user, err
	}
	err = s.store.InTx(ctx, func(tx *store.Tx) (err error) {
		if user, err = s.insertUser(ctx, tx, by, row); err != nil {
			return err
		}
		return s.putMember(ctx, tx, by, db.Member{UserID: user.ID, MerchantID: merchantID}, role, group)
	})
	return user, err
}

// RemoveMember ends a membership. It returns NotFound, Forbidden or LastOwner.
func (s *Service) RemoveMember(ctx context.Context, scope Scope, userID int64) error {
	return s.changeMember(ctx, scope, userID, func(tx *store.Tx, before db.Member) error {
		if Role(before.Role) == Owner && scope.Role != Owner {
			return Forbidden
		}
		if _, err := tx.DeleteMember(ctx, userID, scope.Merchant.ID); err != nil {
			return fmt.Errorf("remove member: %w", err)
		}
		return s.audit.Record(ctx, tx, audit.Entry{
			By: scope.By(), Action: "member.remove", Kind: "user", ID: strconv.FormatInt(userID, 10),
			Before: memberFacts{Role(before.Role), before.MachineGroup},
		})
	})
}

// changeMember runs a change of a member and refuses one that leaves the
// merchant without an owner.
func (s *Service) changeMember(ctx context.Context, scope Scope, userID int64, change func(tx *store.Tx, before db.Member) error) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.LockMerchant(ctx, scope.Merchant.ID); err != nil {
			return fmt.Errorf("lock merchant: %w", err)
		}
		before, found, err := store.Find(tx.Member(ctx, userID, scope.Merchant.ID))
		if err != nil {
			return err
		}
		if !found {
			return NotFound
		}
		if err := change(tx, before); err != nil {
			return err
		}
		if Role(before.Role) != Owner {
			return nil
		}
		members, err := tx.MembersOfMerchant(ctx, scope.Merchant.ID)
		if err != nil {
			return err
		}
		for _, m := range members {
			if Role(m.Member.Role) == Owner && m.Status == Active {
				return nil
			}
		}
		return LastOwner
	})
}

func (s *Service) putMember(ctx context.Context, tx *store.Tx, by audit.By, before db.Member, role Role, group string) error {
	err := tx.SetMember(ctx, db.SetMemberParams{
		UserID: before.UserID, MerchantID: before.MerchantID, Role: string(role), MachineGroup: group, CreatedAt: s.clock.Millis(),
	})
	if err != nil {
		return fmt.Errorf("set member: %w", err)
	}
	entry := audit.Entry{
		By: by, Action: "member.set", Kind: "user", ID: strconv.FormatInt(before.UserID, 10), After: memberFacts{role, group},
	}
	entry.MerchantID = before.MerchantID
	if before.Role != "" {
		entry.Before = memberFacts{Role(before.Role), before.MachineGroup}
	}
	return s.audit.Record(ctx, tx, entry)
}
