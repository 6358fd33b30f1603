package storetest

import (
	"errors"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// testNamesOfModels: a rename takes nobody's name, not by an error of the database
// either, and not if the old name is another one now.
func testNamesOfModels(t *testing.T, f *Fixture) {
	ctx := t.Context()
	var template, model, taken int64
	f.Write(t, func(tx *store.Tx) (err error) {
		if template, err = tx.InsertModelTemplate(ctx, f.Merchant.ID, "Kiosk", 1); err != nil {
			return err
		}
		if _, err = tx.InsertModelTemplate(ctx, f.Merchant.ID, "Tower", 1); err != nil {
			return err
		}
		if model, err = tx.InsertVersionModel(ctx, f.Merchant.ID, "Kiosk v1"); err != nil {
			return err
		}
		taken, err = tx.InsertVersionModel(ctx, f.Merchant.ID, "Tower v1")
		return err
	})
	f.Write(t, func(tx *store.Tx) error {
		for _, c := range []struct {
			oldName, name string
			want          int64
		}{{"Kiosk", "Tower", 0}, {"Booth", "Box", 0}, {"Kiosk", "Kiosk", 1}, {"Kiosk", "Box", 1}} {
			if n, err := tx.RenameModelTemplate(ctx, c.name, template, c.oldName); err != nil || n != c.want {
				t.Errorf("template from %s to %s: %d rows, want %d (%v)", c.oldName, c.name, n, c.want, err)
			}
		}
		for name, want := range map[string]int64{"Tower v1": 0, "Kiosk v1": 1, "Box v1": 1} {
			if n, err := tx.RenameModel(ctx, name, model); err != nil || n != want {
				t.Errorf("model to %s: %d rows, want %d (%v)", name, n, want, err)
			}
		}
		return nil
	})
	if m, err := f.Store.ModelByID(ctx, taken); err != nil || m.Name != "Tower v1" {
		t.Errorf("the other one is %+v (%v)", m, err)
	}
}

// testDeleteTemplate: a template goes with its versions and their boards, and only
// when no machine is left that has one, of whatever merchant.
func testDeleteTemplate(t *testing.T, f *Fixture) {
	ctx := t.Context()
	var template, model int64
	f.Write(t, func(tx *store.Tx) (err error) {
		if template, err = tx.InsertModelTemplate(ctx, f.Merchant.ID, "Kiosk", 1); err != nil {
			return err
		}
		if model, err = tx.InsertVersionModel(ctx, f.Merchant.ID, "Kiosk v1"); err != nil {
			return err
		}
		return errors.Join(
			tx.SetModelBoard(ctx, db.SetModelBoardParams{ModelID: model, Addr: 1, FloorType: 1}),
			tx.InsertModelVersion(ctx, db.InsertModelVersionParams{TemplateID: template, Version: 1, ModelID: model, Channels: "[]"}),
			tx.SetMachineModel(ctx, f.Machine.ID, model),
		)
	})
	machines := func(want int64) {
		t.Helper()
		if n, err := f.Store.MachinesOfTemplate(ctx, template); err != nil || n != want {
			t.Errorf("%d machines have it, want %d (%v)", n, want, err)
		}
	}
	machines(1)
	f.Write(t, func(tx *store.Tx) error { return tx.SetMachineModel(ctx, f.Machine.ID, f.Machine.ModelID) })
	machines(0)
	f.Write(t, func(tx *store.Tx) error {
		if n, err := tx.DeleteModelTemplate(ctx, template, f.Merchant.ID+1); err != nil || n != 0 {
			t.Errorf("of another merchant: %d rows (%v)", n, err)
		}
		if err := errors.Join(tx.DeleteModelVersions(ctx, template), tx.DeleteBoardsOfModel(ctx, model), tx.DeleteModel(ctx, model)); err != nil {
			return err
		}
		n, err := tx.DeleteModelTemplate(ctx, template, f.Merchant.ID)
		return store.Changed("delete template", n, err)
	})
	left, err := f.Store.ModelsOfTemplate(ctx, template)
	boards, boardsErr := f.Store.BoardsOfModel(ctx, model)
	if err := errors.Join(err, boardsErr); err != nil || len(left)+len(boards) != 0 {
		t.Errorf("left are %v, %v (%v)", left, boards, err)
	}
}
