package openapi_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
)

// watchedEngine counts visits for merchants and for redemptions.
type watchedEngine struct {
	store.Engine
	lookUps, redemptions atomic.Int64
	failure              error // of a redemption, after it was done
}

func (e *watchedEngine) Sets() store.Sets {
	return storetest.WrapSets(e.Engine, func(sets store.Sets) store.Sets { return watchedSets{sets, e} })
}

type watchedSets struct {
	store.Sets
	engine *watchedEngine
}

func (s watchedSets) Merchants(ctx context.Context, appIDs []string) ([]db.Merchant, error) {
	s.engine.lookUps.Add(1)
	return s.Sets.Merchants(ctx, appIDs)
}

func (s watchedSets) Redeem(ctx context.Context, requests []store.RedeemRequest) ([]store.Verdict, error) {
	s.engine.redemptions.Add(1)
	verdicts, err := s.Sets.Redeem(ctx, requests)
	return verdicts, errors.Join(err, s.engine.failure)
}

// newMemoryAPI makes an API on the engine that remembers merchants, which has called
// once: code 1000000 is used, 1000001 to 1000008 are not.
func newMemoryAPI(t *testing.T, change ...func(*openapi.Config)) (*api, *watchedEngine) {
	t.Helper()
	database := testkit.NewPostgres(t)
	engine := &watchedEngine{}
	a := &api{}
	a.Fixture = storetest.NewFixture(t, func(t testing.TB) store.Engine {
		engine.Engine = database.Open(t)
		a.engine = engine
		return engine
	})
	a.sql = database.SQL(t)
	a.start(change)
	for i := range 9 {
		a.AddCode(t, fmt.Sprint(1000000+i), 131, 0)
	}
	wantOK(t, a.do(t, redemption(0)))
	if _, found := a.Store.RememberedMerchant(shop.appID); !found {
		t.Fatal("the merchant is not remembered")
	}
	return a, engine
}

// redemption asks for the nth code.
func redemption(n int, changes ...any) call {
	c := consumption.with("code", fmt.Sprint(1000000+n), "trade_id", fmt.Sprintf("2024042900000000%04d", n))
	return post("/consumes", c.with(changes...))
}

// A redemption is one visit to the database, a success and a refusal alike.
func TestRememberedMerchantIsNotLookedUp(t *testing.T) {
	a, engine := newMemoryAPI(t)
	lookUps, redemptions := engine.lookUps.Load(), engine.redemptions.Load()
	wantOK(t, a.do(t, redemption(1)))
	wantRefusal(t, a.do(t, redemption(999)), 10024, "")
	if l, r := engine.lookUps.Load()-lookUps, engine.redemptions.Load()-redemptions; l != 0 || r != 2 {
		t.Errorf("%d look-ups and %d redemptions, want 0 and 2", l, r)
	}
}

// What has changed before a call is seen, whichever node it was changed at, and a call
// that it makes a wrong one takes nothing.
func TestRememberedMerchantHasChanged(t *testing.T) {
	newSecret, newKey := shop, shop
	newSecret.secret, newKey.key = "ffffffffffffffffffffffffffffffff", "new-key"
	for name, test := range map[string]struct {
		column string
		value  func(t *testing.T, a *api) any
		want   int
		now    credentials // what is good after the change; none if nothing is
	}{
		"another AppSecret": {"app_secret_hash", func(*testing.T, *api) any { return secrets.Hash(newSecret.secret) }, 10013, newSecret},
		"another AppKey": {"app_key_sealed", func(t *testing.T, a *api) any {
			return sealKey(t, a, newKey.key)
		}, 10015, newKey},
		"another AppId": {"app_id", func(*testing.T, *api) any { return "vmffffffffffffffff" }, 10014, credentials{}},
		"not verified":  {"status", func(*testing.T, *api) any { return "DISABLED" }, 10010, credentials{}},
		"expired":       {"expired_at", func(_ *testing.T, a *api) any { return a.Now().UnixMilli() - 1 }, 10009, credentials{}},
	} {
		t.Run(name, func(t *testing.T) {
			a, engine := newMemoryAPI(t, func(c *openapi.Config) { c.AuthFailures, c.AuthWindow = 2, 60_000 })
			a.exec(t, "UPDATE merchants SET "+test.column+" = $1 WHERE app_id = $2", test.value(t, a), shop.appID)
			redemptions := engine.redemptions.Load()
			wantRefusal(t, a.do(t, redemption(1)), test.want, "")
			wrong := redemption(999)
			wrong.remote = "192.0.2.77:1" // a client of its own, for those failures count
			wantRefusal(t, a.do(t, wrong), test.want, "")
			facts, err := a.Store.RedemptionFacts(t.Context(), store.FactsQuery{MachineNo: "16327129", Code: "1000001", MerchantID: a.Merchant.ID})
			if err != nil || facts.CodeState != string(vending.CodeUnused) || facts.CurrentInventory != 9 || facts.WrongAttempts != "" {
				t.Errorf("after two refusals: %+v (%v)", facts, err)
			}
			if n := engine.redemptions.Load() - redemptions; n != 1 {
				t.Errorf("%d redemptions were tried, want the one that finds out", n)
			}
			if test.now.appID == "" {
				return
			}
			good := redemption(1)
			good.by = test.now
			wantOK(t, a.do(t, good)) // one failure of two: the call was counted once
		})
	}
}

// Nobody is refused by memory: what was wrong with a merchant may be mended.
func TestRememberedMerchantIsMended(t *testing.T) {
	a, _ := newMemoryAPI(t)
	a.exec(t, "UPDATE merchants SET status = 'DISABLED' WHERE app_id = $1", shop.appID)
	wantRefusal(t, a.do(t, redemption(1)), 10010, "")
	a.exec(t, "UPDATE merchants SET status = 'VERIFIED' WHERE app_id = $1", shop.appID)
	wantOK(t, a.do(t, redemption(1)))
}

// Each call takes one token and one failure, however often it was looked at.
func TestRememberedCallsCountOnce(t *testing.T) {
	a, _ := newMemoryAPI(t, func(c *openapi.Config) {
		c.RequestsPerSecond, c.Burst = 1, 6
		c.AuthFailures, c.AuthWindow = 3, 60_000
	})
	// One of six tokens is gone.
	wantRefusal(t, a.do(t, redemption(1, "product_id", "x")), 10001, `{"field":"product_id","reason":"format"}`)
	wantOK(t, a.do(t, redemption(1)))
	wantRefusal(t, a.do(t, redemption(999)), 10024, "")
	forged := redemption(2)
	forged.by.key = "other"
	wantRefusal(t, a.do(t, forged), 10015, "")
	wantRefusal(t, a.do(t, forged), 10015, "")
	wantTooMany(t, a.do(t, redemption(2)), "1")
	a.Advance(time.Second)
	wantOK(t, a.do(t, redemption(2)))
	a.Advance(time.Second)
	wantRefusal(t, a.do(t, forged), 10015, "")
	wantTooMany(t, a.do(t, redemption(3)), "58") // three failures
}

// Whatever is wrong with a call, it is answered as where nobody is remembered.
func TestRememberedCallsAreAnsweredAlike(t *testing.T) {
	a, _ := newMemoryAPI(t)
	fresh := goldenAPI(t)
	for i := range 9 {
		fresh.AddCode(t, fmt.Sprint(1000000+i), 131, 0)
	}
	wantOK(t, fresh.do(t, redemption(0)))
	long := redemption(1)
	long.body = `{"payload":"` + strings.Repeat("A", 1<<20) + `"}`
	for name, c := range map[string]call{
		"no envelope":       {verb: http.MethodPost, path: "/consumes", body: "x", by: shop},
		"nothing":           {verb: http.MethodPost, path: "/consumes", by: shop},
		"too long":          long,
		"unknown method":    redemption(1, "method", "x"),
		"old":               redemption(1, "timestamp", "1"),
		"a missing field":   redemption(1, "machine_no", omit),
		"a bad trade_id":    redemption(1, "trade_id", "?"),
		"a bad notify_url":  redemption(1, "notify_url", "ftp://x"),
		"unknown machine":   redemption(1, "machine_no", "99999999"),
		"another product":   redemption(1, "product_id", "132"),
		"a wrong code":      redemption(999),
		"no AppSecret":      {verb: http.MethodPost, path: "/consumes", by: credentials{shop.appID, "", shop.key}},
		"another's AppId":   {verb: http.MethodPost, path: "/consumes", by: credentials{"vm0", shop.secret, shop.key}},
		"a wrong AppSecret": {verb: http.MethodPost, path: "/consumes", by: credentials{shop.appID, "x", shop.key}},
	} {
		t.Run(name, func(t *testing.T) {
			got, want := a.do(t, c), fresh.do(t, c)
			if got.status != want.status || got.body != want.body {
				t.Errorf("HTTP %d %s, and where nobody is remembered HTTP %d %s", got.status, got.body, want.status, want.body)
			}
		})
	}
}

// A body that is broken off is a bad request for who is remembered, too. Its context
// has ended by then, so nobody could be looked up.
func TestRememberedBodyIsBrokenOff(t *testing.T) {
	a, _ := newMemoryAPI(t)
	server := httptest.NewServer(a.server)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r := a.request(t, redemption(1))
	var said bytes.Buffer
	if err := r.Write(&said); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(said.Bytes()[:said.Len()-10]); err != nil {
		t.Fatal(err)
	}
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	wantRefusal(t, answer{got.StatusCode, got.Header, strings.TrimSuffix(string(body), "\n")}, 400, "")
}

// Where nobody knows whether a redemption was done, it is not tried again.
func TestRememberedRedemptionInDoubt(t *testing.T) {
	a, engine := newMemoryAPI(t)
	engine.failure = store.ErrOutcomeUnknown
	redemptions := engine.redemptions.Load()
	wantNoAnswer(t, a.server, a.request(t, redemption(1)))
	if n := engine.redemptions.Load() - redemptions; n != 1 {
		t.Errorf("%d redemptions, want 1", n)
	}
}

// A call that begins after an AppSecret is gone has no success, while other calls and
// changes are under way.
func TestRevokedSecretIsNeverBelieved(t *testing.T) {
	a, _ := newMemoryAPI(t)
	const codes = 60
	for i := range codes {
		a.AddCode(t, fmt.Sprint(2000000+i), 132+int64(i%8), 0)
	}
	secret := func(n int64) string { return fmt.Sprintf("%032x", n) }
	var (
		newest     atomic.Int64 // the number of the AppSecret that is good
		next, done atomic.Int64
		change     sync.Mutex
		calls      sync.WaitGroup
	)
	rotate := func() {
		change.Lock()
		defer change.Unlock()
		_, err := a.sql.Exec("UPDATE merchants SET app_secret_hash = $1 WHERE app_id = $2", secrets.Hash(secret(newest.Load()+1)), shop.appID)
		if err != nil {
			t.Error(err) // from a goroutine of its own
		}
		newest.Add(1)
	}
	rotate()
	for range 4 {
		calls.Go(func() {
			for n := next.Add(1) - 1; n < codes; n = next.Add(1) - 1 {
				if n%5 == 0 {
					rotate()
				}
				c := redemption(0, "code", fmt.Sprint(2000000+n), "product_id", fmt.Sprint(132+n%8), "trade_id", fmt.Sprintf("2024042900000001%04d", n))
				gone := n%2 == 0
				c.by.secret = secret(newest.Load())
				if gone {
					c.by.secret = secret(newest.Load() - 1)
				}
				switch got := a.do(t, c); {
				case got.status == http.StatusOK && gone:
					t.Errorf("redeemed with a secret that was gone: %s", got.body)
				case got.status == http.StatusOK:
					done.Add(1)
				case got.status != http.StatusUnauthorized:
					t.Errorf("HTTP %d %s", got.status, got.body)
				}
			}
		})
	}
	calls.Wait()
	if done.Load() == 0 {
		t.Error("nothing was redeemed at all")
	}
}

func sealKey(t *testing.T, a *api, key string) string {
	t.Helper()
	sealed, err := a.Box.Seal(secrets.PurposeAppKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}
