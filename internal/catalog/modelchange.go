package catalog

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// ModelInUse is the error for a template that is not deleted because machines have
// a version of it.
type ModelInUse struct {
	// Machines counts them, in all groups.
	Machines int64
}

// Error implements error.
func (e ModelInUse) Error() string {
	return fmt.Sprintf("the model cannot be deleted: %d machines have it", e.Machines)
}

// RenameModel gives a template, and with it the models that are its versions,
// another name by the rules of CreateModel. It returns store.ErrLostRace if the
// template is no longer called oldName, and refuses with 404 and 10001.
func (s *Service) RenameModel(ctx context.Context, merchant db.Merchant, id int64, oldName, name string) error {
	if err := checkModelName(name); err != nil {
		return err
	}
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		newest, err := lockModel(ctx, tx, merchant.ID, id)
		if err != nil {
			return err
		}
		if newest.Name != oldName {
			return store.ErrLostRace
		}
		n, err := tx.RenameModelTemplate(ctx, name, id, oldName)
		if err := renamed("template", n, err); err != nil {
			return err
		}
		models, err := tx.ModelsOfTemplate(ctx, id)
		if err != nil {
			return fmt.Errorf("read models of template: %w", err)
		}
		for _, m := range models {
			n, err := tx.RenameModel(ctx, versionName(name, m.Version), m.ModelID)
			if err := renamed("model", n, err); err != nil { // a file has a model of that name
				return err
			}
		}
		return nil
	})
}

// renamed judges a change of a name that is made only if nothing else has it.
func renamed(what string, rows int64, err error) error {
	if err != nil {
		return fmt.Errorf("rename %s: %w", what, err)
	}
	if rows == 0 {
		return vending.RefuseField("name", "taken")
	}
	return nil
}

// DeleteModel deletes a template whose newest version is base, with all versions:
// nothing but machines refers to them, and the audit log has names. It returns
// ModelInUse while machines have any version, store.ErrLostRace if base is not the
// newest, and refuses with 404.
func (s *Service) DeleteModel(ctx context.Context, merchant db.Merchant, id, base int64) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		newest, err := lockModel(ctx, tx, merchant.ID, id)
		if err != nil {
			return err
		}
		if newest.Version != base {
			return store.ErrLostRace
		}
		machines, err := tx.MachinesOfTemplate(ctx, id)
		if err != nil {
			return fmt.Errorf("count machines: %w", err)
		}
		if machines > 0 {
			return ModelInUse{machines}
		}
		return deleteModel(ctx, tx, merchant.ID, id)
	})
}

func deleteModel(ctx context.Context, tx *store.Tx, merchantID, id int64) error {
	models, err := tx.ModelsOfTemplate(ctx, id)
	if err != nil {
		return fmt.Errorf("read models of template: %w", err)
	}
	if err := tx.DeleteModelVersions(ctx, id); err != nil {
		return fmt.Errorf("delete versions: %w", err)
	}
	for _, m := range models {
		if err := tx.DeleteBoardsOfModel(ctx, m.ModelID); err != nil {
			return fmt.Errorf("delete boards: %w", err)
		}
		if err := tx.DeleteModel(ctx, m.ModelID); err != nil {
			return fmt.Errorf("delete model: %w", err)
		}
	}
	n, err := tx.DeleteModelTemplate(ctx, id, merchantID)
	return store.Changed("delete template", n, err)
}

// lockModel returns a template at its newest version and makes others wait: those
// that take names of models or apply a file, for which it holds the merchant, and
// those that change this template or give it to a machine. It refuses with 404.
func lockModel(ctx context.Context, tx *store.Tx, merchantID, id int64) (Model, error) {
	if _, err := tx.LockMerchant(ctx, merchantID); err != nil {
		return Model{}, fmt.Errorf("lock merchant: %w", err)
	}
	if err := lockTemplate(ctx, tx, merchantID, id); err != nil {
		return Model{}, err
	}
	return readModel(ctx, tx.Queries, merchantID, id, 0)
}

// lockTemplate makes others that change a template, or give it to a machine, wait.
// It refuses with 404.
func lockTemplate(ctx context.Context, tx *store.Tx, merchantID, id int64) error {
	n, err := tx.LockModelTemplate(ctx, id, merchantID)
	if err != nil {
		return fmt.Errorf("lock template: %w", err)
	}
	if n == 0 {
		return vending.Refuse(vending.CodeNotFound)
	}
	return nil
}
