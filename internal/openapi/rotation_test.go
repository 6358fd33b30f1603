package openapi_test

import (
	"crypto/rand"
	"testing"
	"time"

	rotation "github.com/vendlane/vendlane/internal/credentials"
)

// The old AppSecret and AppKey are good, each with the new other one as well, until
// their overlap is over; no request asks the store for more than before.
func TestRotationOverlaps(t *testing.T) {
	a := newAPI(t)
	keys := rotation.New(a.Store, a.Box, a.Now, rand.Reader)
	rotate := func(which rotation.Which) string {
		t.Helper()
		merchant, err := a.Store.MerchantByAppID(t.Context(), shop.appID)
		if err != nil {
			t.Fatal(err)
		}
		r, err := keys.Rotate(t.Context(), merchant, which, rotation.DefaultOverlap)
		if err != nil {
			t.Fatal(err)
		}
		return r.Secret
	}
	list := func(secret, key string) answer {
		t.Helper()
		return a.do(t, call{verb: "POST", path: "/products", payload: fields{"method": "products.list", "machine_no": "16327129"}, by: credentials{shop.appID, secret, key}})
	}
	before := a.queries.Load()
	list(shop.secret, shop.key)
	asked := a.queries.Load() - before

	secret, key := rotate(rotation.AppSecret), rotate(rotation.AppKey)
	for _, s := range []string{shop.secret, secret} {
		for _, k := range []string{shop.key, key} {
			before := a.queries.Load()
			if got := list(s, k); got.status != 200 {
				t.Errorf("while they overlap: HTTP %d %s", got.status, got.body)
			}
			if n := a.queries.Load() - before; n != asked {
				t.Errorf("%d queries, %d before the rotation", n, asked)
			}
		}
	}
	wantRefusal(t, list("ffffffffffffffffffffffffffffffff", key), 10013, "")
	wantRefusal(t, list(secret, "other"), 10015, "")
	a.Advance(24 * time.Hour)
	if got := list(secret, key); got.status != 200 {
		t.Errorf("the new ones: HTTP %d %s", got.status, got.body)
	}
	wantRefusal(t, list(shop.secret, key), 10013, "")
	wantRefusal(t, list(secret, shop.key), 10015, "")
}
