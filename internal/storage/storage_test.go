package storage_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/storage"
)

// png is the shortest thing that is recognised as a PNG.
func png(extra string) []byte { return []byte("\x89PNG\x0D\x0A\x1A\x0A" + extra) }

func open(t *testing.T) (*storage.Folder, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "storage")
	f, err := storage.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, dir
}

func get(f http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, "http://platform.example/", nil)
	r.URL.Path = path // as a client may write it, not as a library cleans it
	f.ServeHTTP(w, r)
	return w
}

func TestSaveAndServe(t *testing.T) {
	f, _ := open(t)
	path, err := f.Save("shop", png("1"))
	if err != nil || !strings.HasPrefix(path, "/storage/shop/") || !strings.HasSuffix(path, ".png") {
		t.Fatalf("Save: %q, %v", path, err)
	}
	if again, err := f.Save("shop", png("1")); err != nil || again != path {
		t.Errorf("the same picture again: %q, %v", again, err)
	}
	if other, err := f.Save("shop", png("2")); err != nil || other == path {
		t.Errorf("another picture: %q, %v", other, err)
	}
	w := get(f, "GET", path)
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), png("1")) || w.Header().Get("Content-Type") != "image/png" ||
		w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("GET: %d %v", w.Code, w.Header())
	}
}

func TestSaveRefuses(t *testing.T) {
	f, dir := open(t)
	for name, c := range map[string]struct {
		owner   string
		content []byte
	}{
		"HTML":            {"shop", []byte("<html><script>alert(1)</script>")},
		"SVG":             {"shop", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`)},
		"nothing":         {"shop", nil},
		"too large":       {"shop", append(png(""), make([]byte, storage.MaxSize)...)},
		"owner with path": {"../shop", png("")},
		"owner empty":     {"", png("")},
	} {
		if path, err := f.Save(c.owner, c.content); !errors.Is(err, storage.ErrRefused) {
			t.Errorf("%s: %q, %v", name, path, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("refused pictures left %v, %v", entries, err)
	}
}

func TestServeRefusesEverythingElse(t *testing.T) {
	f, dir := open(t)
	path, err := f.Save("shop", png(""))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Base(path)
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "shop", "00000000000000000000000000000000.png")); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/storage/", "/storage/shop", "/storage/shop/", "/storage/shop/" + name + ".part",
		"/storage/../vendlane.db", "/storage/shop/../../master.key", "/storage/%2e%2e/master.key",
		"/storage/shop/00000000000000000000000000000000.png", "/storage/shop/" + name + "\x00.png",
		"/storage//shop/" + name, "/storage/SHOP/" + name,
	} {
		if w := get(f, "GET", path); w.Code != 404 {
			t.Errorf("%q: %d", path, w.Code)
		}
	}
	if w := get(f, "POST", path); w.Code != 404 {
		t.Errorf("POST: %d", w.Code)
	}
}

// Whatever path is asked for: the picture under its own path, or nothing.
func FuzzServe(f *testing.F) {
	dir := filepath.Join(f.TempDir(), "storage")
	folder, err := storage.Open(dir)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = folder.Close() })
	stored, err := folder.Save("shop", png(""))
	if err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "..", "master.key"), []byte("secret"), 0o600); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		stored, stored + "/", stored + "\x00", strings.ToUpper(stored), "/storage/../master.key", "/storage/shop/..%2fmaster.key", `/storage/shop/..\master.key`,
		"/storage//" + stored, "/storage/shop/../" + strings.TrimPrefix(stored, "/storage/"), "/storage/" + dir, "/storage/shop/\u202e.png", "/storage/\xff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		w := get(folder, "GET", path)
		if (w.Code == 200) != (path == stored) || w.Code != 200 && w.Code != 404 {
			t.Errorf("%q: %d", path, w.Code)
		}
	})
}
