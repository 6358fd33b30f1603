package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A picture file of the description ends up under /storage/, and the API tells
// where.
func TestPicturesAreServed(t *testing.T) {
	dir := t.TempDir()
	const picture = "\x89PNG\x0D\x0A\x1A\x0Apicture"
	const shop = `merchants:
  - slug: shop
    title: Shop
    appid: vm0123456789abcdef
    app_secret: 0123456789abcdef0123456789abcdef
    app_key: kva
    debug: true
    models: [{name: spring, boards: [{addr: 1, floor_type: 1}]}]
    goods: [{slug: cola, name: Cola, price: "1.00", thumb: "file:cola.png"}]
    machines:
      - machine_no: "88000001"
        name: Lobby
        model: spring
        planogram: [{motor: 0, good: cola, capacity: 5}]
`
	for name, content := range map[string]string{"cola.png": picture, "shop.yaml": shop} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(dir, "data")
	p := start(t, []string{"VENDLANE_DATA=" + data}, "admin", "apply", "-f", filepath.Join(dir, "shop.yaml"))
	if code := p.wait(); code != 0 {
		t.Fatalf("admin apply: exit code %d", code)
	}
	_, url := startServe(t, data, "VENDLANE_HTTP_PUBLIC_URL=https://platform.example/")
	var r ready
	r.URL, r.Merchant.AppID, r.Merchant.AppSecret, r.Merchant.AppKey = url, "vm0123456789abcdef", "0123456789abcdef0123456789abcdef", "kva"
	a, err := r.call(t.Context(), "POST", "/products", map[string]any{"machine_no": "88000001"})
	if err != nil || a.Code != 0 {
		t.Fatalf("products: %d %s, %v", a.Code, a.Data, err)
	}
	var page struct {
		Data []struct {
			Good struct {
				Thumb string `json:"thumb"`
			} `json:"good"`
		} `json:"data"`
	}
	if err := json.Unmarshal(a.Data, &page); err != nil || len(page.Data) != 1 {
		t.Fatalf("products: %s, %v", a.Data, err)
	}
	path, ok := strings.CutPrefix(page.Data[0].Good.Thumb, "https://platform.example")
	if !ok || !strings.HasPrefix(path, "/storage/shop/") {
		t.Fatalf("thumb %q", page.Data[0].Good.Thumb)
	}
	resp, err := http.Get(url + path)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.Header.Get("Content-Type") != "image/png" || resp.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", resp.Header)
	}
	if status, body := get(t, url+path); status != 200 || body != picture {
		t.Errorf("GET %s: %d %q", path, status, body)
	}
	for _, missing := range []string{"/storage/", "/storage/shop/", "/storage/../vendlane.db", "/storage/shop/" + strings.Repeat("0", 32) + ".png"} {
		if status, _ := get(t, url+missing); status != 404 {
			t.Errorf("GET %s: %d, want 404", missing, status)
		}
	}
}
