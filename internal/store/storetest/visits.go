package storetest

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// Of those who store a visit under one key at the same time one does; the others
// learn which it was.
func testVisitKey(t *testing.T, f *Fixture) {
	ctx := context.Background()
	v := db.InsertVisitParams{MerchantID: f.Merchant.ID, MachineID: f.Machine.ID, VisitKey: "0123456789abcdef"}
	v.UserID = f.addUser(t, "restocker@shop.example")
	made := make([]int64, 8)
	for _, err := range race(len(made), func(i int) error {
		return f.Store.InTx(ctx, func(tx *store.Tx) (err error) {
			made[i], err = tx.InsertVisit(ctx, v)
			if err != nil {
				return err
			}
			return tx.InsertVisitLine(ctx, db.InsertVisitLineParams{VisitID: made[i], ProductID: 131, Added: 3})
		})
	}) {
		if err != nil && !store.NotFound(err) {
			t.Error(err)
		}
	}
	visit, err := f.Store.VisitByKey(ctx, f.Merchant.ID, v.VisitKey)
	lines, linesErr := f.Store.VisitLines(ctx, visit.ID)
	if err := errors.Join(err, linesErr); err != nil || len(lines) != 1 || lines[0].Added != 3 {
		t.Errorf("%+v %+v (%v)", visit, lines, err)
	}
	winners := 0
	for _, id := range made {
		if id == visit.ID {
			winners++
		}
	}
	if winners != 1 {
		t.Errorf("stored visits %v, want one of id %d", made, visit.ID)
	}
}

// addUser makes somebody who works for the merchant.
func (f *Fixture) addUser(t *testing.T, email string) (id int64) {
	t.Helper()
	f.Write(t, func(tx *store.Tx) error {
		u, err := tx.InsertUser(t.Context(), db.InsertUserParams{Email: email, Name: "Li", Status: "ACTIVE"})
		id = u.ID
		return err
	})
	return id
}

// A list of visits sums their lines up; one without lines is there, too. The pick
// list is what the visits left empty.
func testVisitPage(t *testing.T, f *Fixture) {
	ctx, user := t.Context(), f.addUser(t, "restocker@shop.example")
	var ids [2]int64
	f.Write(t, func(tx *store.Tx) (err error) {
		for i, key := range []string{"0123456789abcde0", "0123456789abcde1"} {
			if ids[i], err = tx.InsertVisit(ctx, db.InsertVisitParams{MerchantID: f.Merchant.ID, MachineID: f.Machine.ID, UserID: user, VisitKey: key, CreatedAt: 5}); err != nil {
				return err
			}
		}
		for _, l := range []db.InsertVisitLineParams{
			{VisitID: ids[0], ProductID: 131, Expected: 5, Counted: 3, Removed: 1, Added: 4},
			{VisitID: ids[0], ProductID: 132, Expected: 5, Counted: 6, Added: 2},
		} {
			if err := tx.InsertVisitLine(ctx, l); err != nil {
				return err
			}
		}
		return nil
	})
	all := db.VisitPageParams{MerchantID: f.Merchant.ID, BeforeID: math.MaxInt64, PageSize: 10}
	page, err := f.Store.VisitPage(ctx, all)
	if err != nil || len(page) != 2 || page[0].ID != ids[1] || page[0].Products != 0 {
		t.Fatalf("%+v (%v)", page, err)
	}
	if v := page[1]; v.Products != 2 || v.Added != 6 || v.Removed != 1 || v.Missing != 2 || v.Surplus != 1 || v.Email != "restocker@shop.example" || v.MachineNo != f.Machine.MachineNo {
		t.Errorf("%+v", v)
	}
	for what, p := range map[string]func(*db.VisitPageParams){
		"of another merchant": func(p *db.VisitPageParams) { p.MerchantID++ },
		"of another machine":  func(p *db.VisitPageParams) { p.MachineID = f.Machine.ID + 1 },
		"of another group":    func(p *db.VisitPageParams) { p.MachineGroup = "elsewhere" },
		"older than the last": func(p *db.VisitPageParams) { p.BeforeID = ids[0] },
	} {
		narrow := all
		p(&narrow)
		if got, err := f.Store.VisitPage(ctx, narrow); err != nil || len(got) != 0 {
			t.Errorf("%s: %+v (%v)", what, got, err)
		}
	}
	lines, err := f.Store.VisitLinesWithGoods(ctx, ids[0])
	if err != nil || len(lines) != 2 || lines[0].VisitLine.Added != 4 || lines[0].ChannelName == "" || lines[0].GoodName == "" {
		t.Errorf("%+v (%v)", lines, err)
	}

	pieces := func(p db.PickListParams) (n int64) {
		rows, err := f.Store.PickList(ctx, p)
		if err != nil {
			t.Error(err)
		}
		for _, r := range rows {
			n += r.Pieces
		}
		return n
	}
	list := db.PickListParams{MerchantID: f.Merchant.ID, PageSize: 10}
	before := pieces(list)
	f.Write(t, func(tx *store.Tx) error { return tx.TakeStockAtMost(ctx, 2, 131) })
	if got := pieces(list); got != before+2 {
		t.Errorf("%d pieces to take along, want %d", got, before+2)
	}
	list.MachineGroup = "elsewhere"
	if got := pieces(list); got != 0 {
		t.Errorf("%d pieces for another group", got)
	}
}

// Comments come in their order, and a page that shows the order is told.
func testComments(t *testing.T, f *Fixture) {
	ctx, user := t.Context(), f.addUser(t, "operator@shop.example")
	f.AddCode(t, "12345678", 131, 0)
	done, err := f.Consume(ctx, "12345678", 131, "20240429092055123456")
	if err != nil {
		t.Fatal(err)
	}
	noted := f.noted(t, func() {
		for _, text := range []string{"first", "第二"} {
			f.Write(t, func(tx *store.Tx) error {
				_, err := tx.InsertOrderComment(ctx, db.InsertOrderCommentParams{OrderID: done.OrderID, UserID: user, Text: text, CreatedAt: 7})
				return err
			})
		}
	})
	if len(noted) != 2 || noted[0].Kind != store.ChangedOrders || noted[0].Ref != done.OrderID {
		t.Errorf("noted %+v", noted)
	}
	got, err := f.Store.CommentsOfOrder(ctx, done.OrderID)
	if err != nil || len(got) != 2 || got[0].Text != "first" || got[1].Text != "第二" || got[1].UserName != "Li" || got[1].CreatedAt != 7 {
		t.Errorf("%+v (%v)", got, err)
	}
}
