package catalog_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

const visitKey = "0f8fad5b-d9cb-469f-a165-70867728950e"

// user is who makes the visits.
func (s *shop) user() int64 {
	s.t.Helper()
	var id int64
	s.Write(s.t, func(tx *store.Tx) error {
		u, err := tx.InsertUser(s.t.Context(), db.InsertUserParams{Email: "restocker@shop.example", Status: "ACTIVE"})
		id = u.ID
		return err
	})
	return id
}

func (s *shop) visit(user int64, key string, lines ...catalog.VisitLine) (catalog.Visited, error) {
	return s.Catalog.ApplyVisit(s.t.Context(), s.Merchant, catalog.Visit{
		MachineNo: storetest.MachineNo, UserID: user, Key: key, Lines: lines,
	})
}

// sell takes pieces as a sale does.
func (s *shop) sell(productID, pieces int64) {
	s.t.Helper()
	s.Write(s.t, func(tx *store.Tx) error { _, err := tx.TakeStock(s.t.Context(), pieces, productID); return err })
}

// What a visit makes of a level, for a channel of 10 that holds 4.
func TestVisitLine(t *testing.T) {
	for name, c := range map[string]struct {
		line catalog.VisitLine
		sold int64 // after the phone looked, before the visit arrives
		want int64
	}{
		"filled":                      {catalog.VisitLine{Expected: 4, Counted: 4, Added: 6}, 0, 10},
		"filled, sold since":          {catalog.VisitLine{Expected: 4, Counted: 4, Added: 6}, 2, 8},
		"counted less":                {catalog.VisitLine{Expected: 4, Counted: 1}, 0, 1},
		"counted less, sold since":    {catalog.VisitLine{Expected: 4, Counted: 1}, 2, 0},
		"counted more, and filled":    {catalog.VisitLine{Expected: 4, Counted: 5, Added: 5}, 0, 10},
		"bad ones out, fresh ones in": {catalog.VisitLine{Expected: 4, Counted: 4, Removed: 4, Added: 10}, 0, 10},
		"more than fits":              {catalog.VisitLine{Expected: 0, Counted: 0, Added: 10}, 0, 10},
		"nothing done":                {catalog.VisitLine{Expected: 4, Counted: 4}, 0, 4},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.sell(131, c.sold)
			c.line.ProductID = 131
			done, err := s.visit(s.user(), visitKey, c.line)
			s.must(err)
			before := 4 - c.sold
			if l := done.Lines[0]; l.PreviousLevel != before || l.Level != c.want || s.Stock(t, 131) != c.want {
				t.Errorf("%+v, stock %d, want %d→%d", l, s.Stock(t, 131), before, c.want)
			}
			want := fmt.Sprint([]string{fmt.Sprintf("131: %d→%d RESTOCK CONSOLE", before, c.want)})
			if c.want < before {
				want = fmt.Sprint([]string{fmt.Sprintf("131: %d→%d WITHDRAWAL CONSOLE", before, c.want)})
			}
			if c.want == before {
				want = "[]"
			}
			if got := fmt.Sprint(s.restocks()); got != want {
				t.Errorf("ledger %s, want %s", got, want)
			}
		})
	}
}

// However often a visit is sent, also at the same time, it is applied once; each
// time the answer is what it did.
func TestVisitIsAppliedOnce(t *testing.T) {
	s := newShop(t)
	user := s.user()
	s.sell(131, 2)
	line := catalog.VisitLine{ProductID: 131, Expected: 2, Counted: 2, Added: 3}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			done, err := s.visit(user, visitKey, line)
			if err != nil || len(done.Lines) != 1 || done.Lines[0].PreviousLevel != 2 || done.Lines[0].Level != 5 {
				t.Errorf("%+v, %v", done, err)
			}
		})
	}
	all.Wait()
	s.sell(131, 1)
	done, err := s.visit(user, visitKey, line)
	if err != nil || !done.Repeated || s.Stock(t, 131) != 4 || len(s.restocks()) != 1 {
		t.Errorf("%+v, stock %d, ledger %v (%v)", done, s.Stock(t, 131), s.restocks(), err)
	}
	// Another visit is another.
	if done, err = s.visit(user, visitKey+"1", line); err != nil || done.Repeated || s.Stock(t, 131) != 7 {
		t.Errorf("%+v, stock %d (%v)", done, s.Stock(t, 131), err)
	}
}

// What is refused changes nothing, and may be sent again with the same key.
func TestVisitRefusals(t *testing.T) {
	s := newShop(t)
	user := s.user()
	good := catalog.VisitLine{ProductID: 131, Expected: 4, Counted: 4, Added: 5}
	for name, c := range map[string]struct {
		key   string
		lines []catalog.VisitLine
		want  vending.Code
	}{
		"no key":            {"", nil, vending.CodeForm},
		"an odd key":        {"0123456789abcdef\x00", nil, vending.CodeForm},
		"named twice":       {visitKey, []catalog.VisitLine{good, good}, vending.CodeForm},
		"less than nothing": {visitKey, []catalog.VisitLine{good, {ProductID: 132, Removed: -1}}, vending.CodeForm},
		"too much":          {visitKey, []catalog.VisitLine{{ProductID: 131, Added: 1 << 60}}, vending.CodeForm},
		"another's product": {visitKey, []catalog.VisitLine{good, {ProductID: 999}}, vending.CodeProductUnknown},
	} {
		if _, err := s.visit(user, c.key, c.lines...); vending.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %d", name, err, c.want)
		}
	}
	var refusal *vending.Error
	_, err := s.visit(user, visitKey, catalog.VisitLine{ProductID: 131, Expected: -1, Counted: -1, Removed: -1, Added: -1})
	if !errors.As(err, &refusal) || refusal.Data["field"] != "expected" {
		t.Errorf("several bad numbers: %+v, want the first named", refusal)
	}
	if s.Stock(t, 131) != 4 || len(s.restocks()) != 0 {
		t.Errorf("stock %d, ledger %v", s.Stock(t, 131), s.restocks())
	}
	_, err = s.visit(user, visitKey, good)
	s.must(err)
	_, err = s.Catalog.ApplyVisit(t.Context(), s.Merchant, catalog.Visit{MachineNo: "16327130", UserID: user, Key: visitKey})
	if vending.CodeOf(err) != vending.CodeForm {
		t.Errorf("the key at another machine: %v", err)
	}
}
