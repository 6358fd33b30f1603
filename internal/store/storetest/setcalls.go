package storetest

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// A caller that hangs up while it waits for a set changes nothing. One that
// hangs up when its set is under way is told what became of it.
func testCallersHangUp(t *testing.T, f *Fixture, g *gate) {
	if g.Engine.Sets() == nil {
		t.Skip("this engine has no sets")
	}
	addCodes("1000001", "1000002")(t, f)
	ctx, hangUp := context.WithCancel(t.Context())
	release := g.hold()
	errs := make(chan error, 1)
	go func() {
		_, err := f.Consume(ctx, "1000001", 131, trade(1))
		errs <- err
	}()
	synctest.Wait() // its set has begun
	waiting := make(chan error, 1)
	go func() {
		_, err := f.Consume(ctx, "1000002", 131, trade(2))
		waiting <- err
	}()
	synctest.Wait()
	hangUp()
	if err := <-waiting; !errors.Is(err, context.Canceled) {
		t.Errorf("while it waits: %v", err)
	}
	release()
	if err := <-errs; err != nil {
		t.Errorf("under way: %v", err)
	}
	f.wantRedeemed(t, attempt{code: "1000001", product: 131, trade: 1})
	if row, err := f.Store.NewestCode(t.Context(), f.Machine.ID, "1000002"); err != nil || row.State != vending.CodeUnused {
		t.Errorf("the code that was waited for is %s (%v)", row.State, err)
	}
	if got := f.Stock(t, 131); got != 9 {
		t.Errorf("stock %d, want 9", got)
	}
}

// The facts of a set are those of the shared query, whatever there is to find.
func testFacts(t *testing.T, f *Fixture, g *gate) {
	addCodes("1000001", "1000002", "1000003")(t, f)
	f.addCode(t, "1000004", 139, 2)
	f.addExpired(t, "1000005")
	f.cancel(t, "1000003")
	if _, err := f.Consume(t.Context(), "1000001", 131, trade(1)); err != nil {
		t.Fatal(err)
	}
	_, _ = f.Consume(t.Context(), "9999999", 131, trade(9)) // counts as a wrong code
	var queries []store.FactsQuery
	for _, code := range []string{"1000001", "1000002", "1000003", "1000004", "1000005", "9999999"} {
		for _, key := range []string{trade(1), trade(2)} {
			for _, machine := range []string{MachineNo, "16327130", "0"} {
				for _, merchant := range []int64{f.Merchant.ID, f.Merchant.ID + 1} {
					queries = append(queries, store.FactsQuery{Code: code, MerchantID: merchant, TradeKey: key, MachineNo: machine})
				}
			}
		}
	}
	looked := errors.New("looked")
	facts := make([]store.Facts, len(queries))
	var calls []func() error
	for i, q := range queries {
		calls = append(calls, func() error {
			_, err := f.Store.Redeem(t.Context(), store.RedeemRequest{Query: q, Decide: func(found store.Facts) (store.Redemption, error) {
				facts[i] = found
				return store.Redemption{}, looked
			}})
			return err
		})
	}
	for i, err := range together(t, f, g, calls) {
		want, _, findErr := store.Find(f.Store.RedemptionFacts(t.Context(), queries[i]))
		if !errors.Is(err, looked) || findErr != nil || facts[i] != want {
			t.Errorf("%+v: %v, %v\n%+v, want\n%+v", queries[i], err, findErr, facts[i], want)
		}
	}
}

// A merchant is read as it is now: what was changed before the call is seen.
func testMerchants(t *testing.T, f *Fixture, _ *gate) {
	ctx := t.Context()
	got, err := f.Store.MerchantByAppID(ctx, f.Merchant.AppID)
	if err != nil || got != f.Merchant {
		t.Errorf("%v, %+v, want %+v", err, got, f.Merchant)
	}
	if _, err := f.Store.MerchantByAppID(ctx, "nobody"); !store.NotFound(err) {
		t.Errorf("an unknown AppId: %v", err)
	}
	for i := range 8 {
		sealed, err := f.Box.Seal(secrets.PurposeAppKey, trade(i))
		if err != nil {
			t.Fatal(err)
		}
		f.Write(t, func(tx *store.Tx) error {
			return tx.UpdateMerchant(context.Background(), db.UpdateMerchantParams{ID: f.Merchant.ID, Title: trade(i), AppKeySealed: sealed})
		})
		got, err := f.Store.MerchantByAppID(ctx, f.Merchant.AppID)
		if err != nil || got.AppKeySealed != sealed || got.Title != trade(i) {
			t.Errorf("change %d: %+v, %v", i, got, err)
		}
	}
}

// A merchant who is remembered is whoever was last looked up. A redemption for him is
// done if he is still the same, whoever else shares its set, and otherwise leaves no
// trace.
func testRememberedMerchants(t *testing.T, f *Fixture, g *gate) {
	ctx := t.Context()
	remembers := g.Sets() != nil
	look := func() db.Merchant {
		t.Helper()
		merchant, err := f.Store.MerchantByAppID(ctx, f.Merchant.AppID)
		remembered, found := f.Store.RememberedMerchant(f.Merchant.AppID)
		if err != nil || found != remembers || found && remembered != merchant {
			t.Fatalf("looked up %+v (%v), remembered %t %+v", merchant, err, found, remembered)
		}
		return merchant
	}
	if m, found := f.Store.RememberedMerchant(f.Merchant.AppID); found {
		t.Errorf("nobody was looked up, and %+v is remembered", m)
	}
	if _, err := f.Store.MerchantByAppID(ctx, "nobody"); !store.NotFound(err) {
		t.Error(err)
	}
	if _, found := f.Store.RememberedMerchant("nobody"); found {
		t.Error("somebody who was not found is remembered")
	}
	old := look()
	f.Write(t, func(tx *store.Tx) error {
		n, err := tx.RotateAppSecret(context.Background(), db.RotateAppSecretParams{ID: old.ID, Hash: "another", OldHash: old.AppSecretHash})
		return store.Changed("rotate", n, err)
	})
	gone := old
	gone.AppID = "nobody"
	merchants := []db.Merchant{old, look(), gone, old}
	codes := []string{"1000001", "1000002", "1000003", "9999999"}
	addCodes(codes[:3]...)(t, f)
	var calls []func() error
	for i, merchant := range merchants {
		tradeID, err := vending.ParseTradeID(trade(i))
		if err != nil {
			t.Fatal(err)
		}
		calls = append(calls, func() error {
			_, err := f.Pickup.Consume(ctx, merchant, pickup.Consumption{
				MachineNo: MachineNo, Code: codes[i], ProductID: 131, NotifyURL: "https://merchant.example/notify", TradeID: tradeID, Remembered: true,
			})
			return err
		})
	}
	for i, err := range together(t, f, g, calls) {
		if i == 1 && err != nil || i != 1 && !errors.Is(err, store.ErrMerchantChanged) {
			t.Errorf("call %d: %v", i, err)
		}
	}
	f.wantRedeemed(t, attempt{code: codes[1], product: 131, trade: 1})
	for _, code := range []string{codes[0], codes[2]} {
		facts, err := f.Store.RedemptionFacts(ctx, store.FactsQuery{MachineNo: MachineNo, Code: code, MerchantID: old.ID})
		if err != nil || facts.CodeState != string(vending.CodeUnused) || facts.CurrentInventory != 9 || facts.WrongAttempts != "" {
			t.Errorf("code %s: %+v (%v)", code, facts, err)
		}
	}
}
