package pickup_test

import (
	"bytes"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// drawing makes the use case draw its codes from a fixed source.
func (f *fixture) drawing(random io.Reader) *pickup.Service {
	return pickup.New(f.Store, f.Now, random, pickup.Config{Zone: time.UTC}, slog.New(slog.DiscardHandler))
}

// zeros makes every draw 100000.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func issue(count int64) pickup.Issue {
	return pickup.Issue{MachineNo: storetest.MachineNo, ProductID: 131, Length: 6, Count: count}
}

// After 20 taken values in a row nothing is made, not even the codes before
// (openapi.md §7.8).
func TestIssueGivesUp(t *testing.T) {
	f := newFixture(t)
	s := f.drawing(zeros{})
	err := s.IssueForProduct(t.Context(), f.Merchant, issue(2))
	wantCode(t, err, vending.CodeInternal)
	for _, table := range []string{"pickup_codes", "commands"} {
		if got := value[int](t, f, "SELECT COUNT(*) FROM "+table); got != 0 {
			t.Errorf("%d rows in %s", got, table)
		}
	}
	if err := s.IssueForProduct(t.Context(), f.Merchant, issue(1)); err != nil {
		t.Fatal(err)
	}
	if got := value[string](t, f, "SELECT code FROM pickup_codes"); got != "100000" {
		t.Errorf("code %s", got)
	}
}

// Nineteen taken values do not stop the twentieth draw.
func TestIssueDrawsAgain(t *testing.T) {
	f := newFixture(t)
	f.AddCode(t, "100000", 131, 0)
	source := append(make([]byte, 3*19), 0, 0, 1)
	if err := f.drawing(bytes.NewReader(source)).IssueForProduct(t.Context(), f.Merchant, issue(1)); err != nil {
		t.Fatal(err)
	}
	if got := value[string](t, f, "SELECT code FROM pickup_codes ORDER BY id DESC LIMIT 1"); got != "100001" {
		t.Errorf("code %s, want the next value", got)
	}
}

// A value is free on another machine, and again 90 days after its code ended.
func TestIssueReusesValues(t *testing.T) {
	f := newFixture(t)
	const day = 24 * time.Hour
	id := f.AddCode(t, "100000", 131, 0)
	s := f.drawing(zeros{})
	f.exec(t, "UPDATE machines SET pickup_code_enabled = TRUE")
	if err := f.Pickup.Cancel(t.Context(), f.Merchant, storetest.MachineNo, id); err != nil {
		t.Fatal(err)
	}
	f.Advance(90*day - time.Millisecond)
	wantCode(t, s.IssueForProduct(t.Context(), f.Merchant, issue(1)), vending.CodeInternal)
	f.Advance(time.Millisecond)
	if err := s.IssueForProduct(t.Context(), f.Merchant, issue(1)); err != nil {
		t.Errorf("after 90 days: %v", err)
	}
	f.exec(t, "UPDATE products SET machine_id = (SELECT id FROM machines WHERE machine_no = '16327130') WHERE id = 132")
	other := pickup.Issue{MachineNo: "16327130", ProductID: 132, Length: 6, Count: 1}
	if err := s.IssueForProduct(t.Context(), f.Merchant, other); err != nil {
		t.Errorf("on another machine: %v", err)
	}
}

// Codes for all: one each, or none at all if one value cannot be found.
func TestIssueForAllIsAllOrNothing(t *testing.T) {
	f := newFixture(t)
	err := f.drawing(zeros{}).IssueForAll(t.Context(), f.Merchant, pickup.Issue{MachineNo: storetest.MachineNo, Length: 6})
	wantCode(t, err, vending.CodeInternal)
	if got := value[int](t, f, "SELECT COUNT(*) FROM pickup_codes"); got != 0 {
		t.Errorf("%d codes", got)
	}
	if err := f.Pickup.IssueForAll(t.Context(), f.Merchant, pickup.Issue{MachineNo: storetest.MachineNo, Length: 8}); err != nil {
		t.Fatal(err)
	}
	if got := value[int](t, f, "SELECT COUNT(DISTINCT product_id) FROM pickup_codes WHERE LENGTH(code) = 8"); got != 12 {
		t.Errorf("codes for %d products, want 12", got)
	}
	if got := value[int](t, f, "SELECT COUNT(*) FROM commands WHERE method = 'client.pickup_codes.create'"); got != 12 {
		t.Errorf("%d messages to the machine, want 12", got)
	}
}

// The sweep takes more codes than one batch holds, and is harmless when run
// again.
func TestExpireSweep(t *testing.T) {
	f := newFixture(t)
	f.exec(t, `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1100)
		INSERT INTO pickup_codes (machine_id, product_id, code, quantity, state, created_at, expired_at, finished_at, order_id, trade_id)
		SELECT $1, 131, CAST(1000000 + i AS TEXT), 1, 'UNUSED', 1, CAST($2 AS BIGINT) + i, 0, 0, '' FROM n`, f.Machine.ID, f.Now().UnixMilli()-1000)
	for range 2 {
		if err := f.Pickup.ExpireSweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := value[int](t, f, "SELECT COUNT(*) FROM pickup_codes WHERE state = 'EXPIRED' AND finished_at = expired_at"); got != 1000 {
			t.Errorf("%d codes expired, want 1000", got)
		}
	}
	if got := value[int](t, f, "SELECT COUNT(*) FROM commands"); got != 0 {
		t.Errorf("%d messages: machines expire their own copies", got)
	}
}
