package pickup_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

func line(product, count int64) pickup.BatchLine {
	return pickup.BatchLine{MachineNo: storetest.MachineNo, ProductID: product, Count: count}
}

func batchOf(lines ...pickup.BatchLine) pickup.NewBatch {
	return pickup.NewBatch{Length: 8, Quantity: 1, Lines: lines}
}

func (f *fixture) batch(t *testing.T, lines ...pickup.BatchLine) int64 {
	t.Helper()
	id, err := f.Pickup.CreateBatch(t.Context(), f.Merchant, batchOf(lines...))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// restarted is the use case after a restart of the program.
func (f *fixture) restarted() *pickup.Service {
	return pickup.New(f.Store, f.Now, rand.Reader, pickup.Config{Zone: time.UTC}, slog.New(slog.DiscardHandler))
}

func (f *fixture) runBatches(t *testing.T) {
	t.Helper()
	if err := f.restarted().RunDueBatches(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// wantBatch compares a batch: its state, and of each line the codes that are there,
// those that were counted, and why it ended early.
func (f *fixture) wantBatch(t *testing.T, id int64, state string, want ...string) {
	t.Helper()
	b, err := f.Store.CodeBatch(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := f.Store.CodeBatchLines(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, l := range lines {
		l := l.CodeBatchLine
		there := value[int64](t, f, "SELECT COUNT(*) FROM pickup_codes WHERE batch_id = $1 AND product_id = $2", id, l.ProductID)
		got = append(got, fmt.Sprintf("%d/%d/%d %s", there, l.Made, l.Wanted, l.Failure))
	}
	if b.State != state || fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("batch is %s with %q, want %s with %q", b.State, got, state, want)
	}
}

// A batch makes every code once and tells the machine of each.
func TestBatch(t *testing.T) {
	f := newFixture(t)
	id := f.batch(t, line(131, 120), line(132, 1))
	f.wantBatch(t, id, pickup.BatchRunning, "0/0/120 ", "0/0/1 ")
	f.runBatches(t)
	f.wantBatch(t, id, pickup.BatchDone, "120/120/120 ", "1/1/1 ")
	if n := value[int](t, f, "SELECT COUNT(DISTINCT code) FROM pickup_codes WHERE batch_id = $1", id); n != 121 {
		t.Errorf("%d different codes, want 121", n)
	}
	if n := value[int](t, f, "SELECT COUNT(*) FROM commands WHERE method = 'client.pickup_codes.create'"); n != 121 {
		t.Errorf("%d messages to the machine, want 121", n)
	}
	f.runBatches(t) // there is nothing left to do
	f.wantBatch(t, id, pickup.BatchDone, "120/120/120 ", "1/1/1 ")
}

// Whoever goes on after a crash between pieces, or within one, makes the codes that
// are missing and no other.
func TestBatchAfterCrash(t *testing.T) {
	f := newFixture(t)
	id := f.batch(t, line(131, 120))
	repair := f.database.Fail(t, "BEFORE UPDATE ON code_batch_lines", "NEW.made >= 100")
	if err := f.restarted().RunDueBatches(t.Context()); err == nil {
		t.Fatal("the broken write was not noticed")
	}
	repair()
	f.wantBatch(t, id, pickup.BatchRunning, "50/50/120 ")
	f.runBatches(t) // the dead worker's lease still holds
	f.wantBatch(t, id, pickup.BatchRunning, "50/50/120 ")
	f.Advance(20 * time.Second)
	f.runBatches(t)
	f.wantBatch(t, id, pickup.BatchDone, "120/120/120 ")
}

// A worker that stops in order leaves the batch to the next one at once.
func TestBatchAfterStop(t *testing.T) {
	f := newFixture(t)
	id := f.batch(t, line(131, 120))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	once := sync.OnceFunc(stop)
	ctx = store.Also(ctx, func(tx *store.Tx) error {
		if l, found, err := store.Find(tx.NextCodeBatchLine(t.Context(), id)); err != nil || found && l.Made == 0 {
			return err
		}
		once()
		return nil
	})
	err := f.restarted().RunDueBatches(ctx)
	if made := value[int](t, f, "SELECT made FROM code_batch_lines"); made == 120 {
		t.Fatalf("the worker did not stop (%v)", err)
	}
	f.Advance(20 * time.Second)
	f.runBatches(t)
	f.wantBatch(t, id, pickup.BatchDone, "120/120/120 ")
}

// Several nodes at the same batches make no code twice.
func TestBatchOnSeveralNodes(t *testing.T) {
	f := newFixture(t)
	ids := []int64{f.batch(t, line(131, 110)), f.batch(t, line(132, 110)), f.batch(t, line(133, 110))}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := f.restarted().RunDueBatches(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		f.wantBatch(t, id, pickup.BatchDone, "110/110/110 ")
	}
}

// What may not be issued any more ends its line, and not the others.
func TestBatchLineIsRefused(t *testing.T) {
	f := newFixture(t)
	id := f.batch(t, line(131, 60), line(132, 60))
	f.exec(t, "UPDATE products SET on_sale = FALSE WHERE id = 131")
	f.runBatches(t)
	f.wantBatch(t, id, pickup.BatchDone, "0/0/60 60002", "60/60/60 ")
}

// A cancelled batch makes nothing more, and its codes can be cancelled as well.
func TestBatchIsCancelled(t *testing.T) {
	f := newFixture(t)
	id := f.batch(t, line(131, 120))
	f.database.Fail(t, "BEFORE UPDATE ON code_batch_lines", "NEW.made >= 100")
	_ = f.restarted().RunDueBatches(t.Context())
	batch, err := f.Store.CodeBatch(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Pickup.StopBatch(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	f.Advance(20 * time.Second)
	f.runBatches(t)
	f.wantBatch(t, id, pickup.BatchCancelled, "50/50/120 ")
	done, err := f.Pickup.CancelBatch(t.Context(), pickup.Whose{Merchant: f.Merchant}, id)
	if err != nil || done.Changed != 50 {
		t.Errorf("cancelled %+v: %v", done, err)
	}
	if n := value[int](t, f, "SELECT COUNT(*) FROM pickup_codes WHERE state = 'CANCELLED'"); n != 50 {
		t.Errorf("%d codes are cancelled, want 50", n)
	}
}

// A batch that is cancelled while it is worked on gets no code more from then on.
func TestBatchIsCancelledUnderWay(t *testing.T) {
	f := newFixture(t)
	id := f.batch(t, line(131, 2000))
	batch, err := f.Store.CodeBatch(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	under := make(chan struct{})
	begun := sync.OnceFunc(func() { close(under) })
	ctx := store.Also(t.Context(), func(*store.Tx) error { begun(); return nil })
	var worker sync.WaitGroup
	worker.Go(func() {
		if err := f.restarted().RunDueBatches(ctx); err != nil {
			t.Error(err)
		}
	})
	<-under
	if err := f.Pickup.StopBatch(t.Context(), batch); err != nil {
		t.Error(err)
	}
	made := value[int64](t, f, "SELECT made FROM code_batch_lines")
	worker.Wait()
	f.wantBatch(t, id, pickup.BatchCancelled, fmt.Sprintf("%d/%d/2000 ", made, made))
}

func TestBatchIsRefused(t *testing.T) {
	f := newFixture(t)
	for name, c := range map[string]struct {
		change func(b *pickup.NewBatch)
		want   vending.Code
	}{
		"no lines":        {func(b *pickup.NewBatch) { b.Lines = nil }, vending.CodeForm},
		"too many codes":  {func(b *pickup.NewBatch) { b.Lines = []pickup.BatchLine{line(131, 9_999), line(132, 2)} }, vending.CodeCount},
		"no codes":        {func(b *pickup.NewBatch) { b.Lines[0].Count = 0 }, vending.CodeCount},
		"length":          {func(b *pickup.NewBatch) { b.Length = 11 }, vending.CodeCodeLength},
		"past":            {func(b *pickup.NewBatch) { b.ExpiresAt = f.Now().UnixMilli() }, vending.CodeExpiredAt},
		"long past":       {func(b *pickup.NewBatch) { b.ExpiresAt = -1 }, vending.CodeExpiredAt},
		"pieces":          {func(b *pickup.NewBatch) { b.Quantity = 11 }, vending.CodeForm},
		"unknown product": {func(b *pickup.NewBatch) { b.Lines = append(b.Lines, line(9, 1)) }, vending.CodeProductUnknown},
		"unknown machine": {func(b *pickup.NewBatch) { b.Lines[0].MachineNo = "99999999" }, vending.CodeMachineUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			b := batchOf(line(131, 1))
			c.change(&b)
			_, err := f.Pickup.CreateBatch(t.Context(), f.Merchant, b)
			wantCode(t, err, c.want)
			if n := value[int](t, f, "SELECT COUNT(*) FROM code_batches"); n != 0 {
				t.Errorf("%d batches were stored", n)
			}
		})
	}
}

// Codes are cancelled and extended all or none, and only those that can be.
func TestBulk(t *testing.T) {
	f := newFixture(t)
	now := f.Now().UnixMilli()
	short, lasting, ended := f.AddCode(t, "100001", 131, now+60_000), f.AddCode(t, "100002", 131, 0), f.AddCode(t, "100003", 131, now)
	whose := pickup.Whose{Merchant: f.Merchant}
	later := now + 3_600_000
	all := []int64{ended, short, lasting, short}

	_, err := f.Pickup.ExtendMany(t.Context(), whose, append(all, 999), later)
	wantCode(t, err, vending.CodeRecordUnknown)
	_, err = f.Pickup.ExtendMany(t.Context(), pickup.Whose{Merchant: db.Merchant{ID: 999}}, all, later)
	wantCode(t, err, vending.CodeRecordUnknown)
	_, err = f.Pickup.ExtendMany(t.Context(), pickup.Whose{Merchant: f.Merchant, Group: "elsewhere"}, all, later)
	wantCode(t, err, vending.CodeRecordUnknown)
	_, err = f.Pickup.ExtendMany(t.Context(), whose, all, now)
	wantCode(t, err, vending.CodeExpiredAt)
	if n := value[int](t, f, "SELECT COUNT(*) FROM commands"); n != 0 {
		t.Errorf("%d messages although everything was refused", n)
	}

	done, err := f.Pickup.ExtendMany(t.Context(), whose, all, later)
	if err != nil || done != (pickup.Bulk{Changed: 1, Skipped: 2}) {
		t.Errorf("extended %+v: %v", done, err)
	}
	if got := value[int64](t, f, "SELECT expired_at FROM pickup_codes WHERE id = $1", short); got != later {
		t.Errorf("expired_at %d, want %d", got, later)
	}
	if done, err = f.Pickup.ExtendMany(t.Context(), whose, all, later-1); err != nil || done.Changed != 0 {
		t.Errorf("made shorter %+v: %v", done, err)
	}
	done, err = f.Pickup.CancelMany(t.Context(), whose, all)
	if err != nil || done != (pickup.Bulk{Changed: 2, Skipped: 1}) {
		t.Errorf("cancelled %+v: %v", done, err)
	}
	_, err = f.Pickup.CancelMany(t.Context(), whose, make([]int64, 0))
	wantCode(t, err, vending.CodeForm)
}
