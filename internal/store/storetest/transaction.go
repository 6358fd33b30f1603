package storetest

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

func testRollback(t *testing.T, f *Fixture) {
	ctx := t.Context()
	want := errors.New("no")
	err := f.Store.InTx(ctx, func(tx *store.Tx) error {
		if _, err := tx.TakeStock(ctx, 3, 131); err != nil {
			return err
		}
		return want
	})
	if !errors.Is(err, want) {
		t.Fatalf("InTx returned %v, want the function's own error", err)
	}
	if got := f.Stock(t, 131); got != 10 {
		t.Errorf("stock after a rolled back transaction: %d, want 10", got)
	}
}

func testPanic(t *testing.T, f *Fixture) {
	ctx := t.Context()
	err := f.Store.InTx(ctx, func(tx *store.Tx) error {
		_, _ = tx.TakeStock(ctx, 3, 131)
		panic("boom")
	})
	if err == nil || !strings.Contains(err.Error(), "boom") {
		t.Fatalf("InTx returned %v, want the panic as an error", err)
	}
	if got := f.Stock(t, 131); got != 10 {
		t.Errorf("stock after a panic: %d, want 10", got)
	}
	f.Write(t, func(tx *store.Tx) error { // the writer lives on
		_, err := tx.TakeStock(ctx, 1, 131)
		return err
	})
	if got := f.Stock(t, 131); got != 9 {
		t.Errorf("stock after the next write: %d, want 9", got)
	}
}

// A row that cannot be written must not hold up the others of its batch.
func testBatch(t *testing.T, f *Fixture) {
	ctx := t.Context()
	fail := errors.New("no")
	err := f.Store.InBatch(ctx, []int64{131, 132, 133}, func(tx *store.Tx, id int64) error {
		if _, err := tx.TakeStock(ctx, 1, id); err != nil {
			return err
		}
		if id == 132 {
			return fail
		}
		return nil
	})
	if !errors.Is(err, fail) {
		t.Errorf("InBatch returned %v, want the row's error", err)
	}
	for id, want := range map[int64]int64{131: 9, 132: 10, 133: 9} {
		if got := f.Stock(t, id); got != want {
			t.Errorf("stock of product %d: %d, want %d", id, got, want)
		}
	}
	if err := f.Store.InBatch(ctx, nil, func(*store.Tx, int64) error { return fail }); err != nil {
		t.Errorf("an empty batch: %v", err)
	}
}

// What comes in masses is written in one transaction, which ends early where somebody
// else waits for its end.
func testInTurn(t *testing.T, f *Fixture) {
	ctx := t.Context()
	const rows, product = 300, 131
	take := func(tx *store.Tx, _ int) error {
		_, err := tx.TakeStock(ctx, 0, product)
		return err
	}
	if n, err := f.Store.InTurn(ctx, rows, take); err != nil || n != rows {
		t.Errorf("%d of %d rows with nobody behind it, %v", n, rows, err)
	}

	other := make(chan error, 1)
	n, err := f.Store.InTurn(ctx, rows, func(tx *store.Tx, i int) error {
		if i == 0 && !f.Engine.ManyWriters() {
			go func() { other <- f.Store.InTx(ctx, func(*store.Tx) error { return nil }) }()
			for !f.Engine.OthersWait() {
				runtime.Gosched()
			}
		}
		return take(tx, i)
	})
	if f.Engine.ManyWriters() {
		other <- nil
	}
	if err := errors.Join(err, <-other); err != nil {
		t.Fatal(err)
	}
	if early := n < rows; n == 0 || early == f.Engine.ManyWriters() {
		t.Errorf("%d of %d rows, others wait: %v", n, rows, !f.Engine.ManyWriters())
	}

	fail := errors.New("no")
	n, err = f.Store.InTurn(ctx, rows, func(tx *store.Tx, i int) error {
		if i == rows-1 {
			return fail
		}
		_, err := tx.TakeStock(ctx, 1, product+int64(i%10))
		return err
	})
	if n != 0 || !errors.Is(err, fail) {
		t.Errorf("a row failed: %d, %v, want none and its error", n, err)
	}
	if got := f.Stock(t, product); got != 10 {
		t.Errorf("stock after a row failed: %d, want 10", got)
	}
}

func testEndedContext(t *testing.T, f *Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := f.Store.InTx(ctx, func(tx *store.Tx) error {
		_, err := tx.TakeStock(ctx, 1, 131)
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("InTx with an ended context returned %v", err)
	}
	if got := f.Stock(t, 131); got != 10 {
		t.Errorf("stock: %d, want 10", got)
	}
}

// Calls that share a commit must not share a fate: every third one fails.
func testConcurrentWrites(t *testing.T, f *Fixture) {
	ctx := t.Context()
	const callers = 60
	fail := errors.New("no")
	errs := race(callers, func(i int) error {
		return f.Store.InTx(ctx, func(tx *store.Tx) error {
			if err := tx.CountNotified(ctx, 1); err != nil {
				return err
			}
			// Products 131…140 are taken six times each, by four calls that
			// succeed and two that do not.
			if _, err := tx.TakeStock(ctx, 1, 131+int64(i%10)); err != nil {
				return err
			}
			if i%3 == 0 {
				return fail
			}
			return nil
		})
	})
	taken := int64(0)
	for id := int64(131); id < 141; id++ {
		taken += 10 - f.Stock(t, id)
	}
	if want := int64(callers - callers/3); taken != want {
		t.Errorf("pieces taken: %d, want %d", taken, want)
	}
	for i, err := range errs {
		if failed := i%3 == 0; failed != errors.Is(err, fail) {
			t.Errorf("caller %d: %v", i, err)
		}
	}
}

func testSignals(t *testing.T, f *Fixture) {
	ctx := t.Context()
	drain(f.Store.Commands)
	drain(f.Store.Callbacks)
	command := store.Command{MachineID: f.Machine.ID, Method: "client.machine.refresh", Now: 1, ExpiresAt: 2}
	_ = f.Store.InTx(ctx, func(tx *store.Tx) error {
		_ = tx.QueueCommand(ctx, command)
		return errors.New("no")
	})
	if drain(f.Store.Commands) {
		t.Error("a rolled back command woke the relay")
	}
	f.Write(t, func(tx *store.Tx) error { return tx.QueueCommand(ctx, command) })
	if !drain(f.Store.Commands) {
		t.Error("a committed command did not wake the relay")
	}
	if drain(f.Store.Callbacks) {
		t.Error("a command woke the relay of the callbacks")
	}
}

func drain(s *store.Signal) bool {
	select {
	case <-s.C():
		return true
	default:
		return false
	}
}

func testClosed(t *testing.T, f *Fixture) {
	if err := f.Store.Close(); err != nil {
		t.Fatal(err)
	}
	err := f.Store.InTx(t.Context(), func(*store.Tx) error { return nil })
	if !errors.Is(err, store.ErrClosed) {
		t.Errorf("InTx after Close returned %v, want ErrClosed", err)
	}
}

func testNextID(t *testing.T, f *Fixture) {
	ctx := t.Context()
	for _, want := range []int64{60, 60} { // a smaller one later changes nothing
		if err := f.Store.SetNextID(ctx, "orders", want); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Store.SetNextID(ctx, "orders", 5); err != nil {
		t.Fatal(err)
	}
	f.AddCode(t, "5288640", 131, 0)
	done, err := f.Consume(ctx, "5288640", 131, "20240429000000000001")
	if err != nil {
		t.Fatal(err)
	}
	if done.OrderID != 60 {
		t.Errorf("next order id %d, want 60", done.OrderID)
	}
}

func testCase(t *testing.T, f *Fixture) {
	ctx := t.Context()
	f.AddCode(t, "1000001", 131, 0)
	f.AddCode(t, "1000002", 131, 0)
	if _, err := f.Consume(ctx, "1000001", 131, "Order-AAAAAAAAAAAAAAAA"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Consume(ctx, "1000002", 131, "order-aaaaaaaaaaaaaaaa"); err != nil {
		t.Errorf("trade_ids that differ in case are two orders, got %v", err)
	}
}

func testMillis(t *testing.T, f *Fixture) {
	ctx := t.Context()
	f.Advance(123 * time.Millisecond)
	f.AddCode(t, "1000001", 131, f.Now().UnixMilli()+1)
	code, err := f.Store.NewestCode(ctx, f.Machine.ID, "1000001")
	if err != nil {
		t.Fatal(err)
	}
	if code.CreatedAt != 1714353655123 || code.ExpiredAt != 1714353655124 {
		t.Errorf("times %d and %d lost their milliseconds", code.CreatedAt, code.ExpiredAt)
	}
	if _, err := f.Consume(ctx, "1000001", 131, "20240429000000000001"); err != nil {
		t.Errorf("one millisecond before expiry: %v", err)
	}
}

func testPaging(t *testing.T, f *Fixture) {
	ctx := t.Context()
	f.Write(t, func(tx *store.Tx) error {
		p, err := tx.ProductByID(ctx, 140)
		if err != nil {
			return err
		}
		return tx.UpdateProduct(ctx, db.UpdateProductParams{
			ID: 140, GoodID: p.GoodID, OnSale: true, Inventory: 10, SortID: 7,
		})
	})
	var got []int64
	for start := int32(0); start < 15; start += 5 {
		rows, err := f.Store.ProductsOnSale(ctx, db.ProductsOnSaleParams{
			MachineID: f.Machine.ID, Addr: 1, PageSize: 5, PageStart: start,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			got = append(got, row.ID)
		}
	}
	want := []int64{140, 131, 132, 133, 134, 135, 136, 137, 138, 139, 141, 142}
	if len(got) != len(want) {
		t.Fatalf("products %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("products %v, want %v", got, want)
		}
	}
	if rows, err := f.Store.ProductsOnSale(ctx, db.ProductsOnSaleParams{MachineID: f.Machine.ID, Addr: 2, PageSize: 5}); err != nil || len(rows) != 0 {
		t.Errorf("board 2 has %d products, %v", len(rows), err)
	}
}
