package catalog_test

import (
	"fmt"
	"testing"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

const refresh = "client.machine.refresh null"

// good is a good as a machine may change it: code, returnable, when changed.
func (s *shop) good(id int64) string {
	s.t.Helper()
	g, err := s.Store.GoodByID(s.t.Context(), id, s.Merchant.ID)
	s.must(err)
	changed := ""
	if g.UpdatedAt >= s.opened {
		changed = " changed"
	}
	return fmt.Sprintf("%s %v%s", g.Slug, g.IsReturnable, changed)
}

// goodOf is the id of the good in a product.
func (s *shop) goodOf(productID int64) int64 {
	s.t.Helper()
	p, err := s.Store.ProductByID(s.t.Context(), productID)
	s.must(err)
	return p.GoodID
}

// A new article code reaches every other machine that sells the good; no other
// machine hears of it (mqtt.md §4.12, §5.1).
func TestTakeSlug(t *testing.T) {
	s := newShop(t)
	id, yes, no := s.goodOf(product), true, false
	for name, c := range map[string]struct {
		slug       string
		returnable *bool
		want       string
		told       bool
	}{
		"new code":                {"cola-2", nil, "cola-2 true changed", true},
		"code of another tenant":  {"tea", nil, "tea true changed", true},
		"not returnable":          {"cola", &no, "cola false changed", true},
		"both":                    {"cola-2", &no, "cola-2 false changed", true},
		"the same":                {"cola", nil, "cola true", false},
		"the same and returnable": {"cola", &yes, "cola true", false},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.must(s.catalog.TakeSlug(t.Context(), s.sender(), catalog.SlugEdit{GoodID: id, Slug: "cola", Returnable: &yes}))
			s.open()
			s.must(s.catalog.TakeSlug(t.Context(), s.sender(), catalog.SlugEdit{GoodID: id, Slug: c.slug, Returnable: c.returnable}))
			if got := s.good(id); got != c.want {
				t.Errorf("good %s, want %s", got, c.want)
			}
			s.wantQueued(s.Machine.ID) // it knows what it has said
			if c.told {
				s.wantQueued(s.neighbour, refresh)
			} else {
				s.wantQueued(s.neighbour)
			}
			for _, number := range []string{"16327131", "20000001"} { // does not sell it; another merchant's
				m, err := s.Store.MachineByNo(t.Context(), number)
				s.must(err)
				s.wantQueued(m.Machine.ID)
			}
		})
	}
}

// A key that is left out keeps what an earlier message has set.
func TestSlugKeepsReturnable(t *testing.T) {
	s := newShop(t)
	id, no := s.goodOf(product), false
	s.must(s.catalog.TakeSlug(t.Context(), s.sender(), catalog.SlugEdit{GoodID: id, Slug: "cola", Returnable: &no}))
	s.must(s.catalog.TakeSlug(t.Context(), s.sender(), catalog.SlugEdit{GoodID: id, Slug: "cola-2"}))
	if got := s.good(id); got != "cola-2 false changed" {
		t.Errorf("good %s", got)
	}
}

func TestSlugRefusals(t *testing.T) {
	s := newShop(t)
	file := storetest.File()
	file.Merchants[0].Goods = append(file.Merchants[0].Goods, provision.Good{Slug: "water", Name: "water", Price: "1"})
	file.Merchants[0].Machines = nil
	_, err := provision.New(s.ProvisionDeps()).Apply(t.Context(), file)
	s.must(err)
	other, err := s.Store.MerchantBySlug(t.Context(), "other")
	s.must(err)
	tea, err := s.Store.GoodBySlug(t.Context(), other.ID, "tea")
	s.must(err)
	id := s.goodOf(product)
	for name, c := range map[string]struct {
		edit catalog.SlugEdit
		code vending.Code
	}{
		"code of another good":     {catalog.SlugEdit{GoodID: id, Slug: "water"}, vending.CodeForm},
		"good of another merchant": {catalog.SlugEdit{GoodID: tea.ID, Slug: "new"}, vending.CodeProductUnknown},
		"unknown good":             {catalog.SlugEdit{GoodID: 999, Slug: "new"}, vending.CodeProductUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.catalog.TakeSlug(t.Context(), s.sender(), c.edit); vending.CodeOf(err) != c.code {
				t.Errorf("%v, want %d", err, c.code)
			}
			if got := s.good(id); got != "cola true" {
				t.Errorf("good %s", got)
			}
			if now, err := s.Store.GoodByID(t.Context(), tea.ID, other.ID); err != nil || now != tea {
				t.Errorf("the other merchant's good: %+v, %v", now, err)
			}
			s.wantQueued(s.neighbour)
		})
	}
}

// sender is the shop's machine as the sender of a message.
func (s *shop) sender() store.Sender {
	return store.Sender{ID: s.Machine.ID, MerchantID: s.Machine.MerchantID, MachineNo: s.Machine.MachineNo}
}
