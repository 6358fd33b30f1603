package console

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

func batchBody(count int) string {
	return fmt.Sprintf(`{"code_length":8,"lines":[{"machine_no":%q,"product_id":131,"count":%d}]}`, storetest.MachineNo, count)
}

// A batch is made in the background; its codes are listed, saved as CSV, counted,
// printed and cancelled by it.
func TestBatchOfCodes(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	made := b.want(http.StatusCreated, "POST", "/codes/batches", batchBody(60))
	if made["state"] != "RUNNING" || made["wanted"] != 60.0 || made["made"] != 0.0 {
		t.Errorf("batch %v", made)
	}
	path := fmt.Sprintf("/codes/batches/%v", made["id"])
	f.must(f.Pickup.RunDueBatches(t.Context()))
	done := b.want(http.StatusOK, "GET", path, nil)
	line := done["lines"].([]any)[0].(map[string]any)
	if done["state"] != "DONE" || done["made"] != 60.0 || line["made"] != 60.0 || line["failure"] != "" {
		t.Errorf("batch %v", done)
	}
	list := fmt.Sprintf("?batch_id=%v", made["id"])
	csv := *b
	csv.headers = map[string]string{"Accept": "text/csv"}
	if w := csv.send("GET", "/codes"+list, nil); strings.Count(w.Body.String(), "\n") != 61 {
		t.Errorf("CSV: HTTP %d with %d lines, want a head and 60 codes", w.Code, strings.Count(w.Body.String(), "\n"))
	}
	w := b.send("GET", "/sheets/codes"+list, nil)
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "%PDF-") || strings.Count(w.Body.String(), "/Type /Page\n") != 3 {
		t.Errorf("sheet: HTTP %d, %d bytes", w.Code, w.Body.Len())
	}
	if got := b.want(http.StatusOK, "POST", path+"/cancel", `{"cancel_codes":true}`); got["changed"] != 60.0 {
		t.Errorf("cancelled %v", got)
	}
	want := map[string]any{
		"issued": 60.0, "cancelled": 60.0, "unused": 0.0, "used": 0.0, "expired": 0.0, "dropped": 0.0, "failed": 0.0, "open": 0.0,
	}
	if got := b.want(http.StatusOK, "GET", "/codes/funnel"+list, nil); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("funnel %v, want %v", got, want)
	}
}

// A member who is bound to a group of machines sees no batch with others in it, and
// makes none.
func TestBatchesOfAGroup(t *testing.T) {
	f := newFixture(t)
	desk := f.as(account.Operator, "")
	made := desk.want(http.StatusCreated, "POST", "/codes/batches", batchBody(1))
	bound := f.as(account.Operator, "north")
	if got := bound.want(http.StatusOK, "GET", "/codes/batches", nil)["items"].([]any); len(got) != 0 {
		t.Errorf("batches %v", got)
	}
	bound.wantError(http.StatusNotFound, "not_found", "GET", fmt.Sprintf("/codes/batches/%v", made["id"]), nil)
	bound.wantError(http.StatusNotFound, "30003", "POST", "/codes/batches", batchBody(1))
}

// What is asked for by the number of a rival's batch or machine is not there, on
// paper and as a count either.
func TestCodesOfARival(t *testing.T) {
	f := newFixture(t)
	f.makeThings()
	f.must(f.Pickup.RunDueBatches(t.Context()))
	own, rival := f.as(account.Owner, ""), f.signIn(f.rivalUser.Email)
	batch := f.things[f.Merchant.ID].batch
	for b, want := range map[*browser]float64{own: 5, rival: 0} {
		query := fmt.Sprintf("?batch_id=%d", batch)
		if got := b.want(http.StatusOK, "GET", "/codes"+query, nil)["items"].([]any); len(got) != int(want) {
			t.Errorf("%d codes, want %v", len(got), want)
		}
		if got := b.want(http.StatusOK, "GET", "/codes/funnel"+query, nil)["issued"]; got != want {
			t.Errorf("%v codes counted, want %v", got, want)
		}
		w := b.send("GET", "/sheets/codes"+query, nil)
		if got := strings.Count(w.Body.String(), "/Subtype /Image"); w.Code != http.StatusOK || got != int(want) {
			t.Errorf("HTTP %d, %d codes printed, want %v", w.Code, got, want)
		}
	}
	for _, path := range []string{"/codes", "/codes/funnel", "/sheets/codes"} {
		rival.wantError(http.StatusNotFound, "30003", "GET", path+"?machine_no="+storetest.MachineNo, nil)
	}
}

// Several codes are extended and cancelled at once; what cannot be is skipped.
func TestManyCodes(t *testing.T) {
	f := newFixture(t)
	owner := f.as(account.Owner, "")
	b := f.as(account.Operator, "")
	soon := f.Now().Add(time.Hour).UnixMilli()
	first, second := f.AddCode(t, "100001", 131, soon), f.AddCode(t, "100002", 131, 0)
	ids := fmt.Sprintf(`"ids":[%d,%d]`, first, second)
	got := b.want(http.StatusOK, "POST", "/codes/extend", fmt.Sprintf(`{%s,"expires_at":%d}`, ids, soon+1000))
	if got["changed"] != 1.0 || got["skipped"] != 1.0 {
		t.Errorf("extended %v", got)
	}
	for _, past := range []int{1, -1} {
		b.wantError(http.StatusConflict, "10032", "POST", "/codes/extend", fmt.Sprintf(`{%s,"expires_at":%d}`, ids, past))
	}
	b.wantError(http.StatusUnprocessableEntity, "10001", "POST", "/codes/cancel", `{"ids":[]}`)
	if got := b.want(http.StatusOK, "POST", "/codes/cancel", "{"+ids+"}"); got["changed"] != 2.0 {
		t.Errorf("cancelled %v", got)
	}
	entries := owner.want(http.StatusOK, "GET", "/audit", nil)["items"].([]any)
	if a := entries[0].(map[string]any)["action"]; a != "codes.cancel" {
		t.Errorf("newest audit entry %v", a)
	}
}

// Labels lead to http.public_url, else to where the browser is; those of one's own
// machines alone.
func TestMachineSheet(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Viewer, "")
	for path, want := range map[string]int{
		"/sheets/machines": 200, "/sheets/machines?machine_no=" + storetest.MachineNo: 200, "/sheets/machines?machine_no=26327129": 404,
	} {
		if w := b.send("GET", path, nil); w.Code != want {
			t.Errorf("%s: HTTP %d, want %d", path, w.Code, want)
		}
	}
	b.wantError(http.StatusForbidden, "forbidden", "GET", "/sheets/codes?batch_id=1", nil)
	c := &call{r: &http.Request{Host: "vend.local:8080"}}
	if got := f.server.pickupPage(c, "1"); got != "http://vend.local:8080/p/1" {
		t.Errorf("page %s", got)
	}
	f.server.cfg.PublicURL = "https://vend.example"
	if got := f.server.pickupPage(c, "1"); got != "https://vend.example/p/1" {
		t.Errorf("page %s", got)
	}
}
