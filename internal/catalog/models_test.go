package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

func channel(motor int64, name string, capacity int64) catalog.LayoutChannel {
	return catalog.LayoutChannel{Addr: 1, Motor: motor, Name: name, Y: motor, Capacity: capacity}
}

func layout(channels ...catalog.LayoutChannel) catalog.Layout {
	return catalog.Layout{Boards: []catalog.LayoutBoard{{Addr: 1, FloorType: 3, Lift: true}}, Channels: channels}
}

func names(channels []catalog.LayoutChannel) string {
	var out []string
	for _, c := range channels {
		out = append(out, c.Name)
	}
	return strings.Join(out, " ")
}

// A version never changes; the next one comes from who has seen the newest.
func TestModelVersions(t *testing.T) {
	s := newShop(t)
	one, two := layout(channel(1, "A2", 5), channel(0, "A1", 8)), layout(channel(0, "B1", 8))
	id, err := s.catalog.CreateModel(t.Context(), s.Merchant, "Kiosk", one, 7)
	s.must(err)
	if _, err := s.catalog.CreateModel(t.Context(), s.Merchant, "Kiosk", one, 7); vending.CodeOf(err) != vending.CodeForm {
		t.Errorf("a name twice: %v", err)
	}
	version, err := s.catalog.AddModelVersion(t.Context(), s.Merchant, id, 1, two, 7)
	s.must(err)
	if _, err := s.catalog.AddModelVersion(t.Context(), s.Merchant, id, 1, one, 7); !errors.Is(err, store.ErrLostRace) {
		t.Errorf("behind an old version: %v", err)
	}
	for v, want := range map[int64]string{0: "2 [{1 3 true false}] B1", 1: "1 [{1 3 true false}] A1 A2", 2: "2 [{1 3 true false}] B1"} {
		m, err := s.catalog.Model(t.Context(), s.Merchant, id, v)
		s.must(err)
		if got := fmt.Sprint(m.Version, " ", m.Layout.Boards, " ", names(m.Layout.Channels)); got != want || m.Name != "Kiosk" {
			t.Errorf("version %d is %s, want %s", v, got, want)
		}
	}
	other, err := s.Store.MerchantBySlug(t.Context(), "other")
	s.must(err)
	_, err = s.catalog.AddModelVersion(t.Context(), other, id, version, one, 7)
	if vending.CodeOf(err) != vending.CodeNotFound {
		t.Errorf("of another merchant: %v", err)
	}
	// A model that a file made has its own name.
	s.Write(t, func(tx *store.Tx) error {
		_, err := tx.InsertModel(t.Context(), s.Merchant.ID, "Box v1")
		return err
	})
	if _, err := s.catalog.CreateModel(t.Context(), s.Merchant, "Box", one, 7); vending.CodeOf(err) != vending.CodeForm {
		t.Errorf("a name of a file: %v", err)
	}
}

// Of those who go on from one version at the same time, one does.
func TestOneNextVersion(t *testing.T) {
	s := newShop(t)
	l := layout(channel(0, "A1", 8))
	id, err := s.catalog.CreateModel(t.Context(), s.Merchant, "Kiosk", l, 7)
	s.must(err)
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { _, errs[i] = s.catalog.AddModelVersion(t.Context(), s.Merchant, id, 1, l, 7) })
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, store.ErrLostRace) {
			t.Error(err)
		}
	}
	versions, err := s.Store.ModelVersions(t.Context(), "", id)
	s.must(err)
	if won != 1 || len(versions) != 2 {
		t.Errorf("%d added a version; there are %d", won, len(versions))
	}
}

func TestLayoutRefusals(t *testing.T) {
	s := newShop(t)
	good := channel(0, "A1", 8)
	with := func(change func(*catalog.LayoutChannel)) catalog.Layout {
		c := channel(1, "A2", 8)
		change(&c)
		return layout(good, c)
	}
	boards := func(boards ...catalog.LayoutBoard) catalog.Layout {
		return catalog.Layout{Boards: boards, Channels: []catalog.LayoutChannel{good}}
	}
	for name, l := range map[string]catalog.Layout{
		"nothing":         layout(),
		"no board":        boards(),
		"board 9":         boards(catalog.LayoutBoard{Addr: 9, FloorType: 1}),
		"no floor type":   boards(catalog.LayoutBoard{Addr: 1}),
		"board twice":     boards(catalog.LayoutBoard{Addr: 1, FloorType: 1}, catalog.LayoutBoard{Addr: 1, FloorType: 1}),
		"motor 100":       with(func(c *catalog.LayoutChannel) { c.Motor = 100 }),
		"motor twice":     with(func(c *catalog.LayoutChannel) { c.Motor = 0 }),
		"other board":     with(func(c *catalog.LayoutChannel) { c.Addr = 2 }),
		"no name":         with(func(c *catalog.LayoutChannel) { c.Name = "" }),
		"long name":       with(func(c *catalog.LayoutChannel) { c.Name = strings.Repeat("x", 21) }),
		"odd name":        with(func(c *catalog.LayoutChannel) { c.Name = "\x00" }),
		"name twice":      with(func(c *catalog.LayoutChannel) { c.Name = "A1" }),
		"row":             with(func(c *catalog.LayoutChannel) { c.X = -1 }),
		"column":          with(func(c *catalog.LayoutChannel) { c.Y = 100 }),
		"capacity":        with(func(c *catalog.LayoutChannel) { c.Capacity = 100_001 }),
		"too many at all": layout(slices.Repeat([]catalog.LayoutChannel{good}, 801)...),
	} {
		if _, err := s.catalog.CreateModel(t.Context(), s.Merchant, "Kiosk", l, 7); vending.CodeOf(err) != vending.CodeForm {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", strings.Repeat("x", 61)} {
		if _, err := s.catalog.CreateModel(t.Context(), s.Merchant, name, layout(good), 7); vending.CodeOf(err) != vending.CodeForm {
			t.Errorf("name %q: %v", name, err)
		}
	}
}

// A machine becomes what the template says, tells nobody of it but itself, and its
// products keep what they hold.
func TestApplyModel(t *testing.T) {
	s := newShop(t)
	now, err := s.catalog.LayoutOf(t.Context(), s.Merchant, storetest.MachineNo)
	s.must(err)
	wanted := layout(slices.Clone(now.Channels)...)
	// The bare channel goes, two channels change their names, one gets more room,
	// and there is a new one.
	wanted.Channels = slices.DeleteFunc(wanted.Channels, func(c catalog.LayoutChannel) bool { return c.Motor == 20 })
	wanted.Channels[0].Name, wanted.Channels[1].Name = wanted.Channels[1].Name, wanted.Channels[0].Name
	wanted.Channels[2].Capacity = 12
	wanted.Channels = append(wanted.Channels, channel(30, "New", 6))
	id, err := s.catalog.CreateModel(t.Context(), s.Merchant, "Kiosk", wanted, 7)
	s.must(err)

	preview, err := s.catalog.CompareModel(t.Context(), s.Merchant, storetest.MachineNo, id, 0)
	s.must(err)
	if got := fmt.Sprintf("+%s -%s ~%d %v %v", names(preview.Added), names(preview.Removed), len(preview.Changed), preview.Boards, preview.Problems); got != "+New -A21 ~3 true []" {
		t.Errorf("preview %s", got)
	}
	s.wantQueued(s.Machine.ID)
	_, err = s.catalog.ApplyModel(t.Context(), s.Merchant, storetest.MachineNo, id, 1)
	s.must(err)
	s.wantQueued(s.Machine.ID, "client.machine.refresh null")
	after, err := s.catalog.LayoutOf(t.Context(), s.Merchant, storetest.MachineNo)
	s.must(err)
	if fmt.Sprint(after) != fmt.Sprint(wanted) {
		t.Errorf("the machine is\n%v\nwant\n%v", after, wanted)
	}
	if got := s.shelf(product); got != "4 true 0" {
		t.Errorf("shelf %s", got)
	}
	if p, err := s.Store.ProductByID(t.Context(), bare); err != nil || p.ChannelID != 0 || p.OnSale {
		t.Errorf("the product of the channel that went: %+v (%v)", p, err)
	}
	if m, err := s.Store.ModelOfMachine(t.Context(), s.Machine.ID); err != nil || m.ID != id || m.Version != 1 {
		t.Errorf("the machine remembers %+v (%v)", m, err)
	}
	again, err := s.catalog.CompareModel(t.Context(), s.Merchant, storetest.MachineNo, id, 1)
	s.must(err)
	if n := len(again.Added) + len(again.Removed) + len(again.Changed); n != 0 || again.Boards {
		t.Errorf("once more would change %+v", again)
	}
}

// What customers or the machine still have is not taken away.
func TestApplyModelRefusals(t *testing.T) {
	s := newShop(t)
	code := s.AddCode(t, "123456", bare, 0)
	small := layout(channel(0, "A1", 3))
	id, err := s.catalog.CreateModel(t.Context(), s.Merchant, "Kiosk", small, 7)
	s.must(err)
	before, err := s.catalog.LayoutOf(t.Context(), s.Merchant, storetest.MachineNo)
	s.must(err)
	_, err = s.catalog.ApplyModel(t.Context(), s.Merchant, storetest.MachineNo, id, 0)
	var refused catalog.LayoutRefused
	if !errors.As(err, &refused) {
		t.Fatalf("applied: %v", err)
	}
	for _, want := range []catalog.Problem{
		{Channel: "A1", Reason: catalog.ReasonAboveCapacity}, {Channel: "A2", Reason: catalog.ReasonHoldsStock}, {Channel: "A21", Reason: catalog.ReasonHoldsCodes},
	} {
		if !slices.Contains(refused.Problems, want) {
			t.Errorf("no %v in %v", want, refused.Problems)
		}
	}
	after, err := s.catalog.LayoutOf(t.Context(), s.Merchant, storetest.MachineNo)
	s.must(err)
	m, err := s.Store.MachineByID(t.Context(), s.Machine.ID)
	s.must(err)
	if fmt.Sprint(after) != fmt.Sprint(before) || m.Machine.ModelID != s.Machine.ModelID {
		t.Errorf("a refused layout changed the machine")
	}
	s.wantQueued(s.Machine.ID)
	retired := func(productID int64) (n int64) {
		s.Write(t, func(tx *store.Tx) (err error) {
			n, err = tx.RetireEmptyProduct(t.Context(), productID, s.Now().UnixMilli())
			return err
		})
		return n
	}
	if withCode, withStock := retired(bare), retired(product); withCode+withStock != 0 {
		t.Errorf("retired %d with a code, %d with pieces", withCode, withStock)
	}
	s.Write(t, func(tx *store.Tx) error {
		_, err := tx.CancelCode(t.Context(), s.Now().UnixMilli(), code)
		return err
	})
	if n := retired(bare); n != 1 {
		t.Errorf("%d rows retired of a product that holds nothing", n)
	}
	var none db.Merchant
	if _, err := s.catalog.ApplyModel(t.Context(), none, storetest.MachineNo, id, 0); vending.CodeOf(err) != vending.CodeMachineUnknown {
		t.Errorf("machine of another merchant: %v", err)
	}
}
