package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// Of those who store a visit under one key at the same time one does; the others
// learn which it was.
func testVisitKey(t *testing.T, f *Fixture) {
	ctx := context.Background()
	v := db.InsertVisitParams{MerchantID: f.Merchant.ID, MachineID: f.Machine.ID, VisitKey: "0123456789abcdef"}
	f.Write(t, func(tx *store.Tx) error {
		u, err := tx.InsertUser(ctx, db.InsertUserParams{Email: "restocker@shop.example", Status: "ACTIVE"})
		v.UserID = u.ID
		return err
	})
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
