package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// What somebody changes at the machine is taken as it stands; keys that are
// left out stay (mqtt.md §4.6).
func TestTakeShelfEdit(t *testing.T) {
	s := newShop(t)
	p, err := s.Store.ProductByID(t.Context(), 142)
	s.must(err)
	lock := p.ChannelID
	yes, no, none := true, false, int64(0)
	log := []string{}
	for _, c := range []struct {
		edit  catalog.ShelfEdit
		shelf string // stock, on sale, lock afterwards
		log   string // the new line, if any
	}{
		{catalog.ShelfEdit{Level: 9}, "9 true 0", "131: 4→9 RESTOCK APP"},
		{catalog.ShelfEdit{Level: 9}, "9 true 0", ""},
		{catalog.ShelfEdit{Level: 10, OnSale: &no, LockID: &lock}, fmt.Sprintf("10 false %d", lock), "131: 9→10 RESTOCK APP"},
		{catalog.ShelfEdit{Level: 0}, fmt.Sprintf("0 false %d", lock), "131: 10→0 WITHDRAWAL APP"},
		{catalog.ShelfEdit{Level: 0, OnSale: &yes}, fmt.Sprintf("0 true %d", lock), ""},
		{catalog.ShelfEdit{Level: 0, LockID: &none}, "0 true 0", ""},
	} {
		c.edit.MachineID, c.edit.ProductID = s.Machine.ID, product
		s.must(s.catalog.TakeShelfEdit(t.Context(), c.edit))
		if got := s.shelf(product); got != c.shelf {
			t.Errorf("%+v: shelf %s, want %s", c.edit, got, c.shelf)
		}
		if c.log != "" {
			log = append(log, c.log)
		}
		if got := s.restocks(); !slices.Equal(got, log) {
			t.Errorf("%+v: restock log %q, want %q", c.edit, got, log)
		}
	}
	s.wantQueued(s.Machine.ID) // it knows what it has said
}

// A refused edit changes nothing, not even what came before the bad field.
func TestShelfEditRefusals(t *testing.T) {
	s := newShop(t)
	abroad, err := s.Store.ProductByID(t.Context(), foreign)
	s.must(err)
	no, unknown := false, int64(999_999)
	for name, c := range map[string]struct {
		edit catalog.ShelfEdit
		code vending.Code
		data vending.Data
	}{
		"product of another machine": {catalog.ShelfEdit{ProductID: foreign, Level: 1}, vending.CodeProductUnknown, vending.Data{"product_id": int64(foreign)}},
		"unknown product":            {catalog.ShelfEdit{ProductID: 999, Level: 1}, vending.CodeProductUnknown, vending.Data{"product_id": int64(999)}},
		"above capacity":             {catalog.ShelfEdit{ProductID: product, Level: 11, OnSale: &no}, vending.CodeCapacity, vending.Data{"product_id": int64(product), "max": int64(10)}},
		"unknown lock":               {catalog.ShelfEdit{ProductID: product, Level: 1, OnSale: &no, LockID: &unknown}, vending.CodeChannelUnknown, nil},
		"lock of another machine":    {catalog.ShelfEdit{ProductID: product, Level: 1, OnSale: &no, LockID: &abroad.ChannelID}, vending.CodeChannelUnknown, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c.edit.MachineID = s.Machine.ID
			err := s.catalog.TakeShelfEdit(t.Context(), c.edit)
			var refused *vending.Error
			if !errors.As(err, &refused) || refused.Code != c.code || fmt.Sprint(refused.Data) != fmt.Sprint(c.data) {
				t.Errorf("%v, want %d with %v", err, c.code, c.data)
			}
			if own, other := s.shelf(product), s.shelf(foreign); own != "4 true 0" || other != "4 true 0" {
				t.Errorf("shelves %s and %s", own, other)
			}
			if got := s.restocks(); len(got) != 0 {
				t.Errorf("restock log %q", got)
			}
		})
	}
}

// put sets a product's shelf, whatever it was.
func (s *shop) put(productID, level int64, onSale bool) {
	s.t.Helper()
	s.Write(s.t, func(tx *store.Tx) error {
		if _, err := tx.SetStock(s.t.Context(), level, productID, s.Stock(s.t, productID)); err != nil {
			return err
		}
		return tx.SetOnSale(s.t.Context(), productID, onSale)
	})
}

// Filling and emptying at the machine; an empty list means all products that
// have a good, and is marked so in the log (mqtt.md §4.9).
func TestTakeShelfRefill(t *testing.T) {
	s := newShop(t)
	for name, c := range map[string]struct {
		ids  []int64
		fill bool
		// shelves of products 131, 132 and bare afterwards
		want string
		log  []string
	}{
		"fill one":          {[]int64{131}, true, "10 true 0, 5 false 0, 0 true 0", []string{"131: 4→10 RESTOCK APP"}},
		"fill one twice":    {[]int64{131, 131}, true, "10 true 0, 5 false 0, 0 true 0", []string{"131: 4→10 RESTOCK APP"}},
		"fill one off sale": {[]int64{132}, true, "4 true 0, 10 true 0, 0 true 0", []string{"132: 5→10 RESTOCK APP"}},
		"fill a full one":   {[]int64{133}, true, "4 true 0, 5 false 0, 0 true 0", nil},
		"fill all":          {nil, true, "10 true 0, 10 true 0, 0 true 0", []string{"131: 4→10 RESTOCK APP ALL", "132: 5→10 RESTOCK APP ALL"}},
		"empty one":         {[]int64{131}, false, "0 false 0, 5 false 0, 0 true 0", []string{"131: 4→0 WITHDRAWAL APP"}},
		"others skipped":    {[]int64{foreign, 999, 131}, true, "10 true 0, 5 false 0, 0 true 0", []string{"131: 4→10 RESTOCK APP"}},
		"only others":       {[]int64{foreign}, false, "4 true 0, 5 false 0, 0 true 0", nil},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.put(131, 4, true)
			s.put(132, 5, false)
			s.put(133, 10, true)
			s.log.Reset()
			s.open()
			s.must(s.catalog.TakeShelfRefill(t.Context(), catalog.ShelfRefill{MachineID: s.Machine.ID, ProductIDs: c.ids, Fill: c.fill}))
			got := strings.Join([]string{s.shelf(131), s.shelf(132), s.shelf(bare)}, ", ")
			if got != c.want {
				t.Errorf("shelves %s, want %s", got, c.want)
			}
			if got := s.restocks(); !slices.Equal(got, c.log) {
				t.Errorf("restock log %q, want %q", got, c.log)
			}
			if got := s.shelf(foreign); got != "4 true 0" {
				t.Errorf("another machine's product: %s", got)
			}
			for _, id := range []int64{foreign, 999} {
				if named := slices.Contains(c.ids, id); named != strings.Contains(s.log.String(), fmt.Sprintf("product_id=%d", id)) {
					t.Errorf("log of a skipped product: %q", s.log.String())
				}
			}
		})
	}
}

// Emptying all takes every product with a good to nothing and off sale.
func TestEmptyWholeMachine(t *testing.T) {
	s := newShop(t)
	s.must(s.catalog.TakeShelfRefill(t.Context(), catalog.ShelfRefill{MachineID: s.Machine.ID}))
	for id := int64(131); id <= 142; id++ {
		if got := s.shelf(id); got != "0 false 0" {
			t.Errorf("product %d: %s", id, got)
		}
	}
	if got := s.shelf(bare); got != "0 true 0" {
		t.Errorf("product without a good: %s", got)
	}
	log := s.restocks()
	if len(log) != 12 || log[0] != "131: 4→0 WITHDRAWAL APP ALL" || log[11] != "142: 10→0 WITHDRAWAL APP ALL" {
		t.Errorf("restock log %q", log)
	}
}
