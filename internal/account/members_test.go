package account_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/audit"
)

func TestMembers(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.user(t, "owner@shop.example", account.Owner)
	admin := f.user(t, "admin@shop.example", account.Admin)
	viewer := f.user(t, "viewer@shop.example", account.Viewer)
	owner, byAdmin := f.scope(t, "owner@shop.example"), f.scope(t, "admin@shop.example")

	wantRefusal(t, f.accounts.SetMember(ctx, byAdmin, viewer.ID, account.Owner, ""), account.Forbidden)
	wantRefusal(t, f.accounts.SetMember(ctx, byAdmin, owner.User.ID, account.Viewer, ""), account.Forbidden)
	wantRefusal(t, f.accounts.RemoveMember(ctx, byAdmin, owner.User.ID), account.Forbidden)
	wantRefusal(t, f.accounts.SetMember(ctx, byAdmin, viewer.ID, "king", ""), account.RoleInvalid)
	wantRefusal(t, f.accounts.SetMember(ctx, byAdmin, viewer.ID, account.Developer, "north"), account.RoleInvalid)
	wantRefusal(t, f.accounts.SetMember(ctx, byAdmin, 999, account.Viewer, ""), account.NotFound)
	must(t, f.accounts.SetMember(ctx, byAdmin, viewer.ID, account.Restocker, "north"))
	if scope := f.scope(t, "viewer@shop.example"); scope.Role != account.Restocker || scope.Group != "north" {
		t.Errorf("role %s, group %s", scope.Role, scope.Group)
	}
	must(t, f.accounts.RemoveMember(ctx, byAdmin, viewer.ID))
	_, err := f.accounts.Scope(ctx, f.session(t, "viewer@shop.example"))
	wantRefusal(t, err, account.NoMerchant)

	wantRefusal(t, f.accounts.RemoveMember(ctx, owner, owner.User.ID), account.LastOwner)
	wantRefusal(t, f.accounts.SetMember(ctx, owner, owner.User.ID, account.Admin, ""), account.LastOwner)
	must(t, f.accounts.SetMember(ctx, owner, admin.ID, account.Owner, ""))
	must(t, f.accounts.SetMember(ctx, owner, owner.User.ID, account.Admin, ""))

	want := []string{"member.set", "member.set", "member.remove", "member.set", "member.set", "member.set", "member.set"}
	if got := f.auditActions(t, f.Merchant.ID); !slices.Equal(got, want) {
		t.Errorf("audit log %v, want %v", got, want)
	}
}

// Two owners who leave at the same time: one stays.
func TestLastOwnerRace(t *testing.T) {
	f := newFixture(t)
	f.user(t, "a@shop.example", account.Owner)
	f.user(t, "b@shop.example", account.Owner)
	scopes := []account.Scope{f.scope(t, "a@shop.example"), f.scope(t, "b@shop.example")}
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range scopes {
		wg.Go(func() { errs[i] = f.accounts.RemoveMember(t.Context(), scopes[i], scopes[i].User.ID) })
	}
	wg.Wait()
	members, err := f.accounts.Members(t.Context(), scopes[0])
	if err != nil || len(members) != 1 || (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("%d members are left (%v); %v", len(members), err, errs)
	}
}

func TestInvitations(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.user(t, "owner@shop.example", account.Owner)
	f.user(t, "admin@shop.example", account.Admin)
	bob := f.user(t, "bob@shop.example", "")
	owner, admin := f.scope(t, "owner@shop.example"), f.scope(t, "admin@shop.example")

	_, _, err := f.accounts.Invite(ctx, admin, account.Invitation{Role: account.Owner})
	wantRefusal(t, err, account.Forbidden)
	_, _, err = f.accounts.Invite(ctx, admin, account.Invitation{Role: "king"})
	wantRefusal(t, err, account.RoleInvalid)
	_, _, err = f.accounts.Invite(ctx, admin, account.Invitation{Role: account.Viewer, Email: "bob"})
	wantRefusal(t, err, account.EmailInvalid)

	// A new user, once.
	token, _, err := f.accounts.Invite(ctx, admin, account.Invitation{Role: account.Operator, Group: "north"})
	must(t, err)
	carl := account.NewUser{Email: "carl@shop.example", Name: "Carl", Password: password, PlatformAdmin: true}
	signed, err := f.accounts.AcceptAsNew(ctx, token, carl, here)
	must(t, err)
	if signed.User.IsPlatformAdmin {
		t.Error("an invitation made a platform administrator")
	}
	if scope := f.scope(t, "carl@shop.example"); scope.Merchant.ID != f.Merchant.ID || scope.Role != account.Operator || scope.Group != "north" {
		t.Errorf("scope %+v", scope)
	}
	wantRefusal(t, f.accounts.AcceptAs(ctx, token, bob, here), account.InvitationInvalid)
	_, err = f.accounts.AcceptAsNew(ctx, "nonsense", account.NewUser{Email: "x@y.example", Name: "X", Password: password}, here)
	wantRefusal(t, err, account.InvitationInvalid)

	// For one address.
	token, _, err = f.accounts.Invite(ctx, admin, account.Invitation{Role: account.Viewer, Email: "Dora@shop.example"})
	must(t, err)
	wantRefusal(t, f.accounts.AcceptAs(ctx, token, bob, here), account.InvitationInvalid)
	_, err = f.accounts.AcceptAsNew(ctx, token, account.NewUser{Email: "x@y.example", Name: "X", Password: password}, here)
	wantRefusal(t, err, account.InvitationInvalid)
	if _, err := f.accounts.UserByEmail(ctx, "x@y.example"); !errors.Is(err, account.NotFound) {
		t.Errorf("a refused invitation left a user: %v", err)
	}

	// 12 hours.
	f.Advance(12 * time.Hour)
	_, err = f.accounts.AcceptAsNew(ctx, token, account.NewUser{Email: "dora@shop.example", Name: "D", Password: password}, here)
	wantRefusal(t, err, account.InvitationInvalid)

	// An owner who follows a link stays one.
	token, _, err = f.accounts.Invite(ctx, owner, account.Invitation{Role: account.Viewer})
	must(t, err)
	must(t, f.accounts.AcceptAs(ctx, token, owner.User, here))
	if scope := f.scope(t, "owner@shop.example"); scope.Role != account.Owner {
		t.Errorf("the owner is %s now", scope.Role)
	}
}

// An invitation that many accept at the same time is good for one.
func TestInvitationRace(t *testing.T) {
	f := newFixture(t)
	f.user(t, "owner@shop.example", account.Owner)
	token, _, err := f.accounts.Invite(t.Context(), f.scope(t, "owner@shop.example"), account.Invitation{Role: account.Viewer})
	must(t, err)
	var wg sync.WaitGroup
	errs := make([]error, 5)
	for i := range errs {
		u := f.user(t, string(rune('a'+i))+"@guest.example", "")
		wg.Go(func() { errs[i] = f.accounts.AcceptAs(t.Context(), token, u, here) })
	}
	wg.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else {
			wantRefusal(t, err, account.InvitationInvalid)
		}
	}
	if done != 1 {
		t.Errorf("%d accepted it", done)
	}
}

func TestScopeAndMerchants(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	_, err := f.accounts.SetUp(ctx, setUpCode, account.NewUser{Email: "root@host.example", Name: "R", Password: password}, here)
	must(t, err)
	f.user(t, "ann@shop.example", account.Viewer)
	root, ann := f.session(t, "root@host.example"), f.session(t, "ann@shop.example")
	if scope, err := f.accounts.Scope(ctx, root); err != nil || scope.Role != account.Owner || scope.Merchant.ID != f.Merchant.ID {
		t.Errorf("the platform administrator is %s at %d, %v", scope.Role, scope.Merchant.ID, err)
	}
	wantRefusal(t, f.accounts.ChooseMerchant(ctx, ann, f.Merchant.ID+1), account.NotFound)
	wantRefusal(t, f.accounts.ChooseMerchant(ctx, root, f.Merchant.ID+1), account.NotFound)
	must(t, f.accounts.ChooseMerchant(ctx, ann, f.Merchant.ID))

	wantRefusal(t, f.accounts.SetMerchantStatus(ctx, ann.User, "", f.Merchant.ID, "PENDING"), account.Forbidden)
	wantRefusal(t, f.accounts.SetMerchantStatus(ctx, root.User, "", 999, "PENDING"), account.NotFound)
	wantRefusal(t, f.accounts.SetMerchantStatus(ctx, root.User, "", f.Merchant.ID, "FINE"), account.StatusInvalid)
	must(t, f.accounts.SetMerchantStatus(ctx, root.User, "", f.Merchant.ID, "PENDING"))
	if m, err := f.Store.MerchantByID(ctx, f.Merchant.ID); err != nil || m.Status != "PENDING" {
		t.Errorf("status %s, %v", m.Status, err)
	}
	if got := f.auditActions(t, f.Merchant.ID); got[0] != "merchant.status" {
		t.Errorf("audit log %v", got)
	}
	must(t, f.accounts.SetLanguage(ctx, ann.User.ID, "zh-CN"))
	wantRefusal(t, f.accounts.SetLanguage(ctx, ann.User.ID, "xx"), account.LanguageUnknown)
	_, err = f.accounts.Merchants(ctx, ann.User)
	wantRefusal(t, err, account.Forbidden)
	_, err = f.accounts.UserByEmail(ctx, "nobody@shop.example")
	wantRefusal(t, err, account.NotFound)
	wantRefusal(t, f.accounts.Disable(ctx, audit.By{}, 999), account.NotFound)
	wantRefusal(t, f.accounts.SetPassword(ctx, audit.By{}, 999, 0, password), account.NotFound)
}

// Every permission is somebody's, and an owner has all of them.
func TestPermissions(t *testing.T) {
	all := account.Owner.Permissions()
	if len(all) != 18 {
		t.Errorf("an owner has %d permissions: %v", len(all), all)
	}
	for _, role := range account.Roles() {
		for _, p := range role.Permissions() {
			if !role.May(p) || !account.Owner.May(p) {
				t.Errorf("%s: %s", role, p)
			}
		}
		if !role.May(account.See) {
			t.Errorf("%s sees nothing", role)
		}
	}
	for p, want := range map[account.Permission][]account.Role{
		account.ManageMembers: {account.Owner, account.Admin},
		account.ManageKeys:    {account.Owner, account.Admin, account.Developer},
		account.SellCodes:     {account.Owner, account.Admin, account.Operator},
		account.Restock:       {account.Owner, account.Admin, account.Operator, account.Restocker},
	} {
		got := slices.DeleteFunc(account.Roles(), func(r account.Role) bool { return !r.May(p) })
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", p, got, want)
		}
	}
	if account.Role("").May(account.See) || account.Role("king").May(account.See) {
		t.Error("a role that does not exist may do something")
	}
}
