package storetest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// tradeID parses a trade_id that the test has made.
func tradeID(t *testing.T, text string) vending.TradeID {
	t.Helper()
	id, err := vending.ParseTradeID(text)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// 64 workers reserve and return three of eight products in any order at once. Nothing is oversold, and what was given back is there again.
func testSharedProducts(t *testing.T, f *Fixture) {
	const workers, rounds, products = 64, 4, 8
	ctx := t.Context()
	reserved := make([]map[int64]int64, workers)
	trades := make([]vending.TradeID, workers*rounds)
	for i := range trades {
		trades[i] = tradeID(t, fmt.Sprintf("2024042900000000%04d", i))
	}
	errs := race(workers, func(i int) error {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		reserved[i] = map[int64]int64{}
		for round := range rounds {
			request := ordering.Request{MachineNo: MachineNo, NotifyURL: "https://merchant.example/notify", TradeID: trades[i*rounds+round]}
			for _, p := range random.Perm(products)[:3] {
				request.Lines = append(request.Lines, ordering.Line{ProductID: 131 + int64(p), Quantity: 1})
			}
			id, err := f.Ordering.Create(ctx, f.Merchant, request)
			if vending.CodeOf(err) == vending.CodeStock {
				continue
			}
			if err != nil {
				return err
			}
			if random.IntN(2) == 0 {
				if err := f.Ordering.SetStatus(ctx, f.Merchant, MachineNo, fmt.Sprint(id), vending.OrderClosed); err != nil {
					return err
				}
				continue
			}
			for _, line := range request.Lines {
				reserved[i][line.ProductID]++
			}
		}
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for id := int64(131); id < 131+products; id++ {
		taken := int64(0)
		for _, each := range reserved {
			taken += each[id]
		}
		if left := f.Stock(t, id); taken > 10 || left != 10-taken {
			t.Errorf("product %d: %d reserved and %d left of 10", id, taken, left)
		}
	}
}

// An order that ends while the result of its delivery arrives gives back what
// has not left the machine, exactly once, whichever comes first.
func testReportAgainstClose(t *testing.T, f *Fixture) {
	ctx := t.Context()
	for round := range 10 {
		d := f.startDelivery(t, round)
		f.Write(t, func(tx *store.Tx) error { // its command was sent
			_, err := tx.ClaimCommands(ctx, db.ClaimCommandsParams{LeaseUntil: 1 << 60, Now: f.Now().UnixMilli(), Batch: 100})
			return err
		})
		errs := race(2, func(i int) error {
			if i == 0 {
				return f.Ordering.SetStatus(ctx, f.Merchant, MachineNo, fmt.Sprint(d.OrderID), vending.OrderRefund)
			}
			return f.Dispense.TakeReport(ctx, dispense.Report{
				MachineID: f.Machine.ID, DeliveryID: d.ID, OrderID: d.OrderID, RecordID: d.RecordID, Delivered: 0,
			})
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		record, err := f.Store.RecordByID(ctx, d.RecordID)
		if err != nil || record.State != vending.RecordRefund {
			t.Fatalf("round %d: the record is %s (%v)", round, record.State, err)
		}
		if got := f.Stock(t, 131); got != 10 {
			t.Fatalf("round %d: stock %d, want 10", round, got)
		}
	}
}

// A machine that drops the goods of a cancelled delivery all the same, and says
// so more than once at a time, corrects the stock once.
func testCancelledAndDropped(t *testing.T, f *Fixture) {
	ctx := t.Context()
	for round := range 8 {
		before := f.Stock(t, 131)
		d := f.startDelivery(t, round)
		if err := f.Ordering.SetStatus(ctx, f.Merchant, MachineNo, fmt.Sprint(d.OrderID), vending.OrderRefund); err != nil {
			t.Fatal(err)
		}
		errs := race(4, func(int) error {
			return f.Dispense.TakeReport(ctx, dispense.Report{
				MachineID: f.Machine.ID, DeliveryID: d.ID, OrderID: d.OrderID, RecordID: d.RecordID, Success: true, Delivered: 1,
			})
		})
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if got := f.Stock(t, 131); got != before-1 {
			t.Fatalf("round %d: stock %d, want %d", round, got, before-1)
		}
	}
}
