package credentials_test

import (
	"crypto/rand"
	"errors"
	"testing"

	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
)

// Of two who replace a credential they have both read, one does.
func TestRotateOnce(t *testing.T) {
	f := storetest.NewFixture(t, testkit.NewDatabase(t).Open)
	s := credentials.New(f.Store, f.Box, f.Now, rand.Reader)
	for _, which := range []credentials.Which{credentials.AppSecret, credentials.AppKey, credentials.WebhookSecret} {
		first, err := s.Rotate(t.Context(), f.Merchant, which)
		if err != nil || first.Secret == "" || (first.PreviousUntil != 0) != (which == credentials.WebhookSecret) {
			t.Errorf("%s: %+v, %v", which, first, err)
		}
		if second, err := s.Rotate(t.Context(), f.Merchant, which); !errors.Is(err, store.ErrLostRace) || second.Secret != "" {
			t.Errorf("%s again: %+v, %v", which, second, err)
		}
	}
	m, err := f.Store.MerchantByID(t.Context(), f.Merchant.ID)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := s.AppKey(m); err != nil || key == "kva" {
		t.Errorf("key %q, %v", key, err)
	}
}
