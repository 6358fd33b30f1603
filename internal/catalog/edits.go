package catalog

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// ShelfEdit is a change somebody made to one product at the machine (mqtt.md
// §4.6).
type ShelfEdit struct {
	MachineID int64
	ProductID int64
	// Level is the new current_inventory.
	Level int64
	// OnSale and LockID (a channel of the machine, 0 for none) are nil when
	// they are not meant.
	OnSale *bool
	LockID *int64
}

// TakeShelfEdit applies a change made at the machine. It refuses with 60001 for
// a product of another machine, 60004 for a level above the capacity and 60005
// for a lock that is no channel of the machine.
func (s *Service) TakeShelfEdit(ctx context.Context, e ShelfEdit) error {
	return s.retry(ctx, func(tx *store.Tx) error {
		p, err := productOf(ctx, tx, e.MachineID, e.ProductID)
		if err != nil {
			return err
		}
		if e.Level > p.Inventory {
			return vending.RefuseWith(vending.CodeCapacity, vending.Data{"product_id": p.ID, "max": p.Inventory})
		}
		if err := setLock(ctx, tx, e); err != nil {
			return err
		}
		if e.OnSale != nil {
			if err := tx.SetOnSale(ctx, p.ID, *e.OnSale); err != nil {
				return fmt.Errorf("set on sale: %w", err)
			}
		}
		_, err = s.setLevel(ctx, tx, change{
			machineID: e.MachineID, productID: p.ID, from: p.CurrentInventory, to: e.Level, source: sourceApp,
		})
		return err
	})
}

func productOf(ctx context.Context, tx *store.Tx, machineID, productID int64) (db.Product, error) {
	p, found, err := store.Find(tx.ProductOfMachine(ctx, productID, machineID))
	if err == nil && !found {
		err = vending.RefuseProduct(vending.CodeProductUnknown, productID)
	}
	return p, err
}

func setLock(ctx context.Context, tx *store.Tx, e ShelfEdit) error {
	if e.LockID == nil {
		return nil
	}
	if *e.LockID != 0 {
		_, found, err := store.Find(tx.ChannelOfMachine(ctx, *e.LockID, e.MachineID))
		if err != nil {
			return err
		}
		if !found {
			return vending.Refuse(vending.CodeChannelUnknown)
		}
	}
	return tx.SetLock(ctx, e.ProductID, *e.LockID)
}

// ShelfRefill fills or empties products at the machine (mqtt.md §4.9).
type ShelfRefill struct {
	MachineID int64
	// ProductIDs are the products meant; none means all that have a good.
	ProductIDs []int64
	// Fill puts level to capacity and on sale; else to nothing and off sale.
	Fill bool
}

// TakeShelfRefill applies a refill made at the machine. Products of other
// machines, and those without a good, are skipped and logged.
func (s *Service) TakeShelfRefill(ctx context.Context, r ShelfRefill) error {
	return s.retry(ctx, func(tx *store.Tx) error {
		rows, err := tx.StockOfMachine(ctx, r.MachineID)
		if err != nil {
			return fmt.Errorf("products of machine: %w", err)
		}
		if len(r.ProductIDs) > 0 {
			rows = s.named(rows, r)
		}
		slices.SortFunc(rows, func(a, b db.Product) int { return cmp.Compare(a.ID, b.ID) })
		for _, p := range rows {
			if err := s.refill(ctx, tx, p, r); err != nil {
				return err
			}
		}
		return nil
	})
}

// named keeps the products a refill names.
func (s *Service) named(rows []db.Product, r ShelfRefill) []db.Product {
	byID := map[int64]db.Product{}
	for _, p := range rows {
		byID[p.ID] = p
	}
	var kept []db.Product
	for _, id := range r.ProductIDs {
		p, known := byID[id]
		if !known {
			s.log.Warn("refill at a machine names a product that is not its own", "machine_id", r.MachineID, "product_id", id)
			continue
		}
		kept = append(kept, p)
		delete(byID, id) // a product named twice counts once
	}
	return kept
}

func (s *Service) refill(ctx context.Context, tx *store.Tx, p db.Product, r ShelfRefill) error {
	level := int64(0)
	if r.Fill {
		level = p.Inventory
	}
	if p.OnSale != r.Fill {
		if err := tx.SetOnSale(ctx, p.ID, r.Fill); err != nil {
			return fmt.Errorf("set on sale: %w", err)
		}
	}
	_, err := s.setLevel(ctx, tx, change{
		machineID: r.MachineID, productID: p.ID, from: p.CurrentInventory, to: level,
		source: sourceApp, all: len(r.ProductIDs) == 0,
	})
	return err
}
