package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
)

func viewBody(name, query string, shared bool) string {
	return fmt.Sprintf(`{"page":"orders","name":%q,"query":%q,"shared":%v}`, name, query, shared)
}

// names are those of the views of orders that a browser can open.
func (b *browser) views() []string {
	b.f.t.Helper()
	out := []string{}
	for _, v := range b.want(http.StatusOK, "GET", "/views?page=orders", nil)["items"].([]any) {
		v := v.(map[string]any)
		out = append(out, fmt.Sprintf("%v %v %v", v["name"], v["own"], v["shared"]))
	}
	return out
}

func (b *browser) wantViews(want ...string) {
	b.f.t.Helper()
	if got := b.views(); fmt.Sprint(got) != fmt.Sprint(want) {
		b.f.t.Errorf("views %q, want %q", got, want)
	}
}

// A view belongs to who saved it; a shared one is seen by all members and changed by
// those who may edit the merchant.
func TestSavedViews(t *testing.T) {
	f := newFixture(t)
	admin, operator, viewer := f.as(account.Admin, ""), f.as(account.Operator, ""), f.as(account.Viewer, "north")
	own := operator.want(http.StatusCreated, "POST", "/views", viewBody("  Mine ", "status=FAILED&q=a%26b", false))
	if own["name"] != "Mine" || own["query"] != "status=FAILED&q=a%26b" || own["owner"] != "operator@shop.example" {
		t.Errorf("saved %v", own)
	}
	operator.wantError(http.StatusForbidden, "forbidden", "POST", "/views", viewBody("All", "", true))
	shared := admin.want(http.StatusCreated, "POST", "/views", viewBody("All", "", true))
	operator.wantViews("All false true", "Mine true false")
	admin.wantViews("All true true")
	viewer.wantViews("All false true")

	mine, all := fmt.Sprintf("/views/%v", own["id"]), fmt.Sprintf("/views/%v", shared["id"])
	change := func(name string, shared bool) string {
		return fmt.Sprintf(`{"name":%q,"query":"status=UNPAID","shared":%v}`, name, shared)
	}
	admin.wantError(http.StatusNotFound, "not_found", "PUT", mine, change("Taken", false))
	admin.wantError(http.StatusNotFound, "not_found", "DELETE", mine, nil)
	for _, body := range []string{change("Taken", false), change("Taken", true)} {
		operator.wantError(http.StatusForbidden, "forbidden", "PUT", all, body)
	}
	operator.wantError(http.StatusForbidden, "forbidden", "DELETE", all, nil)
	operator.wantError(http.StatusForbidden, "forbidden", "PUT", mine, change("Mine", true))
	operator.want(http.StatusNoContent, "PUT", mine, change("Unpaid", false))
	admin.want(http.StatusNoContent, "PUT", all, change("Everyone's", true))
	operator.wantViews("Everyone's false true", "Unpaid true false")
	admin.want(http.StatusNoContent, "DELETE", all, nil)
	operator.want(http.StatusNoContent, "DELETE", mine, nil)
	operator.wantViews()
	entries := admin.want(http.StatusOK, "GET", "/audit", nil)["items"].([]any)
	if a := entries[0].(map[string]any)["action"]; a != "view.remove" {
		t.Errorf("newest audit entry %v", a)
	}
}

// There are 50 of a user and page at most, and nothing is saved that is no view.
func TestSavedViewBounds(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Viewer, "")
	for name, body := range map[string]string{
		"no page":  `{"page":"goods","name":"x","query":""}`,
		"no name":  viewBody(" ", "", false),
		"no query": viewBody("x", "%zz", false),
		"long":     viewBody("x", strings.Repeat("q", 1001), false),
		"zero":     `{"page":"orders","name":"x\u0000","query":""}`,
	} {
		if w := b.send("POST", "/views", body); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: HTTP %d %s", name, w.Code, w.Body)
		}
	}
	b.wantViews()
	for i := range 50 {
		b.want(http.StatusCreated, "POST", "/views", viewBody(fmt.Sprint(i), "", false))
	}
	b.wantError(http.StatusConflict, "too_many_views", "POST", "/views", viewBody("more", "", false))
	b.want(http.StatusCreated, "POST", "/views", strings.Replace(viewBody("more", "", false), "orders", "codes", 1))
	f.as(account.Owner, "").want(http.StatusCreated, "POST", "/views", viewBody("x", "", false))
}
