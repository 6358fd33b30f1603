package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// 64 callers race for one code: one wins, 63 get 10025 with its order_id.
func testOneCode(t *testing.T, f *Fixture) {
	const callers = 64
	f.AddCode(t, "5288640", 131, 0)
	orders := make([]int64, callers)
	errs := race(callers, func(i int) error {
		done, err := f.Consume(t.Context(), "5288640", 131, fmt.Sprintf("2024042900000000%04d", i))
		orders[i] = done.OrderID
		return err
	})
	winner := int64(0)
	for i, err := range errs {
		if err == nil {
			if winner != 0 {
				t.Fatalf("orders %d and %d came from one code", winner, orders[i])
			}
			winner = orders[i]
		}
	}
	if winner == 0 {
		t.Fatalf("nobody won: %v", errs[0])
	}
	for i, err := range errs {
		if err != nil {
			wantRefusal(t, fmt.Sprintf("caller %d", i), err, vending.CodePickupCodeUsed, vending.Data{"order_id": winner})
		}
	}
	if got := f.Stock(t, 131); got != 9 {
		t.Errorf("stock %d, want 9", got)
	}
	records, err := f.Store.RecordsOfOrder(t.Context(), winner)
	if err != nil || len(records) != 1 {
		t.Errorf("the winner has %d records, %v", len(records), err)
	}
}

// Two codes with one trade_id: one order, and the other code stays unused.
func testOneTradeID(t *testing.T, f *Fixture) {
	const rounds = 8
	for round := range rounds {
		codes := []string{fmt.Sprintf("10000%d1", round), fmt.Sprintf("10000%d2", round)}
		for _, code := range codes {
			f.AddCode(t, code, 131, 0)
		}
		trade := fmt.Sprintf("2024042900000000%04d", round)
		orders := make([]int64, 2)
		errs := race(2, func(i int) error {
			done, err := f.Consume(t.Context(), codes[i], 131, trade)
			orders[i] = done.OrderID
			return err
		})
		winner := 0
		if errs[0] != nil {
			winner = 1
		}
		if errs[winner] != nil {
			t.Fatalf("nobody won: %v, %v", errs[0], errs[1])
		}
		loser := 1 - winner
		wantRefusal(t, "second code", errs[loser], vending.CodeTradeIDExists, vending.Data{"order_id": orders[winner]})
		code, err := f.Store.NewestCode(t.Context(), f.Machine.ID, codes[loser])
		if err != nil || code.State != vending.CodeUnused {
			t.Errorf("the other code is %s, want UNUSED (%v)", code.State, err)
		}
	}
	if got := f.Stock(t, 131); got != 10-rounds {
		t.Errorf("stock %d, want %d", got, 10-rounds)
	}
}

// 40 codes for 10 pieces: exactly 10 are redeemed, the others refused and left
// unused.
func testStock(t *testing.T, f *Fixture) {
	const callers = 40
	for i := range callers {
		f.AddCode(t, fmt.Sprintf("10000%02d", i), 131, 0)
	}
	errs := race(callers, func(i int) error {
		_, err := f.Consume(t.Context(), fmt.Sprintf("10000%02d", i), 131, fmt.Sprintf("2024042900000000%04d", i))
		return err
	})
	won := 0
	for i, err := range errs {
		if err == nil {
			won++
			continue
		}
		wantRefusal(t, fmt.Sprintf("caller %d", i), err, vending.CodeStock, vending.Data{"product_id": int64(131)})
	}
	if won != 10 || f.Stock(t, 131) != 0 {
		t.Errorf("%d redeemed and %d left, want 10 and 0", won, f.Stock(t, 131))
	}
	live, err := f.Store.LiveCodesOfProduct(t.Context(), 131, f.Now().UnixMilli())
	if err != nil || len(live) != callers-10 {
		t.Errorf("%d codes are still unused, want %d (%v)", len(live), callers-10, err)
	}
}

// 25 wrong codes at once: ten get their own answer, the rest meet the lock.
func testWrongCodes(t *testing.T, f *Fixture) {
	errs := race(25, func(i int) error {
		_, err := f.Consume(t.Context(), fmt.Sprintf("99999%02d", i), 131, fmt.Sprintf("2024042900000000%04d", i))
		return err
	})
	counted, locked := 0, 0
	for _, err := range errs {
		switch vending.CodeOf(err) {
		case vending.CodePickupCodeUnknown:
			counted++
		case vending.CodePickupCodeLocked:
			locked++
		default:
			t.Errorf("unexpected answer %v", err)
		}
	}
	if counted != 10 || locked != 15 {
		t.Errorf("%d own answers and %d of the lock, want 10 and 15", counted, locked)
	}
}

// A code is either redeemed or cancelled, never both.
func testCancelRace(t *testing.T, f *Fixture) {
	for round := range 10 {
		code := fmt.Sprintf("10000%02d", round)
		id := f.AddCode(t, code, 131, 0)
		errs := race(2, func(i int) error {
			if i == 0 {
				return f.Pickup.Cancel(t.Context(), f.Merchant, MachineNo, id)
			}
			_, err := f.Consume(t.Context(), code, 131, fmt.Sprintf("2024042900000000%04d", round))
			return err
		})
		row, err := f.Store.CodeOfMachine(t.Context(), id, f.Machine.ID)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case errs[1] == nil && row.State == vending.CodeUsed:
			wantRefusal(t, "cancel", errs[0], vending.CodePickupCodeUsed, vending.Data{"order_id": row.OrderID})
		case errs[0] == nil && row.State == vending.CodeCancelled:
			wantRefusal(t, "consume", errs[1], vending.CodePickupCodeCancelled, nil)
		default:
			t.Errorf("code is %s, cancel said %v, consume said %v", row.State, errs[0], errs[1])
		}
	}
}

func testLiveValue(t *testing.T, f *Fixture) {
	ctx := t.Context()
	id := f.AddCode(t, "5288640", 131, 0)
	again := func() error {
		return f.Store.InTx(ctx, func(tx *store.Tx) error {
			_, err := tx.InsertCode(ctx, db.InsertCodeParams{MachineID: f.Machine.ID, ProductID: 132, Code: "5288640", Quantity: 1})
			return err
		})
	}
	if err := again(); !store.NotFound(err) {
		t.Fatalf("a second live row of one value: %v, want a conflict", err)
	}
	if err := f.Pickup.Cancel(ctx, f.Merchant, MachineNo, id); err != nil {
		t.Fatal(err)
	}
	if err := again(); err != nil {
		t.Errorf("the value of a cancelled code: %v", err)
	}
	taken := func(after time.Duration) int64 {
		n, err := f.Store.CodeTaken(ctx, f.Machine.ID, "5288640", f.Now().Add(after).UnixMilli())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if before, later := taken(-time.Second), taken(time.Second); before != 2 || later != 1 {
		t.Errorf("rows that block the value: %d and %d, want 2 and 1", before, later)
	}
}

func testExpire(t *testing.T, f *Fixture) {
	ctx := t.Context()
	f.AddCode(t, "1000001", 131, f.Now().UnixMilli())
	f.AddCode(t, "1000002", 131, f.Now().UnixMilli()+1)
	f.AddCode(t, "1000003", 131, 0)
	if err := f.Pickup.ExpireSweep(ctx); err != nil {
		t.Fatal(err)
	}
	for code, want := range map[string]vending.CodeState{
		"1000001": vending.CodeExpired, "1000002": vending.CodeUnused, "1000003": vending.CodeUnused,
	} {
		row, err := f.Store.NewestCode(ctx, f.Machine.ID, code)
		if err != nil || row.State != want {
			t.Errorf("code %s is %s, want %s (%v)", code, row.State, want, err)
		}
	}
}

// Codes whose redemption looked at the clock just before they expired and won
// stay redeemed, although the sweep comes at the same time.
func testExpireAgainstUse(t *testing.T, f *Fixture) {
	ctx := t.Context()
	const rounds, callers = 40, 8
	now := f.Now().UnixMilli()
	for round := range rounds {
		ids := make([]int64, callers)
		for i := range ids {
			ids[i] = f.AddCode(t, fmt.Sprint(1_000_000+round*callers+i), 131, now)
		}
		errs := race(callers+1, func(i int) error {
			if i == callers {
				return f.Pickup.ExpireSweep(ctx)
			}
			return f.Store.InTx(ctx, func(tx *store.Tx) error {
				n, err := tx.UseCode(ctx, db.UseCodeParams{ID: ids[i], Now: now - 1, OrderID: 1})
				return store.Changed("use code", n, err)
			})
		})
		if errs[callers] != nil {
			t.Fatalf("sweep: %v", errs[callers])
		}
		for i, id := range ids {
			want := vending.CodeUsed
			if errors.Is(errs[i], store.ErrLostRace) {
				want = vending.CodeExpired
			} else if errs[i] != nil {
				t.Fatalf("use code: %v", errs[i])
			}
			code, err := f.Store.CodeOfMachine(ctx, id, f.Machine.ID)
			if err != nil || code.State != want {
				t.Fatalf("round %d: a code is %s, want %s (%v)", round, code.State, want, err)
			}
		}
	}
}

func wantRefusal(t *testing.T, who string, err error, code vending.Code, data vending.Data) {
	t.Helper()
	var refusal *vending.Error
	if !errors.As(err, &refusal) || refusal.Code != code {
		t.Errorf("%s: %v, want code %d", who, err, code)
		return
	}
	if len(refusal.Data) != len(data) {
		t.Errorf("%s: data %v, want %v", who, refusal.Data, data)
	}
	for name, want := range data {
		if refusal.Data[name] != want {
			t.Errorf("%s: %s is %v, want %v", who, name, refusal.Data[name], want)
		}
	}
}
