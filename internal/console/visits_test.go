package console

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

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

// Visits can be looked up, by machine and by line, by whoever restocks there.
func TestPastVisits(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Restocker, "")
	for i, lines := range []string{
		`[{"product_id":131,"expected":10,"counted":8,"removed":1,"added":2}]`, `[{"product_id":131,"expected":9,"counted":10,"removed":0,"added":0}]`,
	} {
		b.want(http.StatusCreated, "POST", "/machines/"+storetest.MachineNo+"/visits", fmt.Sprintf(`{"key":"0123456789abcde%d","lines":%s}`, i, lines))
		f.Advance(time.Hour)
	}
	got := b.list("/visits")
	if sums := column(got, "missing") + "," + column(got, "surplus") + "," + column(got, "added"); sums != "0 2,1 0,0 2" {
		t.Errorf("missing, surplus, added: %s", sums)
	}
	page := b.want(http.StatusOK, "GET", "/visits?limit=1", nil)
	if rest := b.list("/visits?limit=1&cursor=" + page["next"].(string)); len(rest) != 1 || rest[0]["id"] != got[1]["id"] {
		t.Errorf("the second page has %v", rest)
	}
	if n := len(b.list("/visits?machine_no=16327130")); n != 0 {
		t.Errorf("another machine has %d visits", n)
	}
	lines := b.want(http.StatusOK, "GET", fmt.Sprintf("/visits/%v", got[1]["id"]), nil)["lines"].([]any)
	if line := lines[0].(map[string]any); len(lines) != 1 || line["after"] != 9.0 || line["channel_name"] == "" || line["good_name"] == "" {
		t.Errorf("lines %v", lines)
	}
	elsewhere := f.as(account.Restocker, "elsewhere")
	if n := len(elsewhere.list("/visits")) + len(elsewhere.list("/pick-list")); n != 0 {
		t.Errorf("who restocks elsewhere sees %d rows", n)
	}
	elsewhere.wantError(http.StatusNotFound, "not_found", "GET", fmt.Sprintf("/visits/%v", got[1]["id"]), nil)
}

// The pick list has what is missing in the channels, by good.
func TestPickList(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Restocker, "")
	before := b.list("/pick-list")
	b.want(http.StatusCreated, "POST", "/machines/"+storetest.MachineNo+"/visits",
		`{"key":"0123456789abcdef","lines":[{"product_id":131,"expected":10,"counted":7,"removed":0,"added":0}]}`)
	after := b.list("/pick-list")
	if len(after) != len(before)+1 || column(after, "pieces") != strings.TrimSpace(column(before, "pieces")+" 3") {
		t.Errorf("before %v, after %v", before, after)
	}
	if n := len(b.list("/pick-list?machine_group=elsewhere")); n != 0 {
		t.Errorf("another group has %d rows", n)
	}
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
