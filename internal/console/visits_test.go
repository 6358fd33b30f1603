package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// A restocker's visit is applied once, in the audit log once, and shown as it was
// applied each time it is sent.
func TestVisit(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Restocker, "")
	path := "/machines/" + storetest.MachineNo + "/visits"
	body := `{"key":"0123456789abcdef","lines":[{"product_id":131,"expected":10,"counted":8,"removed":1,"added":2}]}`
	for i := range 2 {
		got := b.want(http.StatusCreated, "POST", path, body)
		if want := "[map[added:2 after:9 before:10 counted:8 expected:10 product_id:131 removed:1]]"; fmt.Sprint(got["lines"]) != want || got["repeated"] != (i == 1) {
			t.Errorf("time %d: %v", i, got)
		}
	}
	if f.Stock(t, 131) != 9 {
		t.Errorf("stock %d", f.Stock(t, 131))
	}
	entries := 0
	for _, e := range f.as(account.Owner, "").want(http.StatusOK, "GET", "/audit", nil)["items"].([]any) {
		if e.(map[string]any)["action"] == "machine.visit" {
			entries++
		}
	}
	if entries != 1 {
		t.Errorf("%d entries in the audit log", entries)
	}
	b.wantError(http.StatusUnprocessableEntity, "10001", "POST", path, `{"key":"short","lines":[]}`)
	f.as(account.Restocker, "elsewhere").wantError(http.StatusNotFound, "30003", "POST", path, body)
}

// The field page has an address that can be typed.
func TestFieldAddress(t *testing.T) {
	f := newFixture(t)
	for path, want := range map[string]string{"/field": "/console/field", "/field/16327129": "/console/field/16327129", "/field/%0d%0ax": "/console/field/%0D%0Ax"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), "GET", path, nil)
		if !f.server.Serves(r.URL.Path) {
			t.Errorf("%s is not the console's", path)
		}
		f.server.ServeHTTP(w, r)
		if got := w.Header().Get("Location"); w.Code != http.StatusSeeOther || got != want {
			t.Errorf("%s: HTTP %d %q", path, w.Code, got)
		}
	}
}
