package catalog_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

const (
	push   = "client.ads.push"
	update = "client.ads.update"
	remove = "client.ads.delete"
)

func (s *shop) ad(change func(*db.Banner)) db.Banner {
	ad := db.Banner{MachineID: s.Machine.ID, Status: "APPROVED", IsVisible: true, CoverImage: "https://cdn.example/a.png", Title: "Summer"}
	if change != nil {
		change(&ad)
	}
	return ad
}

func (s *shop) save(ad db.Banner) error {
	return s.Store.InTx(s.t.Context(), func(tx *store.Tx) error { return s.catalog.SaveAd(s.t.Context(), tx, ad) })
}

// stored returns the machine's only ad.
func (s *shop) stored() db.Banner {
	s.t.Helper()
	rows, err := s.Store.AllBannersOfMachine(s.t.Context(), s.Machine.ID)
	s.must(err)
	if len(rows) != 1 {
		s.t.Fatalf("%d ads, want 1", len(rows))
	}
	return rows[0]
}

// wantAdQueued is wantQueued with the ad's id in place of ID.
func (s *shop) wantAdQueued(id int64, want ...string) {
	s.t.Helper()
	filled := []string{}
	for _, message := range want {
		filled = append(filled, strings.ReplaceAll(message, `"ID"`, fmt.Sprintf(`"%d"`, id)))
	}
	s.wantQueued(s.Machine.ID, filled...)
}

// clear removes the machine's ads for the next case.
func (s *shop) clear() {
	s.t.Helper()
	rows, err := s.Store.AllBannersOfMachine(s.t.Context(), s.Machine.ID)
	s.must(err)
	for _, row := range rows {
		s.Write(s.t, func(tx *store.Tx) error { return tx.DeleteBanner(s.t.Context(), row.ID) })
	}
	s.open()
}

// The fields of mqtt.md §5.11: those without a value are left out, expired_at
// is in seconds and 0 for never, pictures of the platform are whole URLs.
func TestAdFields(t *testing.T) {
	s := newShop(t)
	for name, c := range map[string]struct {
		change func(*db.Banner)
		want   string
	}{
		"least":     {nil, `{"cover_image":"https://cdn.example/a.png","expired_at":"0","id":"ID","is_visible":"1","title":"Summer","view_type":"0"}`},
		"hidden":    {func(ad *db.Banner) { ad.IsVisible = false }, `{"cover_image":"https://cdn.example/a.png","expired_at":"0","id":"ID","is_visible":"0","title":"Summer","view_type":"0"}`},
		"own files": {func(ad *db.Banner) { ad.CoverImage, ad.VideoUrl = "/storage/a.png", "/storage/a.mp4" }, `{"cover_image":"https://vm.example/storage/a.png","expired_at":"0","id":"ID","is_visible":"1","title":"Summer","video_url":"https://vm.example/storage/a.mp4","view_type":"0"}`},
		"everything": {func(ad *db.Banner) {
			ad.VideoUrl, ad.LinkUrl, ad.ExpiredAt, ad.ViewType = "https://cdn.example/a.mp4", "https://shop.example", 1735660799000, 1
		}, `{"cover_image":"https://cdn.example/a.png","expired_at":"1735660799","id":"ID","is_visible":"1","link_url":"https://shop.example","title":"Summer","video_url":"https://cdn.example/a.mp4","view_type":"1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.must(s.save(s.ad(c.change)))
			s.wantAdQueued(s.stored().ID, push+" "+c.want)
			s.wantQueued(s.neighbour)
			s.clear()
		})
	}
}

// Machines hold approved ads only: what a change tells them follows from what
// they hold before and after.
func TestAdChanges(t *testing.T) {
	s := newShop(t)
	whole := func(title string) string {
		return fmt.Sprintf(` {"cover_image":"https://cdn.example/a.png","expired_at":"0","id":"ID","is_visible":"1","title":"%s","view_type":"0"}`, title)
	}
	for name, c := range map[string]struct {
		before, after, title, want string
	}{
		"approved, other title": {"APPROVED", "APPROVED", "Winter", update + whole("Winter")},
		"approved, the same":    {"APPROVED", "APPROVED", "Summer", ""},
		"comes to be approved":  {"PENDING", "APPROVED", "Summer", push + whole("Summer")},
		"approved no longer":    {"APPROVED", "PENDING", "Summer", remove + ` {"id":"ID"}`},
		"pending, other title":  {"PENDING", "PENDING", "Winter", ""},
		"approved, deleted":     {"APPROVED", "", "", remove + ` {"id":"ID"}`},
		"pending, deleted":      {"PENDING", "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.must(s.save(s.ad(func(ad *db.Banner) { ad.Status = c.before })))
			ad := s.stored()
			want := []string{}
			if c.before == "APPROVED" {
				want = append(want, push+whole("Summer"))
			}
			s.wantAdQueued(ad.ID, want...)

			if c.after == "" {
				s.Write(t, func(tx *store.Tx) error { return s.catalog.DeleteAd(t.Context(), tx, ad) })
				if rows, err := s.Store.AllBannersOfMachine(t.Context(), s.Machine.ID); err != nil || len(rows) != 0 {
					t.Errorf("%d ads are left, %v", len(rows), err)
				}
			} else {
				ad.Status, ad.Title = c.after, c.title
				s.must(s.save(ad))
				if got := s.stored(); got != ad {
					t.Errorf("stored %+v, want %+v", got, ad)
				}
			}
			if c.want != "" {
				want = append(want, c.want)
			}
			s.wantAdQueued(ad.ID, want...)
			s.clear()
		})
	}
}

// A picture is on a machine once, and an ad belongs to its machine.
func TestAdRefusals(t *testing.T) {
	s := newShop(t)
	s.must(s.save(s.ad(nil)))
	before := s.stored()
	for name, ad := range map[string]db.Banner{
		"same picture":         s.ad(func(ad *db.Banner) { ad.Title = "Winter" }),
		"ad of another":        s.ad(func(ad *db.Banner) { ad.ID, ad.MachineID, ad.Title = before.ID, s.neighbour, "Winter" }),
		"ad that is not there": s.ad(func(ad *db.Banner) { ad.ID, ad.CoverImage = 999, "b" }),
	} {
		t.Run(name, func(t *testing.T) {
			if err := s.save(ad); err == nil {
				t.Error("accepted")
			}
			if got := s.stored(); got != before {
				t.Errorf("stored %+v, before %+v", got, before)
			}
		})
	}
	s.wantQueued(s.neighbour)
}
