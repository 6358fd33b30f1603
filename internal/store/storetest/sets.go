package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// attempt is one redemption of a set and what must become of it. trade is the
// last digit of its trade_id; a wanted order is the one of that trade.
type attempt struct {
	code    string
	product int64
	trade   int
	want    vending.Code
	order   int
}

// sets are redemptions that arrive together. An engine that does them as a set
// must answer and leave behind what one after the other would.
var sets = map[string]struct {
	before   func(t *testing.T, f *Fixture)
	attempts []attempt
}{
	"two requests for one code": {addCodes("1000001"), []attempt{
		{"1000001", 131, 1, 0, 0}, {"1000001", 131, 2, vending.CodePickupCodeUsed, 1},
	}},
	"the same request three times": {addCodes("1000001"), []attempt{
		{"1000001", 131, 1, 0, 0}, {"1000001", 131, 1, vending.CodePickupCodeUsed, 1}, {"1000001", 131, 1, vending.CodePickupCodeUsed, 1},
	}},
	"two codes with one trade_id": {addCodes("1000001", "1000002"), []attempt{
		{"1000001", 131, 1, 0, 0}, {"1000002", 131, 1, vending.CodeTradeIDExists, 1},
	}},
	"the last piece": {stocked(1, "1000001", "1000002", "1000003"), []attempt{
		{"1000001", 131, 1, 0, 0}, {"1000002", 131, 2, vending.CodeStock, 0}, {"1000003", 131, 3, vending.CodeStock, 0},
	}},
	"too little for the first, enough for the others": {func(t *testing.T, f *Fixture) {
		stocked(5)(t, f)
		f.addCode(t, "1000001", 131, 3)
		f.addCode(t, "1000002", 131, 3)
		f.addCode(t, "1000003", 131, 2)
	}, []attempt{
		{"1000001", 131, 1, 0, 0}, {"1000002", 131, 2, vending.CodeStock, 0}, {"1000003", 131, 3, 0, 0},
	}},
	"a trade_id that its first taker could not use": {func(t *testing.T, f *Fixture) {
		stocked(1, "1000001", "1000002")(t, f)
		f.addCode(t, "1000003", 132, 1)
	}, []attempt{
		{"1000001", 131, 1, 0, 0}, {"1000002", 131, 2, vending.CodeStock, 0}, {"1000003", 132, 2, 0, 0},
	}},
	"each refusal beside a success": {func(t *testing.T, f *Fixture) {
		addCodes("1000001", "1000002", "1000003", "1000004")(t, f)
		f.cancel(t, "1000001")
		f.addExpired(t, "1000005")
	}, []attempt{
		{"1000001", 131, 1, vending.CodePickupCodeCancelled, 0},
		{"1000005", 131, 2, vending.CodePickupCodeExpired, 0},
		{"1000002", 132, 3, vending.CodePickupCodeProduct, 0},
		{"9999999", 131, 4, vending.CodePickupCodeUnknown, 0},
		{"1000003", 131, 5, 0, 0},
		{"1000004", 131, 5, vending.CodeTradeIDExists, 5},
		{"1000004", 131, 6, 0, 0},
	}},
	"a locked machine, where replays come first": {func(t *testing.T, f *Fixture) {
		addCodes("1000001", "1000002")(t, f)
		if _, err := f.Consume(t.Context(), "1000001", 131, trade(1)); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if _, err := f.Consume(t.Context(), "9999999", 131, trade(9)); vending.CodeOf(err) != vending.CodePickupCodeUnknown {
				t.Fatal(err)
			}
		}
	}, []attempt{
		{"1000002", 131, 2, vending.CodePickupCodeLocked, 0},
		{"1000001", 131, 1, vending.CodePickupCodeUsed, 1},
		{"9999999", 131, 3, vending.CodePickupCodeLocked, 0},
	}},
	"a whole set of products": {func(t *testing.T, f *Fixture) {
		for i := range 40 {
			f.addCode(t, fmt.Sprintf("20000%02d", i), 131+int64(i%8), 1)
		}
	}, func() (all []attempt) {
		for i := range 40 {
			all = append(all, attempt{fmt.Sprintf("20000%02d", i), 131 + int64(i%8), 100 + i, 0, 0})
		}
		return all
	}()},
}

func trade(n int) string { return fmt.Sprintf("2024042900000000%04d", n) }

func addCodes(codes ...string) func(t *testing.T, f *Fixture) {
	return func(t *testing.T, f *Fixture) {
		for _, code := range codes {
			f.addCode(t, code, 131, 1)
		}
	}
}

// stocked leaves so many pieces of product 131.
func stocked(pieces int64, codes ...string) func(t *testing.T, f *Fixture) {
	return func(t *testing.T, f *Fixture) {
		addCodes(codes...)(t, f)
		f.Write(t, func(tx *store.Tx) error {
			_, err := tx.TakeStock(context.Background(), 10-pieces, 131)
			return err
		})
	}
}

func (f *Fixture) addCode(t *testing.T, code string, product, quantity int64) {
	t.Helper()
	f.Write(t, func(tx *store.Tx) error {
		_, err := tx.InsertCode(context.Background(), db.InsertCodeParams{
			MachineID: f.Machine.ID, ProductID: product, Code: code, Quantity: quantity,
		})
		return err
	})
}

func (f *Fixture) addExpired(t *testing.T, code string) {
	t.Helper()
	f.AddCode(t, code, 131, f.Now().UnixMilli())
}

func (f *Fixture) cancel(t *testing.T, code string) {
	t.Helper()
	row, err := f.Store.NewestCode(t.Context(), f.Machine.ID, code)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Pickup.Cancel(t.Context(), f.Merchant, MachineNo, row.ID); err != nil {
		t.Fatal(err)
	}
}

// RunSets runs every set, and what else sets promise, on engines that are opened
// in a synctest bubble. database makes what they need from outside of it.
func RunSets(t *testing.T, database func(t testing.TB) Opener) {
	for name, set := range sets {
		t.Run(name, func(t *testing.T) {
			inBubble(t, database(t), func(t *testing.T, f *Fixture, g *gate) {
				set.before(t, f)
				testSet(t, f, g, set.attempts)
			})
		})
	}
	t.Run("callers hang up", func(t *testing.T) { inBubble(t, database(t), testCallersHangUp) })
	t.Run("facts", func(t *testing.T) { inBubble(t, database(t), testFacts) })
	t.Run("merchants", func(t *testing.T) { inBubble(t, database(t), testMerchants) })
	t.Run("remembered merchants", func(t *testing.T) { inBubble(t, database(t), testRememberedMerchants) })
}

// inBubble runs a test on a fixture that is opened and closed in its bubble.
func inBubble(t *testing.T, open Opener, test func(t *testing.T, f *Fixture, g *gate)) {
	synctest.Test(t, func(t *testing.T) {
		g := &gate{Engine: open(t)}
		test(t, NewFixture(t, func(testing.TB) store.Engine { return g }), g)
	})
}

func testSet(t *testing.T, f *Fixture, g *gate, attempts []attempt) {
	ctx := t.Context()
	before := map[int64]int64{}
	for _, a := range attempts {
		before[a.product] = f.Stock(t, a.product)
	}
	commands := f.deletions(t)
	var calls []func() error
	for _, a := range attempts {
		calls = append(calls, func() error {
			_, err := f.Consume(ctx, a.code, a.product, trade(a.trade))
			return err
		})
	}
	errs := together(t, f, g, calls)

	redeemed := map[string]int{} // code → trade
	taken := map[int64]int64{}
	for i, a := range attempts {
		if got := vending.CodeOf(errs[i]); got != a.want {
			t.Fatalf("attempt %d: %v, want code %d", i, errs[i], a.want)
		}
		if a.order != 0 {
			order := f.order(t, a.order)
			wantRefusal(t, fmt.Sprintf("attempt %d", i), errs[i], a.want, vending.Data{"order_id": order.ID})
		}
		if a.want == 0 {
			redeemed[a.code] = a.trade
			taken[a.product] += f.wantRedeemed(t, a)
		}
	}
	for _, a := range attempts {
		row, found, err := store.Find(f.Store.NewestCode(ctx, f.Machine.ID, a.code))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := redeemed[a.code]; found && !ok && a.want != vending.CodePickupCodeUsed && (row.State == vending.CodeUsed || row.OrderID != 0) {
			t.Errorf("code %s was refused with %d and is %+v", a.code, a.want, row)
		}
		if got := f.Stock(t, a.product); got != before[a.product]-taken[a.product] {
			t.Errorf("stock of %d: %d, before %d, redeemed %d", a.product, got, before[a.product], taken[a.product])
		}
	}
	if got := f.deletions(t) - commands; got != len(redeemed) {
		t.Errorf("%d messages to the machine for %d redemptions", got, len(redeemed))
	}
}

func (f *Fixture) order(t *testing.T, n int) db.Order {
	t.Helper()
	order, err := f.Store.OrderByTradeKey(t.Context(), f.Merchant.ID, trade(n))
	if err != nil {
		t.Fatal(err)
	}
	return order
}

// wantRedeemed checks the rows of a redemption that was done, and returns its
// pieces.
func (f *Fixture) wantRedeemed(t *testing.T, a attempt) int64 {
	t.Helper()
	code, codeErr := f.Store.NewestCode(t.Context(), f.Machine.ID, a.code)
	order := f.order(t, a.trade)
	records, recordsErr := f.Store.RecordsOfOrder(t.Context(), order.ID)
	if err := errors.Join(codeErr, recordsErr); err != nil {
		t.Fatal(err)
	}
	now := f.Now().UnixMilli()
	price := 100 * code.Quantity
	if code.State != vending.CodeUsed || code.OrderID != order.ID || code.TradeID != trade(a.trade) || code.FinishedAt != now {
		t.Errorf("code %+v of order %d", code, order.ID)
	}
	want := db.Order{
		ID: order.ID, MerchantID: f.Merchant.ID, MachineID: f.Machine.ID, TradeID: trade(a.trade), TradeKey: trade(a.trade),
		Status: vending.OrderPickupCode, Date: "2024-04-29", Amount: vending.Money(price),
		NotifyUrl: "https://merchant.example/notify", PickupCodeID: code.ID, CreatedAt: now,
	}
	if order != want {
		t.Errorf("order %+v, want %+v", order, want)
	}
	if len(records) != 1 || records[0] != (db.Record{
		ID: records[0].ID, OrderID: order.ID, ProductID: a.product, Quantity: code.Quantity, Price: vending.Money(price),
		State: vending.RecordWaiting,
	}) {
		t.Errorf("records %+v of order %d", records, order.ID)
	}
	return code.Quantity
}

// deletions counts the messages that withdraw a code, each of which must be as
// any other message that waits for its machine.
func (f *Fixture) deletions(t *testing.T) int {
	t.Helper()
	commands, err := f.Store.CommandsOfMachine(t.Context(), f.Machine.ID)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, c := range commands {
		if c.Method != "client.pickup_codes.delete" {
			continue
		}
		n++
		now := f.Now().UnixMilli()
		if c.State != store.CommandQueued || c.CreatedAt != now || c.DueAt != now || c.ExpiresAt != now+24*60*60*1000 ||
			c.Attempts != 0 || c.LeaseUntil != 0 || c.SentAt != 0 || c.DeliveryID != 0 {
			t.Errorf("command %+v", c)
		}
	}
	return n
}
