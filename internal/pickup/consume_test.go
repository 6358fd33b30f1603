package pickup_test

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// service makes the use case with other settings than the fixture's.
func (f *fixture) service(change func(*pickup.Config)) *pickup.Service {
	cfg := pickup.Config{
		Zone:       time.FixedZone("GMT+8", 8*3600),
		WrongCodes: vending.WrongCodeLimits{Max: 10, Window: 600_000, Lock: 600_000},
	}
	change(&cfg)
	return pickup.New(f.Store, f.Now, rand.Reader, cfg, slog.New(slog.DiscardHandler))
}

func consumption(t testing.TB, code, tradeID string) pickup.Consumption {
	t.Helper()
	id, err := vending.ParseTradeID(tradeID)
	if err != nil {
		t.Fatal(err)
	}
	return pickup.Consumption{
		MachineNo: storetest.MachineNo, Code: code, ProductID: 131, NotifyURL: "https://merchant.example/notify", TradeID: id,
	}
}

func wantCode(t testing.TB, err error, want vending.Code) {
	t.Helper()
	if got := vending.CodeOf(err); got != want {
		t.Fatalf("%v, want code %d", err, want)
	}
}

// The amount is the good's price for every piece of the code, and the stock
// goes down by as many (consume.md §4).
func TestConsumeTakesThePiecesOfTheCode(t *testing.T) {
	f := newFixture(t)
	f.AddCode(t, "5288640", 131, 0)
	f.exec(t, "UPDATE pickup_codes SET quantity = 3")
	f.exec(t, "UPDATE goods SET price = 333")
	done, err := f.Consume(t.Context(), "5288640", 131, "20240429000000000001")
	if err != nil {
		t.Fatal(err)
	}
	if done.Amount != 999 || done.Quantity != 3 || done.Date != "2024-04-29" {
		t.Errorf("%+v", done)
	}
	if got := f.Stock(t, 131); got != 7 {
		t.Errorf("stock %d, want 7", got)
	}
	// The price is frozen: a new price changes no order.
	f.exec(t, "UPDATE goods SET price = 1")
	records, err := f.Store.RecordsOfOrder(t.Context(), done.OrderID)
	if err != nil || len(records) != 1 || records[0].Price != 999 || records[0].Quantity != 3 {
		t.Errorf("%+v, %v", records, err)
	}
}

// The last piece: the second of two codes is refused and stays usable, and the
// order it would have made leaves no trace.
func TestConsumeLastPiece(t *testing.T) {
	f := newFixture(t)
	f.AddCode(t, "1000001", 131, 0)
	f.AddCode(t, "1000002", 131, 0)
	f.exec(t, "UPDATE products SET current_inventory = 1 WHERE id = 131")
	if _, err := f.Consume(t.Context(), "1000001", 131, "20240429000000000001"); err != nil {
		t.Fatal(err)
	}
	_, err := f.Consume(t.Context(), "1000002", 131, "20240429000000000002")
	wantCode(t, err, vending.CodeStock)
	f.exec(t, "UPDATE products SET current_inventory = 1 WHERE id = 131")
	if _, err := f.Consume(t.Context(), "1000002", 131, "20240429000000000002"); err != nil {
		t.Errorf("after replenishment: %v", err)
	}
}

func TestConsumeWithEndedContext(t *testing.T) {
	f := newFixture(t)
	f.AddCode(t, "5288640", 131, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Pickup.Consume(ctx, f.Merchant, consumption(t, "5288640", "20240429000000000001")); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's end", err)
	}
	if got := value[string](t, f, "SELECT state FROM pickup_codes"); got != "UNUSED" {
		t.Errorf("code is %s", got)
	}
}

// max 0 switches the lock off, also where it was on before.
func TestWrongCodeLockOff(t *testing.T) {
	f := newFixture(t)
	wrong := consumption(t, "999999", "20240429000000000001")
	for range 10 {
		_, err := f.Pickup.Consume(t.Context(), f.Merchant, wrong)
		wantCode(t, err, vending.CodePickupCodeUnknown)
	}
	_, err := f.Pickup.Consume(t.Context(), f.Merchant, wrong)
	wantCode(t, err, vending.CodePickupCodeLocked)
	off := f.service(func(c *pickup.Config) { c.WrongCodes.Max = 0 })
	before := value[string](t, f, "SELECT attempts || locked_until FROM wrong_codes")
	for range 30 {
		_, err := off.Consume(t.Context(), f.Merchant, wrong)
		wantCode(t, err, vending.CodePickupCodeUnknown)
	}
	if after := value[string](t, f, "SELECT attempts || locked_until FROM wrong_codes"); after != before {
		t.Errorf("counter %s, before %s", after, before)
	}
}

// The settings of the lock count, not constants.
func TestWrongCodeLockSettings(t *testing.T) {
	f := newFixture(t)
	s := f.service(func(c *pickup.Config) { c.WrongCodes = vending.WrongCodeLimits{Max: 2, Window: 1000, Lock: 3000} })
	wrong := func(want vending.Code) {
		t.Helper()
		_, err := s.Consume(t.Context(), f.Merchant, consumption(t, "999999", "20240429000000000001"))
		wantCode(t, err, want)
	}
	wrong(vending.CodePickupCodeUnknown)
	f.Advance(time.Second)
	wrong(vending.CodePickupCodeUnknown)
	f.Advance(999 * time.Millisecond)
	wrong(vending.CodePickupCodeUnknown)
	wrong(vending.CodePickupCodeLocked)
	f.Advance(3 * time.Second)
	wrong(vending.CodePickupCodeUnknown)
}

// A counter that cannot be read is a failure of ours, never a free pass.
func TestWrongCodeCounterUnreadable(t *testing.T) {
	f := newFixture(t)
	f.AddCode(t, "5288640", 131, 0)
	f.exec(t, "INSERT INTO wrong_codes (machine_id, attempts, locked_until) VALUES ($1, 'x', 0)", f.Machine.ID)
	_, err := f.Consume(t.Context(), "5288640", 131, "20240429000000000001")
	wantCode(t, err, vending.CodeInternal)
}

// A trade_id that somebody else's commit took between the checks and the
// commit is answered as if it had been there from the start.
func TestConsumeLostRace(t *testing.T) {
	f := newFixture(t)
	f.AddCode(t, "1000001", 131, 0)
	f.AddCode(t, "1000002", 131, 0)
	// The trigger plays the other one: it spends the code as the order is made.
	f.database.Trigger(t, "BEFORE INSERT ON orders", "", "UPDATE pickup_codes SET state = 'CANCELLED' WHERE code = '1000001'")
	_, err := f.Consume(t.Context(), "1000001", 131, "20240429000000000001")
	wantCode(t, err, vending.CodeInternal) // the trigger strikes on each of the four tries
	for table, want := range map[string]int{"orders": 0, "records": 0, "commands": 0} {
		if got := value[int](t, f, "SELECT COUNT(*) FROM "+table); got != want {
			t.Errorf("%d %s, want %d", got, table, want)
		}
	}
	if got := value[string](t, f, "SELECT state FROM pickup_codes WHERE code = '1000001'"); got != "UNUSED" {
		t.Errorf("code is %s", got)
	}
}

// Nothing of a consumption is visible before all of it is.
func TestConsumeIsAtomic(t *testing.T) {
	for _, table := range []string{"orders", "records", "commands"} {
		t.Run(table, func(t *testing.T) {
			f := newFixture(t)
			f.AddCode(t, "5288640", 131, 0)
			repair := f.database.Fail(t, "BEFORE INSERT ON "+table, "")
			_, err := f.Consume(t.Context(), "5288640", 131, "20240429000000000001")
			wantCode(t, err, vending.CodeInternal)
			state := value[string](t, f, `SELECT (SELECT state FROM pickup_codes) || (SELECT COUNT(*) FROM orders) ||
				(SELECT COUNT(*) FROM records) || (SELECT COUNT(*) FROM commands) || (SELECT current_inventory FROM products WHERE id = 131)`)
			if state != "UNUSED00010" {
				t.Errorf("%s, want UNUSED00010", state)
			}
			repair()
			if _, err := f.Consume(t.Context(), "5288640", 131, "20240429000000000001"); err != nil {
				t.Error(err)
			}
		})
	}
}

// A store that is gone is a failure of ours for every use case.
func TestClosedStore(t *testing.T) {
	f := newFixture(t)
	if err := f.Store.Close(); err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	_, consumed := f.Consume(ctx, "5288640", 131, "20240429000000000001")
	_, _, listed := f.Pickup.List(ctx, f.Merchant, storetest.MachineNo, 131)
	for name, err := range map[string]error{
		"consume": consumed, "list": listed,
		"issue":      f.Pickup.IssueForProduct(ctx, f.Merchant, pickup.Issue{MachineNo: storetest.MachineNo, ProductID: 131, Length: 6, Count: 1}),
		"issue all":  f.Pickup.IssueForAll(ctx, f.Merchant, pickup.Issue{MachineNo: storetest.MachineNo, Length: 6}),
		"cancel":     f.Pickup.Cancel(ctx, f.Merchant, storetest.MachineNo, 1),
		"cancel all": f.Pickup.CancelAll(ctx, f.Merchant, storetest.MachineNo),
		"sweep":      f.Pickup.ExpireSweep(ctx),
	} {
		if vending.CodeOf(err) != vending.CodeInternal {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A product that goes away takes its usable codes with it, and the machine is
// told of each (openapi.md §6.1).
func TestCancelForProduct(t *testing.T) {
	f := newFixture(t)
	f.AddCode(t, "1000001", 131, 0)
	f.AddCode(t, "1000002", 131, f.Now().UnixMilli())
	f.AddCode(t, "1000003", 132, 0)
	f.Write(t, func(tx *store.Tx) error {
		return f.Pickup.CancelForProduct(context.Background(), tx, f.Machine.ID, 131)
	})
	for code, want := range map[string]string{"1000001": "CANCELLED", "1000002": "UNUSED", "1000003": "UNUSED"} {
		if got := value[string](t, f, "SELECT state FROM pickup_codes WHERE code = $1", code); got != want {
			t.Errorf("code %s is %s, want %s", code, got, want)
		}
	}
	if got := value[string](t, f, "SELECT STRING_AGG(method || fields, ',') FROM commands"); got != `client.pickup_codes.delete{"id":"1"}` {
		t.Errorf("commands %s", got)
	}
}
