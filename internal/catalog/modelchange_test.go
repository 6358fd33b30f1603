package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// models are the names of a merchant's models, the versions of templates among them.
func (s *shop) models(merchant db.Merchant) string {
	s.t.Helper()
	rows, err := s.Engine.Reader().QueryContext(s.t.Context(), "SELECT name FROM models WHERE merchant_id = $1", merchant.ID)
	s.must(err)
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		s.must(rows.Scan(&name))
		out = append(out, name)
	}
	s.must(rows.Err())
	slices.Sort(out) // engines order them differently
	return strings.Join(out, ", ")
}

// kiosk makes a template with as many versions.
func (s *shop) kiosk(name string, versions int64) int64 {
	s.t.Helper()
	l := layout(channel(0, "A1", 8))
	id, err := s.catalog.CreateModel(s.t.Context(), s.Merchant, name, l, 7)
	s.must(err)
	for v := range versions - 1 {
		_, err := s.catalog.AddModelVersion(s.t.Context(), s.Merchant, id, v+1, l, 7)
		s.must(err)
	}
	return id
}

func (s *shop) other() db.Merchant {
	s.t.Helper()
	other, err := s.Store.MerchantBySlug(s.t.Context(), "other")
	s.must(err)
	return other
}

// A template takes its versions along to the new name, and its old one is free.
func TestRenameModel(t *testing.T) {
	s := newShop(t)
	id := s.kiosk("Kiosk", 2)
	s.must(s.catalog.RenameModel(t.Context(), s.Merchant, id, "Kiosk", "Kiosk v2"))
	if got := s.models(s.Merchant); got != "Kiosk v2 v1, Kiosk v2 v2, spring" {
		t.Errorf("models %s", got)
	}
	m, err := s.catalog.Model(t.Context(), s.Merchant, id, 1)
	if err != nil || m.Name != "Kiosk v2" || m.Version != 1 {
		t.Errorf("model %+v (%v)", m, err)
	}
	_, err = s.catalog.AddModelVersion(t.Context(), s.Merchant, id, 2, layout(channel(0, "A1", 8)), 7)
	s.must(err)
	s.kiosk("Kiosk", 1)
	if got := s.models(s.Merchant); got != "Kiosk v1, Kiosk v2 v1, Kiosk v2 v2, Kiosk v2 v3, spring" {
		t.Errorf("models %s", got)
	}
	s.must(s.catalog.RenameModel(t.Context(), s.Merchant, id, "Kiosk v2", "Kiosk v2")) // as it is
}

func TestRenameModelRefusals(t *testing.T) {
	s := newShop(t)
	id := s.kiosk("Kiosk", 2)
	s.kiosk("Tower", 1)
	s.Write(t, func(tx *store.Tx) error { // a file has a model of that name
		_, err := tx.InsertModel(t.Context(), s.Merchant.ID, "Box v2")
		return err
	})
	before := s.models(s.Merchant)
	for name, c := range map[string]struct {
		merchant      db.Merchant
		id            int64
		oldName, name string
		want          string
	}{
		"empty":            {s.Merchant, id, "Kiosk", "", "10001 range"},
		"long":             {s.Merchant, id, "Kiosk", strings.Repeat("x", 61), "10001 range"},
		"odd":              {s.Merchant, id, "Kiosk", "a\x00", "10001 range"},
		"of another one":   {s.Merchant, id, "Kiosk", "Tower", "10001 taken"},
		"of a file":        {s.Merchant, id, "Kiosk", "Box", "10001 taken"},
		"renamed already":  {s.Merchant, id, "Booth", "Box 2", "lost race"},
		"another merchant": {s.other(), id, "Kiosk", "Box 2", "404 <nil>"},
		"unknown":          {s.Merchant, id + 100, "Kiosk", "Box 2", "404 <nil>"},
	} {
		err := s.catalog.RenameModel(t.Context(), c.merchant, c.id, c.oldName, c.name)
		got := "lost race"
		var refusal *vending.Error
		if errors.As(err, &refusal) {
			got = fmt.Sprint(refusal.Code, " ", refusal.Data["reason"])
		} else if !errors.Is(err, store.ErrLostRace) {
			got = fmt.Sprint(err)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if after := s.models(s.Merchant); after != before {
		t.Errorf("models %s, want %s", after, before)
	}
	if m, err := s.catalog.Model(t.Context(), s.Merchant, id, 0); err != nil || m.Name != "Kiosk" {
		t.Errorf("model %+v (%v)", m, err)
	}
}

// Of those who want a name at the same time, for a new template or for one that is
// there, one gets it.
func TestOneTemplateForAName(t *testing.T) {
	s := newShop(t)
	ids := make([]int64, 8)
	for i := range ids {
		ids[i] = s.kiosk(fmt.Sprint("Kiosk ", i), 1)
	}
	errs := make([]error, len(ids))
	var wg sync.WaitGroup
	for i, id := range ids {
		wg.Go(func() {
			if i%2 == 0 {
				errs[i] = s.catalog.RenameModel(t.Context(), s.Merchant, id, fmt.Sprint("Kiosk ", i), "Tower")
			} else {
				_, errs[i] = s.catalog.CreateModel(t.Context(), s.Merchant, "Tower", layout(channel(0, "A1", 8)), 7)
			}
		})
	}
	wg.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if vending.CodeOf(err) != vending.CodeForm {
			t.Error(err)
		}
	}
	if won != 1 || strings.Count(s.models(s.Merchant), "Tower v1") != 1 {
		t.Errorf("%d got the name: %s", won, s.models(s.Merchant))
	}
}

// A template that no machine has goes with all that belongs to it, and nothing else.
func TestDeleteModel(t *testing.T) {
	s := newShop(t)
	id, kept := s.kiosk("Kiosk", 2), s.kiosk("Tower", 1)
	if err := s.catalog.DeleteModel(t.Context(), s.other(), id, 2); vending.CodeOf(err) != vending.CodeNotFound {
		t.Errorf("by another merchant: %v", err)
	}
	if err := s.catalog.DeleteModel(t.Context(), s.Merchant, id, 1); !errors.Is(err, store.ErrLostRace) {
		t.Errorf("with a version that was not seen: %v", err)
	}
	s.must(s.catalog.DeleteModel(t.Context(), s.Merchant, id, 2))
	if err := s.catalog.DeleteModel(t.Context(), s.Merchant, id, 2); vending.CodeOf(err) != vending.CodeNotFound {
		t.Errorf("once more: %v", err)
	}
	if got := s.models(s.Merchant); got != "Tower v1, spring" {
		t.Errorf("models %s", got)
	}
	versions, err := s.Store.ModelVersions(t.Context(), "", id)
	if err != nil || len(versions) != 0 {
		t.Errorf("versions %+v (%v)", versions, err)
	}
	if m, err := s.catalog.Model(t.Context(), s.Merchant, kept, 1); err != nil || len(m.Layout.Boards) != 1 {
		t.Errorf("the other one is %+v (%v)", m, err)
	}
	s.kiosk("Kiosk", 1) // the name is free
}

// A machine keeps its model, also an old version of it.
func TestDeleteModelInUse(t *testing.T) {
	s := newShop(t)
	now, err := s.catalog.LayoutOf(t.Context(), s.Merchant, storetest.MachineNo)
	s.must(err)
	id, err := s.catalog.CreateModel(t.Context(), s.Merchant, "Kiosk", now, 7)
	s.must(err)
	_, err = s.catalog.ApplyModel(t.Context(), s.Merchant, storetest.MachineNo, id, 1)
	s.must(err)
	_, err = s.catalog.AddModelVersion(t.Context(), s.Merchant, id, 1, layout(channel(0, "A1", 8)), 7)
	s.must(err)
	before := s.models(s.Merchant)
	var inUse catalog.ModelInUse
	if err := s.catalog.DeleteModel(t.Context(), s.Merchant, id, 2); !errors.As(err, &inUse) || inUse.Machines != 1 {
		t.Errorf("deleted: %v", err)
	}
	if after := s.models(s.Merchant); after != before {
		t.Errorf("models %s, want %s", after, before)
	}
	if m, err := s.Store.ModelOfMachine(t.Context(), s.Machine.ID); err != nil || m.ID != id {
		t.Errorf("the machine has %+v (%v)", m, err)
	}
}

// Whoever is late, the one who deletes or the one who gives the model to a machine,
// in the console or by a file, is told so.
func TestDeleteModelMeanwhile(t *testing.T) {
	s := newShop(t)
	now, err := s.catalog.LayoutOf(t.Context(), s.Merchant, storetest.MachineNo)
	s.must(err)
	applier := provision.New(s.ProvisionDeps())
	file := storetest.File()
	file.Merchants[0].Machines = file.Merchants[0].Machines[2:]
	give := map[string]func(id int64) error{
		"console": func(id int64) error {
			_, err := s.catalog.ApplyModel(t.Context(), s.Merchant, storetest.MachineNo, id, 1)
			if vending.CodeOf(err) == vending.CodeNotFound {
				return errLate
			}
			return err
		},
		"file": func(int64) error {
			_, err := applier.Apply(t.Context(), file)
			if err != nil && strings.Contains(err.Error(), "is not known") {
				return errLate
			}
			return err
		},
	}
	for by, give := range give {
		for i := range 5 {
			name := fmt.Sprint("Kiosk ", by, i)
			id, err := s.catalog.CreateModel(t.Context(), s.Merchant, name, now, 7)
			s.must(err)
			file.Merchants[0].Machines[0].Model = name + " v1"
			var deleted, given error
			var wg sync.WaitGroup
			wg.Go(func() { given = give(id) })
			wg.Go(func() { deleted = s.catalog.DeleteModel(t.Context(), s.Merchant, id, 1) })
			wg.Wait()
			var inUse catalog.ModelInUse
			switch {
			case deleted == nil && errors.Is(given, errLate):
			case given == nil && errors.As(deleted, &inUse) && inUse.Machines == 1:
			default:
				t.Errorf("%s: deleted: %v; given: %v", by, deleted, given)
			}
		}
	}
}

var errLate = errors.New("the model is gone")
