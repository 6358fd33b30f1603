package credentials_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
)

const day = credentials.DefaultOverlap

type fixture struct {
	*storetest.Fixture
	t *testing.T
	*credentials.Service
}

func newFixture(t *testing.T) *fixture {
	f := storetest.NewFixture(t, testkit.NewDatabase(t).Open)
	return &fixture{f, t, credentials.New(f.Store, f.Box, f.Now, rand.Reader)}
}

// merchant is the shop as every node reads it at its next request.
func (f *fixture) merchant() db.Merchant {
	f.t.Helper()
	m, err := f.Store.MerchantByID(f.t.Context(), f.Merchant.ID)
	if err != nil {
		f.t.Fatal(err)
	}
	return m
}

func (f *fixture) rotate(which credentials.Which, overlap int64) credentials.Rotated {
	f.t.Helper()
	r, err := f.Rotate(f.t.Context(), f.merchant(), which, overlap)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

// keys are the AppKeys that are accepted now.
func (f *fixture) keys() []string {
	f.t.Helper()
	keys, err := credentials.KeysOf(f.merchant()).Accepted(f.Box, f.Now().UnixMilli())
	if err != nil {
		f.t.Fatal(err)
	}
	return keys
}

// Of two who replace a credential they have both read, one does.
func TestRotateOnce(t *testing.T) {
	f := newFixture(t)
	for _, which := range []credentials.Which{credentials.AppSecret, credentials.AppKey, credentials.WebhookSecret} {
		first, err := f.Rotate(t.Context(), f.Merchant, which, day)
		if err != nil || first.Secret == "" || first.PreviousUntil != f.Now().UnixMilli()+day {
			t.Errorf("%s: %+v, %v", which, first, err)
		}
		if second, err := f.Rotate(t.Context(), f.Merchant, which, day); !errors.Is(err, store.ErrLostRace) || second.Secret != "" {
			t.Errorf("%s again: %+v, %v", which, second, err)
		}
		if err := f.EndOverlap(t.Context(), f.Merchant, which); !errors.Is(err, store.ErrLostRace) {
			t.Errorf("%s: end of an overlap nobody has seen: %v", which, err)
		}
	}
	if key, err := f.AppKey(f.merchant()); err != nil || key == "kva" {
		t.Errorf("key %q, %v", key, err)
	}
}

// Both AppKeys are good until the end that was chosen, or until somebody ends it;
// what was old before is not.
func TestAppKeyOverlap(t *testing.T) {
	f := newFixture(t)
	first := f.rotate(credentials.AppKey, day).Secret
	if got := f.keys(); !slices.Equal(got, []string{first, "kva"}) {
		t.Errorf("keys %q", got)
	}
	second := f.rotate(credentials.AppKey, 60*60*1000).Secret
	if got := f.keys(); !slices.Equal(got, []string{second, first}) {
		t.Errorf("keys %q", got)
	}
	f.Advance(time.Hour - time.Millisecond)
	if got := f.keys(); len(got) != 2 {
		t.Errorf("a millisecond before the end: %d keys", len(got))
	}
	f.Advance(time.Millisecond)
	if got := f.keys(); !slices.Equal(got, []string{second}) {
		t.Errorf("at the end: %q", got)
	}
	third := f.rotate(credentials.AppKey, 7*day)
	if err := f.EndOverlap(t.Context(), f.merchant(), credentials.AppKey); err != nil {
		t.Fatal(err)
	}
	if got := f.keys(); !slices.Equal(got, []string{third.Secret}) {
		t.Errorf("ended: %q", got)
	}
	// It is remembered, to say why it no longer fits.
	if old := f.PreviousAppKey(f.merchant()); old != second {
		t.Errorf("previous %q", old)
	}
	if r := f.rotate(credentials.AppKey, 0); r.PreviousUntil != 0 || len(f.keys()) != 1 {
		t.Errorf("without an overlap: %+v", r)
	}
}

// The same for AppSecrets.
func TestAppSecretOverlap(t *testing.T) {
	f := newFixture(t)
	old := f.rotate(credentials.AppSecret, 0).Secret
	next := f.rotate(credentials.AppSecret, day).Secret
	fits := func(secret string) [2]bool {
		m, now := f.merchant(), f.Now().UnixMilli()
		return [2]bool{credentials.AppSecretFits(m, secret, now), credentials.OldAppSecretFits(m, secret, now)}
	}
	if fits(old) != [2]bool{true, true} || fits(next) != [2]bool{true, false} || fits("") != [2]bool{} {
		t.Errorf("old %v, new %v, none %v", fits(old), fits(next), fits(""))
	}
	f.Advance(24 * time.Hour)
	if fits(old) != [2]bool{} || fits(next) != [2]bool{true, false} {
		t.Errorf("a day later: old %v, new %v", fits(old), fits(next))
	}
	f.rotate(credentials.AppSecret, day)
	if err := f.EndOverlap(t.Context(), f.merchant(), credentials.AppSecret); err != nil || fits(next) != [2]bool{} {
		t.Errorf("ended: %v, %v", fits(next), err)
	}
}

// A new master key cannot open the old AppKey: the new one works all the same.
func TestOverlapAfterTheMasterKeyIsLost(t *testing.T) {
	f := newFixture(t)
	box, err := secrets.NewBox(bytes.Repeat([]byte{0xff}, secrets.KeySize), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f.Box, f.Service = box, credentials.New(f.Store, box, f.Now, rand.Reader)
	next := f.rotate(credentials.AppKey, day).Secret
	if got := f.keys(); !slices.Equal(got, []string{next}) || f.PreviousAppKey(f.merchant()) != "" {
		t.Errorf("keys %q", got)
	}
}

func TestRotateRefuses(t *testing.T) {
	f := newFixture(t)
	if _, err := f.Rotate(t.Context(), f.Merchant, credentials.AppKey, 1); vending.CodeOf(err) != vending.CodeForm {
		t.Errorf("an overlap that cannot be chosen: %v", err)
	}
	if _, err := f.Rotate(t.Context(), f.Merchant, "all", day); vending.CodeOf(err) != vending.CodeForm {
		t.Errorf("an unknown credential: %v", err)
	}
	if got := f.merchant(); got != f.Merchant {
		t.Errorf("merchant %+v", got)
	}
}
