package console

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/store"
)

const ruleText = `{"kinds":["MACHINE_OFFLINE","SOLD_OUT"],"channel":"EMAIL","target":"desk@shop.example","quiet_from":1320,"quiet_to":420,"tell_resolved":true}`

// A rule is added, changed, tried and removed by who leads the merchant; the audit
// log has it, and the messages tell how the test goes.
func TestAlertRules(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Owner, "")
	rule := b.want(http.StatusCreated, "POST", "/alerts/rules", ruleText)
	path := fmt.Sprintf("/alerts/rules/%v", rule["id"])
	b.want(http.StatusOK, "PUT", path, `{"kinds":["SOLD_OUT"],"channel":"WEBHOOK","target":"https://merchant.example/a"}`)
	list := b.want(http.StatusOK, "GET", "/alerts/rules", nil)
	if got := list["items"].([]any)[0].(map[string]any); got["channel"] != "WEBHOOK" || got["enabled"] != true || list["mail"] != true {
		t.Errorf("rules %v", list)
	}
	b.wantError(http.StatusUnprocessableEntity, "10001", "POST", "/alerts/rules", `{"kinds":["SOLD_OUT"],"channel":"WEBHOOK","target":"http://10.0.0.1/"}`)
	b.want(http.StatusNoContent, "POST", path+"/test", nil)
	m := b.want(http.StatusOK, "GET", "/alerts/messages", nil)["items"].([]any)[0].(map[string]any)
	if m["event"] != "TEST" || m["state"] != "PENDING" || m["target"] != "https://merchant.example/a" {
		t.Errorf("message %v", m)
	}
	for range 4 {
		b.want(http.StatusNoContent, "POST", path+"/test", nil)
	}
	b.wantError(http.StatusTooManyRequests, "too_many_attempts", "POST", path+"/test", nil)
	b.want(http.StatusNoContent, "DELETE", path, nil)
	b.wantError(http.StatusNotFound, "not_found", "DELETE", path, nil)
	entry := b.want(http.StatusOK, "GET", "/audit", nil)["items"].([]any)[0].(map[string]any)
	if entry["action"] != "alert_rule.remove" {
		t.Errorf("newest audit entry %v", entry)
	}
	f.rules = alerts.NewRules(f.Store, f.Now, alerts.Config{})
	f.server.use.AlertRules = f.rules
	b.wantError(http.StatusConflict, "mail_off", "POST", "/alerts/rules", ruleText)
}

// A test event goes to allowed addresses alone; what was given up since a time is
// sent again, that of the merchant alone.
func TestCallbackTools(t *testing.T) {
	f := newFixture(t)
	f.makeThings()
	before := f.Now().UnixMilli()
	f.Advance(time.Minute)
	f.renewThings()
	b := f.as(account.Developer, "")
	got := b.want(http.StatusOK, "POST", "/developers/callbacks/test", `{"url":"https://merchant.example/x"}`)
	if got["status"] != 204.0 || got["body"] != f.Merchant.AppID+" https://merchant.example/x" {
		t.Errorf("test event %v", got)
	}
	b.wantError(http.StatusUnprocessableEntity, "10001", "POST", "/developers/callbacks/test", `{"url":"http://127.0.0.1/x"}`)
	since := func(at int64) string { return fmt.Sprintf(`{"since":%d}`, at) }
	b.wantError(http.StatusUnprocessableEntity, "10001", "POST", "/developers/callbacks/recover", since(f.Now().UnixMilli()+1))
	if got := b.want(http.StatusOK, "POST", "/developers/callbacks/recover", since(before+1)); got["queued"] != 1.0 || got["more"] != false {
		t.Errorf("recovered %v", got)
	}
	if got := b.want(http.StatusOK, "POST", "/developers/callbacks/recover", since(1)); got["queued"] != 1.0 {
		t.Errorf("recovered %v", got)
	}
	rows, err := f.Store.CallbacksOfOrder(t.Context(), f.things[f.rival.ID].order)
	if err != nil || rows[0].State != store.CallbackDead {
		t.Errorf("the rival's message: %+v, %v", rows, err)
	}
}
