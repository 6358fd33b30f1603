package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// A diff of a planogram is applied in the order of products, its stock logged,
// and the machine told once; what is right already is no change.
func TestEditPlanogram(t *testing.T) {
	s := newShop(t)
	cola, err := s.Store.GoodBySlug(t.Context(), s.Merchant.ID, "cola")
	s.must(err)
	off, six, ten, none := false, int64(6), int64(10), int64(0)
	edited, err := s.catalog.EditPlanogram(t.Context(), s.Merchant, storetest.MachineNo, []catalog.PlanogramEdit{
		{ProductID: bare, GoodID: &cola.ID}, {ProductID: product, Quantity: &six}, {ProductID: 133, GoodID: &none, OnSale: &off},
		{ProductID: 134, Quantity: &ten},
	})
	s.must(err)
	want := fmt.Sprintf("[{131 {%[1]d true 4 10} {%[1]d true 6 10}} {133 {%[1]d true 10 10} {0 false 10 10}} {150 {0 true 0 10} {%[1]d true 0 10}}]", cola.ID)
	if got := fmt.Sprint(edited); got != want {
		t.Errorf("edited\n%s\nwant\n%s", got, want)
	}
	if got := s.restocks(); !slices.Equal(got, []string{"131: 4→6 RESTOCK CONSOLE"}) {
		t.Errorf("restock log %q", got)
	}
	s.wantQueued(s.Machine.ID, "client.machine.refresh null")
	s.open()
	edited, err = s.catalog.EditPlanogram(t.Context(), s.Merchant, storetest.MachineNo, []catalog.PlanogramEdit{{ProductID: product, Quantity: &six}})
	if len(edited) != 0 || err != nil {
		t.Errorf("the same again: %v, %v", edited, err)
	}
	s.wantQueued(s.Machine.ID)
}

// A diff with one line that does not fit changes nothing.
func TestEditPlanogramRefusals(t *testing.T) {
	s := newShop(t)
	other, err := s.Store.MerchantBySlug(t.Context(), "other")
	s.must(err)
	tea, err := s.Store.GoodBySlug(t.Context(), other.ID, "tea")
	s.must(err)
	five, eleven, negative := int64(5), int64(11), int64(-1)
	first := catalog.PlanogramEdit{ProductID: product, Quantity: &five}
	for name, c := range map[string]struct {
		edit catalog.PlanogramEdit
		code vending.Code
	}{
		"above capacity":        {catalog.PlanogramEdit{ProductID: 132, Quantity: &eleven}, vending.CodeCapacity},
		"negative":              {catalog.PlanogramEdit{ProductID: 132, Quantity: &negative}, vending.CodeForm},
		"of another machine":    {catalog.PlanogramEdit{ProductID: foreign, Quantity: &five}, vending.CodeProductUnknown},
		"unknown":               {catalog.PlanogramEdit{ProductID: 999_999}, vending.CodeProductUnknown},
		"good of somebody else": {catalog.PlanogramEdit{ProductID: 132, GoodID: &tea.ID}, vending.CodeProductUnknown},
		"twice":                 {catalog.PlanogramEdit{ProductID: product}, vending.CodeForm},
	} {
		_, err := s.catalog.EditPlanogram(t.Context(), s.Merchant, storetest.MachineNo, []catalog.PlanogramEdit{first, c.edit})
		if vending.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %d", name, err, c.code)
		}
	}
	_, err = s.catalog.EditPlanogram(t.Context(), other, storetest.MachineNo, []catalog.PlanogramEdit{first})
	if vending.CodeOf(err) != vending.CodeMachineUnknown {
		t.Errorf("machine of another merchant: %v", err)
	}
	if got := s.shelf(product); got != "4 true 0" {
		t.Errorf("shelf %s", got)
	}
	s.wantQueued(s.Machine.ID)
}

// A changed good is told to the machines that sell it, an unchanged one to none.
func TestChangeGood(t *testing.T) {
	s := newShop(t)
	cola, err := s.Store.GoodBySlug(t.Context(), s.Merchant.ID, "cola")
	s.must(err)
	fields := catalog.GoodFields{Name: "Cola", Price: 120, OriginalPrice: 150}
	before, after, err := s.catalog.ChangeGood(t.Context(), s.Merchant, cola.ID, fields)
	s.must(err)
	stored, err := s.Store.GoodBySlug(t.Context(), s.Merchant.ID, "cola")
	s.must(err)
	if before != cola || after != stored || stored.Price != 120 || stored.UpdatedAt <= cola.UpdatedAt {
		t.Errorf("before %+v\nafter %+v\nstored %+v", before, after, stored)
	}
	for _, machine := range []int64{s.Machine.ID, s.neighbour} {
		s.wantQueued(machine, "client.machine.refresh null")
	}
	s.open()
	_, _, err = s.catalog.ChangeGood(t.Context(), s.Merchant, cola.ID, fields)
	s.must(err)
	s.wantQueued(s.Machine.ID)
	other, err := s.Store.MerchantBySlug(t.Context(), "other")
	s.must(err)
	if _, _, err := s.catalog.ChangeGood(t.Context(), other, cola.ID, fields); vending.CodeOf(err) != vending.CodeProductUnknown {
		t.Errorf("good of another merchant: %v", err)
	}
	if _, err := s.catalog.CreateGood(t.Context(), s.Merchant, "cola", fields); vending.CodeOf(err) != vending.CodeForm {
		t.Errorf("article code twice: %v", err)
	}
	made, err := s.catalog.CreateGood(t.Context(), other, "cola", fields)
	s.must(err)
	if stored, err := s.Store.GoodByID(t.Context(), made.ID, other.ID); err != nil || stored != made {
		t.Errorf("made %+v, stored %+v (%v)", made, stored, err)
	}
}
