package provision_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/storage"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// pictureFixture is a fixture with a picture storage and a folder of files.
type pictureFixture struct {
	*fixture
	pictures *storage.Folder
	dir      string
}

func newPictureFixture(t *testing.T, files map[string]string) *pictureFixture {
	t.Helper()
	f := &pictureFixture{fixture: newFixture(t), dir: t.TempDir()}
	var err error
	if f.pictures, err = storage.Open(filepath.Join(t.TempDir(), "storage")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.pictures.Close() })
	deps := f.ProvisionDeps()
	deps.Pictures = f.pictures
	f.applier = provision.New(deps)
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(f.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return f
}

func (f *pictureFixture) tryApply(t *testing.T, change func(*provision.Merchant)) error {
	t.Helper()
	file := storetest.File()
	file.Dir = f.dir
	change(&file.Merchants[0])
	_, err := f.applier.Apply(t.Context(), file)
	return err
}

const (
	pngHead = "\x89PNG\x0D\x0A\x1A\x0A"
	gifHead = "GIF89a"
	jpgHead = "\xFF\xD8\xFF"
)

// Every picture of a file may be the name of one next to it; what is stored is
// where it is served. A URL stays what it is.
func TestPictures(t *testing.T) {
	f := newPictureFixture(t, map[string]string{"logo.png": pngHead + "l", "cola.gif": gifHead, "site.jpg": jpgHead, "wrong-name.txt": pngHead})
	change := func(m *provision.Merchant) {
		m.Logo = "file:logo.png"
		m.Goods[0].Thumb = "file:cola.gif"
		m.Goods[0].Media = []string{"https://x.example/1.png", "file:" + filepath.Join(f.dir, "site.jpg")}
		m.Machines[0].CoverImage = "file:site.jpg"
		m.Machines[0].Banners = []provision.Banner{{CoverImage: "file:wrong-name.txt"}} // the content counts
	}
	if err := f.tryApply(t, change); err != nil {
		t.Fatal(err)
	}
	stored := regexp.MustCompile(`/storage/shop/[0-9a-f]{32}\.(png|gif|jpg)`)
	for query, want := range map[string]string{
		"SELECT logo FROM merchants WHERE id = 1":       pngHead + "l",
		"SELECT thumb FROM goods WHERE id = 1":          gifHead,
		"SELECT media FROM goods WHERE id = 1":          jpgHead,
		"SELECT cover_image FROM machines WHERE id = 1": jpgHead,
		"SELECT cover_image FROM banners":               pngHead,
	} {
		row := f.rows(t, query)[0]
		path := stored.FindString(row)
		w := httptest.NewRecorder()
		f.pictures.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://platform.example"+path, nil))
		if path == "" || w.Code != http.StatusOK || w.Body.String() != want {
			t.Errorf("%s: %q is served as %d %q", query, row, w.Code, w.Body)
		}
	}
	if media := f.rows(t, "SELECT media FROM goods WHERE id = 1")[0]; !strings.HasPrefix(media, `["https://x.example/1.png","/storage/shop/`) {
		t.Errorf("media %s", media)
	}
	before := f.dump(t)
	if err := f.tryApply(t, change); err != nil || f.dump(t) != before {
		t.Errorf("applying again changed something (%v)\n%s\nbefore\n%s", err, f.dump(t), before)
	}
}

// Nothing is applied when a picture is not one, is missing or is too large.
func TestPictureRefusals(t *testing.T) {
	f := newPictureFixture(t, map[string]string{
		"page.png": "<html><script>alert(1)</script></html>", "drawing.png": `<svg xmlns="http://www.w3.org/2000/svg"/>`, "empty.png": "",
		"large.png": pngHead + strings.Repeat("x", storage.MaxSize-len(pngHead)+1),
		"full.png":  pngHead + strings.Repeat("x", storage.MaxSize-len(pngHead)),
	})
	before := f.dump(t)
	for name, test := range map[string]struct {
		change func(*provision.Merchant)
		want   string
	}{
		"page":      {func(m *provision.Merchant) { m.Logo = "file:page.png" }, "picture of logo"},
		"drawing":   {func(m *provision.Merchant) { m.Goods[0].Thumb = "file:drawing.png" }, "picture of good cola"},
		"empty":     {func(m *provision.Merchant) { m.Goods[0].Media = []string{"file:empty.png"} }, "picture of good cola"},
		"too large": {func(m *provision.Merchant) { m.Machines[0].CoverImage = "file:large.png" }, "picture of machine 16327129"},
		"missing": {func(m *provision.Merchant) {
			m.Machines[0].Banners = []provision.Banner{{CoverImage: "file:nowhere.png"}}
		}, "picture of banner of machine 16327129"},
		"a folder": {func(m *provision.Merchant) { m.Logo = "file:." }, "picture of logo"},
	} {
		t.Run(name, func(t *testing.T) {
			err := f.tryApply(t, func(m *provision.Merchant) {
				m.Title = "must not be seen"
				test.change(m)
			})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q named", err, test.want)
			}
			if after := f.dump(t); after != before {
				t.Errorf("after\n%s\nbefore\n%s", after, before)
			}
		})
	}
	if err := f.tryApply(t, func(m *provision.Merchant) { m.Logo = "file:full.png" }); err != nil {
		t.Errorf("a picture of exactly the largest size: %v", err)
	}
}

// Banners follow the list: those that stay keep their counts.
func TestBanners(t *testing.T) {
	f := newFixture(t)
	list := func(banners ...provision.Banner) {
		t.Helper()
		f.apply(t, func(m *provision.Merchant) { m.Machines[0].Banners = banners })
	}
	rows := func() []string {
		return f.rows(t, "SELECT cover_image, status, CAST(is_visible AS INTEGER), sort_id, hit_count, expired_at FROM banners ORDER BY id")
	}
	list(provision.Banner{CoverImage: "a", SortID: 1}, provision.Banner{CoverImage: "b", Hidden: true, Pending: true, ExpiredAt: "2030-01-01 00:00:00"})
	if got, want := rows(), []string{"a APPROVED 1 1 0 0", "b PENDING 0 0 0 1893427200000"}; !slices.Equal(got, want) {
		t.Errorf("banners %q, want %q", got, want)
	}
	if _, err := f.sql.Exec("UPDATE banners SET hit_count = 7 WHERE cover_image = 'b'"); err != nil {
		t.Fatal(err)
	}
	list(provision.Banner{CoverImage: "c"}, provision.Banner{CoverImage: "b", SortID: 4})
	if got, want := rows(), []string{"b APPROVED 1 4 7 0", "c APPROVED 1 0 0 0"}; !slices.Equal(got, want) {
		t.Errorf("banners %q, want %q", got, want)
	}
	list()
	if got := rows(); len(got) != 0 {
		t.Errorf("banners %q, want none", got)
	}
}

// A channel without a capacity has its board's.
func TestBoardCapacity(t *testing.T) {
	f := newFixture(t)
	f.apply(t, func(m *provision.Merchant) {
		m.Models[0].Boards = []provision.Board{{Addr: 1, FloorType: 1, Capacity: 12}, {Addr: 2, FloorType: 1}}
		m.Machines[2].Planogram = []provision.Channel{
			{ProductID: 901, Motor: 1, Good: "cola", Stock: 12},
			{ProductID: 902, Motor: 2, Good: "cola", Capacity: 3, Stock: 3},
			{ProductID: 903, Addr: 2, Motor: 1, Good: "cola"},
		}
	})
	got := f.rows(t, "SELECT id, inventory, current_inventory FROM products WHERE id > 900 ORDER BY id")
	if want := []string{"901 12 12", "902 3 3", "903 0 0"}; !slices.Equal(got, want) {
		t.Errorf("products %q, want %q", got, want)
	}
}
