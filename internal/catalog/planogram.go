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
	// Capacity is the most pieces the channel can hold: its par level.
	Capacity int64
}

// PlanogramEdit changes what the channel of one product holds; nil leaves a
// thing as it is.
type PlanogramEdit struct {
	ProductID int64
	GoodID    *int64
	OnSale    *bool
	Quantity  *int64
	Capacity  *int64
	// unseen: nobody looks at this very change before it is made, so it puts no
	// other good where there are pieces or usable codes of the one there is.
	unseen bool
}

// applied is a holding with an edit done to it.
func (e PlanogramEdit) applied(h Holding) Holding {
	if e.GoodID != nil {
		h.GoodID = *e.GoodID
	}
	if e.OnSale != nil {
		h.OnSale = *e.OnSale
	}
	if e.Quantity != nil {
		h.Quantity = *e.Quantity
	}
	if e.Capacity != nil {
		h.Capacity = *e.Capacity
	}
	return h
}

// Edited is what an edit changed.
type Edited struct {
	ProductID     int64
	Before, After Holding
}

// EditPlanogram changes products of a machine, all or none, and tells the
// machine once. It refuses with 30003, 30006, 60001 for a product that is not
// the machine's or a good that is not the merchant's, 60004 for a quantity above
// the capacity, and 10001 for a number out of range or a product that is named
// twice.
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
		tx.MachineChanged(m.ID)
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
	before := Holding{p.GoodID, p.OnSale, p.CurrentInventory, p.Inventory}
	after := e.applied(before)
	if err := s.checkHolding(ctx, tx, merchant, p, after); err != nil {
		return Edited{}, err
	}
	if e.unseen && before.GoodID != 0 && after.GoodID != before.GoodID {
		if err := s.checkEmpty(ctx, tx, p); err != nil {
			return Edited{}, err
		}
	}
	return Edited{ProductID: p.ID, Before: before, After: after}, s.setHolding(ctx, tx, p, before, after)
}

func (s *Service) setHolding(ctx context.Context, tx *store.Tx, p db.Product, before, after Holding) error {
	if after.GoodID != before.GoodID || after.OnSale != before.OnSale {
		err := tx.UpdateProduct(ctx, db.UpdateProductParams{
			ID: p.ID, GoodID: after.GoodID, CategoryID: p.CategoryID, OnSale: after.OnSale, Inventory: p.Inventory, SortID: p.SortID,
		})
		if err != nil {
			return fmt.Errorf("update product: %w", err)
		}
	}
	if after.Capacity > before.Capacity { // room first, for what comes in
		if err := setCapacity(ctx, tx, p.ID, after.Capacity); err != nil {
			return err
		}
	}
	_, err := s.setLevel(ctx, tx, change{
		machineID: p.MachineID, productID: p.ID, from: before.Quantity, to: after.Quantity, source: sourceConsole,
	})
	if err == nil && after.Capacity < before.Capacity {
		err = setCapacity(ctx, tx, p.ID, after.Capacity)
	}
	return err
}

func setCapacity(ctx context.Context, tx *store.Tx, productID, capacity int64) error {
	n, err := tx.SetCapacity(ctx, capacity, productID)
	return store.Changed("set capacity", n, err)
}

func (s *Service) checkHolding(ctx context.Context, tx *store.Tx, merchant db.Merchant, p db.Product, h Holding) error {
	switch {
	case h.Quantity < 0:
		return vending.RefuseField("quantity", "range")
	case h.Capacity < 0 || h.Capacity > maxPieces:
		return vending.RefuseField("capacity", "range")
	case h.Quantity > h.Capacity:
		return vending.RefuseWith(vending.CodeCapacity, vending.Data{"product_id": p.ID, "max": h.Capacity})
	case h.GoodID == 0 || h.GoodID == p.GoodID:
		return nil
	}
	_, found, err := store.Find(tx.GoodByID(ctx, h.GoodID, merchant.ID))
	if err == nil && !found {
		err = vending.RefuseProduct(vending.CodeProductUnknown, p.ID)
	}
	return err
}
