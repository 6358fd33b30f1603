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

// Holding is what a channel holds.
type Holding struct {
	// GoodID is 0 for an empty channel.
	GoodID   int64
	OnSale   bool
	Quantity int64
}

// PlanogramEdit changes what the channel of one product holds; nil leaves a
// thing as it is.
type PlanogramEdit struct {
	ProductID int64
	GoodID    *int64
	OnSale    *bool
	Quantity  *int64
}

// Edited is what an edit changed.
type Edited struct {
	ProductID     int64
	Before, After Holding
}

// EditPlanogram changes products of a machine, all or none, and tells the
// machine once. It refuses with 30003, 30006, 60001 for a product that is not
// the machine's or a good that is not the merchant's, 60004 for a quantity above
// the capacity, and 10001 for a negative one or a product that is named twice.
func (s *Service) EditPlanogram(ctx context.Context, merchant db.Merchant, machineNo string, edits []PlanogramEdit) ([]Edited, error) {
	m, err := s.machine(ctx, merchant, machineNo, vending.ManageGate())
	if err != nil {
		return nil, err
	}
	// In the order of products, as everywhere: nobody must wait in a circle.
	edits = slices.SortedFunc(slices.Values(edits), func(a, b PlanogramEdit) int { return cmp.Compare(a.ProductID, b.ProductID) })
	for i := 1; i < len(edits); i++ {
		if edits[i].ProductID == edits[i-1].ProductID {
			return nil, vending.RefuseField("product_id", "conflict")
		}
	}
	var done []Edited
	err = s.retry(ctx, func(tx *store.Tx) error {
		done = nil
		for _, e := range edits {
			edited, err := s.editProduct(ctx, tx, merchant, m.ID, e)
			if err != nil {
				return err
			}
			if edited.Before != edited.After {
				done = append(done, edited)
			}
		}
		if len(done) == 0 {
			return nil
		}
		return s.QueueRefresh(ctx, tx, m.ID)
	})
	return done, err
}

func (s *Service) editProduct(ctx context.Context, tx *store.Tx, merchant db.Merchant, machineID int64, e PlanogramEdit) (Edited, error) {
	p, err := productOf(ctx, tx, machineID, e.ProductID)
	if err == nil && p.ChannelID == 0 {
		err = vending.RefuseProduct(vending.CodeProductUnknown, e.ProductID)
	}
	if err != nil {
		return Edited{}, err
	}
	before := Holding{p.GoodID, p.OnSale, p.CurrentInventory}
	after := before
	if e.GoodID != nil {
		after.GoodID = *e.GoodID
	}
	if e.OnSale != nil {
		after.OnSale = *e.OnSale
	}
	if e.Quantity != nil {
		after.Quantity = *e.Quantity
	}
	if err := s.checkHolding(ctx, tx, merchant, p, after); err != nil {
		return Edited{}, err
	}
	if after.GoodID != before.GoodID || after.OnSale != before.OnSale {
		err := tx.UpdateProduct(ctx, db.UpdateProductParams{
			ID: p.ID, GoodID: after.GoodID, CategoryID: p.CategoryID, OnSale: after.OnSale, Inventory: p.Inventory, SortID: p.SortID,
		})
		if err != nil {
			return Edited{}, fmt.Errorf("update product: %w", err)
		}
	}
	_, err = s.setLevel(ctx, tx, change{
		machineID: machineID, productID: p.ID, from: before.Quantity, to: after.Quantity, source: sourceConsole,
	})
	return Edited{ProductID: p.ID, Before: before, After: after}, err
}

func (s *Service) checkHolding(ctx context.Context, tx *store.Tx, merchant db.Merchant, p db.Product, h Holding) error {
	switch {
	case h.Quantity < 0:
		return vending.RefuseField("quantity", "range")
	case h.Quantity > p.Inventory:
		return vending.RefuseWith(vending.CodeCapacity, vending.Data{"product_id": p.ID, "max": p.Inventory})
	case h.GoodID == 0 || h.GoodID == p.GoodID:
		return nil
	}
	_, found, err := store.Find(tx.GoodByID(ctx, h.GoodID, merchant.ID))
	if err == nil && !found {
		err = vending.RefuseProduct(vending.CodeProductUnknown, p.ID)
	}
	return err
}
