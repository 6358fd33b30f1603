package catalog_test

import (
	"errors"
	"testing"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// A capacity changes with the level, whichever way both go.
func TestEditCapacity(t *testing.T) {
	s := newShop(t)
	for _, c := range []struct{ capacity, quantity int64 }{{20, 15}, {8, 8}, {0, 0}, {10, 4}} {
		edited, err := s.catalog.EditPlanogram(t.Context(), s.Merchant, storetest.MachineNo, []catalog.PlanogramEdit{
			{ProductID: product, Capacity: &c.capacity, Quantity: &c.quantity},
		})
		s.must(err)
		p, err := s.Store.ProductByID(t.Context(), product)
		s.must(err)
		if p.Inventory != c.capacity || p.CurrentInventory != c.quantity || edited[0].After.Capacity != c.capacity {
			t.Errorf("%d of %d, want %+v", p.CurrentInventory, p.Inventory, c)
		}
	}
	three, huge := int64(3), int64(100_001)
	for capacity, code := range map[*int64]vending.Code{&three: vending.CodeCapacity, &huge: vending.CodeForm} {
		_, err := s.catalog.EditPlanogram(t.Context(), s.Merchant, storetest.MachineNo, []catalog.PlanogramEdit{{ProductID: product, Capacity: capacity}})
		if vending.CodeOf(err) != code {
			t.Errorf("capacity %d: %v, want %d", *capacity, err, code)
		}
	}
}

// A copy brings goods and capacities, and no stock. It never takes a good away
// of which there is something left.
func TestCopyPlanogram(t *testing.T) {
	s := newShop(t)
	source := func(channels ...provision.Channel) []catalog.PlanogramLine {
		file := storetest.File()
		file.Merchants[0].Goods = append(file.Merchants[0].Goods, provision.Good{Slug: "water", Name: "Water", Price: "2"})
		file.Merchants[0].Machines = []provision.Machine{{MachineNo: "16327131", Name: "n", Model: "spring", Planogram: channels}}
		_, err := provision.New(s.ProvisionDeps()).Apply(t.Context(), file)
		s.must(err)
		lines, err := s.catalog.PlanogramOf(t.Context(), s.Merchant, "16327131")
		s.must(err)
		return lines
	}
	target := func() db.Product {
		p, err := s.Store.ProductByID(t.Context(), foreign)
		s.must(err)
		return p
	}
	refused := func(reason string, lines []catalog.PlanogramLine) {
		t.Helper()
		before := target()
		_, err := s.catalog.CopyPlanogram(t.Context(), s.Merchant, "16327130", lines)
		var p catalog.Problem
		if !errors.As(err, &p) || p.Reason != reason {
			t.Errorf("%v, want %s", err, reason)
		}
		if target() != before {
			t.Errorf("%s: the machine changed to %+v", reason, target())
		}
	}
	water := source(provision.Channel{Good: "water", Capacity: 6, Stock: 3})
	refused(catalog.ReasonHoldsStock, water)
	refused(catalog.ReasonChannelUnknown, source(provision.Channel{Good: "cola", Capacity: 6}, provision.Channel{Motor: 1, Good: "cola", Capacity: 6}))
	refused(catalog.ReasonAboveCapacity, source(provision.Channel{Good: "cola", Capacity: 3}))

	done, err := s.catalog.CopyPlanogram(t.Context(), s.Merchant, "16327130", source(provision.Channel{Good: "cola", Capacity: 6, OffSale: true}))
	s.must(err)
	if p := target(); len(done) != 1 || p.Inventory != 6 || p.CurrentInventory != 4 || !p.OnSale {
		t.Errorf("%+v became %+v", done, p)
	}
	s.Write(t, func(tx *store.Tx) error {
		_, err := tx.SetStock(t.Context(), 0, foreign, 4)
		return err
	})
	var code int64
	s.Write(t, func(tx *store.Tx) (err error) {
		code, err = tx.InsertCode(t.Context(), db.InsertCodeParams{MachineID: s.neighbour, ProductID: foreign, Code: "123456", Quantity: 1})
		return err
	})
	water = source(provision.Channel{Good: "water", Capacity: 6})
	refused(catalog.ReasonHoldsCodes, water)
	s.Write(t, func(tx *store.Tx) error {
		_, err := tx.CancelCode(t.Context(), s.Now().UnixMilli(), code)
		return err
	})
	done, err = s.catalog.CopyPlanogram(t.Context(), s.Merchant, "16327130", water)
	s.must(err)
	if p := target(); len(done) != 1 || p.GoodID != done[0].After.GoodID || done[0].Before.GoodID == p.GoodID {
		t.Errorf("%+v became %+v", done, p)
	}
	_, err = s.catalog.CopyPlanogram(t.Context(), s.Merchant, "20000001", water)
	if vending.CodeOf(err) != vending.CodeMachineUnknown {
		t.Errorf("machine of another merchant: %v", err)
	}
}
