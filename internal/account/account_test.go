package account_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
)

const (
	setUpCode = "CODE-CODE"
	password  = "correct-horse"
)

// here is where the tests sign in from.
var here = account.Client{IP: "192.0.2.1", UserAgent: "test"}

type fixture struct {
	*storetest.Fixture
	accounts *account.Service
	trail    *audit.Log
}

// cheap keeps the tests from spending their time on hashes.
var cheap = account.Cost{MemoryKiB: 8, Passes: 1}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Fixture: storetest.NewFixture(t, testkit.NewDatabase(t).Open)}
	f.trail = audit.New(f.Now)
	f.accounts = account.New(f.Store, f.trail, f.Now, rand.Reader, account.Config{SetUpCode: setUpCode, Cost: cheap},
		slog.New(slog.DiscardHandler))
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantRefusal(t *testing.T, err error, want account.Refusal) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%v, want %v", err, want)
	}
}

// user makes a user, a member of the shop if role is set.
func (f *fixture) user(t *testing.T, email string, role account.Role) db.User {
	t.Helper()
	u := account.NewUser{Email: email, Name: email, Password: password}
	var made db.User
	var err error
	if role == "" {
		made, err = f.accounts.CreateUser(t.Context(), audit.By{}, u)
	} else {
		made, err = f.accounts.CreateMember(t.Context(), audit.By{}, u, f.Merchant.ID, role, "")
	}
	must(t, err)
	return made
}

// scope signs a user in and returns what the session acts at.
func (f *fixture) scope(t *testing.T, email string) account.Scope {
	t.Helper()
	scope, err := f.accounts.Scope(t.Context(), f.session(t, email))
	must(t, err)
	return scope
}

func (f *fixture) session(t *testing.T, email string) account.Session {
	t.Helper()
	signed, err := f.accounts.SignIn(t.Context(), email, password, here)
	must(t, err)
	session, err := f.accounts.Session(t.Context(), signed.Token)
	must(t, err)
	return session
}

func (f *fixture) auditActions(t *testing.T, merchantID int64) (out []string) {
	t.Helper()
	rows, err := f.Store.AuditOfMerchant(t.Context(), merchantID, 1<<62, 100)
	must(t, err)
	for _, r := range rows {
		out = append(out, r.AuditLog.Action)
	}
	return out
}

// The first user is made with the code of the log, once.
func TestSetUp(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	u := account.NewUser{Email: " Ann@Shop.example ", Name: "Ann", Password: password}
	_, err := f.accounts.SetUp(ctx, "wrong", u, here)
	wantRefusal(t, err, account.SetUpCodeWrong)
	if needed, err := f.accounts.NeedsSetUp(ctx); err != nil || !needed {
		t.Errorf("needed %v, %v", needed, err)
	}
	signed, err := f.accounts.SetUp(ctx, setUpCode, u, here)
	must(t, err)
	if signed.User.Email != "ann@shop.example" || !signed.User.IsPlatformAdmin {
		t.Errorf("%+v", signed.User)
	}
	if _, err := f.accounts.Session(ctx, signed.Token); err != nil {
		t.Errorf("the first user is not signed in: %v", err)
	}
	_, err = f.accounts.SetUp(ctx, setUpCode, account.NewUser{Email: "b@shop.example", Name: "B", Password: password}, here)
	wantRefusal(t, err, account.SetUpDone)
}

func TestSetUpWithoutCodeIsOff(t *testing.T) {
	f := newFixture(t)
	off := account.New(f.Store, f.trail, f.Now, rand.Reader, account.Config{Cost: cheap}, slog.New(slog.DiscardHandler))
	_, err := off.SetUp(t.Context(), "", account.NewUser{Email: "a@b.example", Name: "A", Password: password}, here)
	wantRefusal(t, err, account.SetUpCodeWrong)
}

func TestNewUserRefusals(t *testing.T) {
	f := newFixture(t)
	f.user(t, "taken@shop.example", "")
	for name, c := range map[string]struct {
		u    account.NewUser
		want account.Refusal
	}{
		"no address":       {account.NewUser{Email: "ann", Name: "A", Password: password}, account.EmailInvalid},
		"name and address": {account.NewUser{Email: "Ann <a@b.example>", Name: "A", Password: password}, account.EmailInvalid},
		"taken":            {account.NewUser{Email: "TAKEN@shop.example", Name: "A", Password: password}, account.EmailTaken},
		"no name":          {account.NewUser{Email: "a@b.example", Name: " ", Password: password}, account.NameInvalid},
		"9 characters":     {account.NewUser{Email: "a@b.example", Name: "A", Password: "123456789"}, account.PasswordInvalid},
		"129 characters":   {account.NewUser{Email: "a@b.example", Name: "A", Password: strings.Repeat("x", 129)}, account.PasswordInvalid},
		"language":         {account.NewUser{Email: "a@b.example", Name: "A", Password: password, Language: "fr"}, account.LanguageUnknown},
	} {
		_, err := f.accounts.CreateUser(t.Context(), audit.By{}, c.u)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	if n, err := f.Store.CountUsers(t.Context()); err != nil || n != 1 {
		t.Errorf("%d users, %v", n, err)
	}
}

// A wrong password and an unknown user look the same; a disabled account is
// told only to who knows the password.
func TestSignIn(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	u := f.user(t, "ann@shop.example", "")
	for name, c := range map[string]struct{ email, password string }{
		"wrong":   {"ann@shop.example", "wrong-password"},
		"empty":   {"ann@shop.example", ""},
		"huge":    {"ann@shop.example", strings.Repeat("x", 1<<20)},
		"unknown": {"bob@shop.example", password},
		"no mail": {"ann", password},
	} {
		if _, err := f.accounts.SignIn(ctx, c.email, c.password, here); !errors.Is(err, account.CredentialsWrong) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := f.accounts.SignIn(ctx, "ANN@shop.example", password, here)
	must(t, err)
	must(t, f.accounts.Disable(ctx, audit.By{}, u.ID))
	_, err = f.accounts.SignIn(ctx, u.Email, password, here)
	wantRefusal(t, err, account.AccountDisabled)
	_, err = f.accounts.SignIn(ctx, u.Email, "wrong-password", here)
	wantRefusal(t, err, account.CredentialsWrong)

	logins, err := f.accounts.Logins(ctx, u.ID)
	must(t, err)
	got := []string{}
	for _, l := range logins {
		got = append(got, l.Result)
	}
	if len(got) != 6 || got[0] != "WRONG_PASSWORD" || got[1] != "DISABLED" || got[2] != "OK" || logins[0].Ip != here.IP {
		t.Errorf("log of sign-ins %v", got)
	}
}

// Ten failures lock an account for a quarter of an hour, for the right password
// as well, also when they are sent at the same time.
func TestGuessesLockAnAccount(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.user(t, "ann@shop.example", "")
	var wg sync.WaitGroup
	var mu sync.Mutex
	counts := map[account.Refusal]int{}
	for range 40 {
		wg.Go(func() {
			_, err := f.accounts.SignIn(ctx, "ann@shop.example", "wrong-password", here)
			var r account.Refusal
			errors.As(err, &r)
			mu.Lock()
			defer mu.Unlock()
			counts[r]++
		})
	}
	wg.Wait()
	// Those that hash at the same time, four, may pass together.
	if n := counts[account.CredentialsWrong]; n < 10 || n > 13 || n+counts[account.TooManyAttempts] != 40 {
		t.Errorf("answers %v", counts)
	}
	_, err := f.accounts.SignIn(ctx, "ann@shop.example", password, account.Client{IP: "192.0.2.9"})
	wantRefusal(t, err, account.TooManyAttempts)
	f.Advance(15 * time.Minute)
	_, err = f.accounts.SignIn(ctx, "ann@shop.example", password, here)
	must(t, err)
}

// Fifty failures lock an address, whatever accounts they name.
func TestGuessesLockAnAddress(t *testing.T) {
	f := newFixture(t)
	f.user(t, "ann@shop.example", "")
	for i := range 50 {
		_, err := f.accounts.SignIn(t.Context(), strings.Repeat("x", i+1)+"@shop.example", password, here)
		wantRefusal(t, err, account.CredentialsWrong)
	}
	_, err := f.accounts.SignIn(t.Context(), "ann@shop.example", password, here)
	wantRefusal(t, err, account.TooManyAttempts)
	_, err = f.accounts.SignIn(t.Context(), "ann@shop.example", password, account.Client{IP: "192.0.2.2"})
	must(t, err)
}

// Whoever has one IPv6 address has its network, which is locked as a whole.
func TestGuessesLockANetwork(t *testing.T) {
	f := newFixture(t)
	f.user(t, "ann@shop.example", "")
	for i := range 50 {
		_, err := f.accounts.SetUp(t.Context(), "wrong", account.NewUser{}, account.Client{IP: fmt.Sprintf("2001:db8::%x", i+1)})
		wantRefusal(t, err, account.SetUpCodeWrong)
	}
	_, err := f.accounts.SignIn(t.Context(), "ann@shop.example", password, account.Client{IP: "2001:db8::ffff"})
	wantRefusal(t, err, account.TooManyAttempts)
	_, err = f.accounts.SignIn(t.Context(), "ann@shop.example", password, account.Client{IP: "2001:db8:0:1::1"})
	must(t, err)
}

// A session slides for 12 hours at a time, and ends after 30 days.
func TestSessionLife(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.user(t, "ann@shop.example", "")
	signed, err := f.accounts.SignIn(ctx, "ann@shop.example", password, here)
	must(t, err)
	started := f.Now()
	for f.Now().Sub(started) < 30*24*time.Hour-11*time.Hour {
		f.Advance(11 * time.Hour)
		if _, err := f.accounts.Session(ctx, signed.Token); err != nil {
			t.Fatalf("after %v: %v", f.Now().Sub(started), err)
		}
	}
	f.Advance(11 * time.Hour)
	_, err = f.accounts.Session(ctx, signed.Token)
	wantRefusal(t, err, account.SignedOut)

	signed, err = f.accounts.SignIn(ctx, "ann@shop.example", password, here)
	must(t, err)
	f.Advance(12 * time.Hour)
	_, err = f.accounts.Session(ctx, signed.Token)
	wantRefusal(t, err, account.SignedOut)
	must(t, f.accounts.Sweep(ctx))
	rows, err := f.Store.SessionsOfUser(ctx, signed.User.ID, 0)
	if err != nil || len(rows) != 0 {
		t.Errorf("%d sessions are left, %v", len(rows), err)
	}
}

func TestSessionsEnd(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	u := f.user(t, "ann@shop.example", "")
	other := f.user(t, "bob@shop.example", "")
	tokens := [3]string{}
	for i := range tokens {
		signed, err := f.accounts.SignIn(ctx, u.Email, password, here)
		must(t, err)
		tokens[i] = signed.Token
	}
	alive := func() (out []bool) {
		for _, token := range tokens {
			_, err := f.accounts.Session(ctx, token)
			out = append(out, err == nil)
		}
		return out
	}
	session, err := f.accounts.Session(ctx, tokens[0])
	must(t, err)
	wantRefusal(t, f.accounts.EndSession(ctx, other.ID, session.ID), account.NotFound)
	must(t, f.accounts.EndSession(ctx, u.ID, session.ID))
	if got := alive(); got[0] || !got[1] || !got[2] {
		t.Errorf("after the end of one: %v", got)
	}
	keep, err := f.accounts.Session(ctx, tokens[1])
	must(t, err)
	wantRefusal(t, f.accounts.ChangePassword(ctx, keep, "wrong-password", "new-password-1", here), account.CredentialsWrong)
	must(t, f.accounts.ChangePassword(ctx, keep, password, "new-password-1", here))
	if got := alive(); !got[1] || got[2] {
		t.Errorf("after another password: %v", got)
	}
	must(t, f.accounts.Disable(ctx, audit.By{}, u.ID))
	if got := alive(); got[1] {
		t.Error("a disabled user is still signed in")
	}
}

// A stored token is a hash: a copy of the database opens no session.
func TestTokensAreHashed(t *testing.T) {
	f := newFixture(t)
	u := f.user(t, "ann@shop.example", "")
	signed, err := f.accounts.SignIn(t.Context(), u.Email, password, here)
	must(t, err)
	rows, err := f.accounts.Sessions(t.Context(), u.ID)
	must(t, err)
	if len(rows) != 1 || rows[0].TokenHash == signed.Token || len(signed.Token) != 43 {
		t.Errorf("stored %q for a token of %d characters", rows[0].TokenHash, len(signed.Token))
	}
	_, err = f.accounts.Session(t.Context(), rows[0].TokenHash)
	wantRefusal(t, err, account.SignedOut)
	if stored, _ := f.Store.UserByID(context.Background(), u.ID); !strings.HasPrefix(stored.PasswordHash, "$argon2id$v=19$m=8,t=1,p=1$") {
		t.Errorf("password hash %q", stored.PasswordHash)
	}
}

// An entry that cannot be written takes the change with it.
func TestAuditIsPartOfTheChange(t *testing.T) {
	f := newFixture(t)
	ctx := f.trail.Recording(t.Context(), audit.Entry{Action: "x", After: func() {}})
	err := f.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.SetMerchantStatus(ctx, "PENDING", f.Merchant.ID, f.Merchant.Status)
		return err
	})
	if err == nil {
		t.Fatal("an entry that has no JSON was written")
	}
	if m, err := f.Store.MerchantByID(t.Context(), f.Merchant.ID); err != nil || m.Status != f.Merchant.Status {
		t.Errorf("status %s, %v", m.Status, err)
	}
}

// Of set-ups at the same time one makes the first user.
func TestSetUpRace(t *testing.T) {
	f := newFixture(t)
	errs := make([]error, 4)
	var wg sync.WaitGroup
	for i := range errs {
		u := account.NewUser{Email: fmt.Sprintf("%d@shop.example", i), Name: "Ann", Password: password}
		wg.Go(func() { _, errs[i] = f.accounts.SetUp(t.Context(), setUpCode, u, here) })
	}
	wg.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else {
			wantRefusal(t, err, account.SetUpDone)
		}
	}
	if done != 1 {
		t.Errorf("%d users were the first", done)
	}
}
