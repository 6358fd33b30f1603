package console

import (
	"fmt"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/catalog"
)

const layoutText = `{"boards":[{"addr":1,"floor_type":1,"lift":false,"drop_detection":true}],` +
	`"channels":[{"addr":1,"motor":0,"name":"A1","x":0,"y":0,"is_auxiliary":false,"capacity":10}]}`

// From a machine to a template, to its next version, and back to the machine,
// which remembers it.
func TestModels(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	const machine = "/machines/16327129/model"
	made := b.want(201, "POST", "/models", `{"name":"Kiosk 12","machine_no":"16327129"}`)
	id := int64(made["id"].(float64))
	if got := fmt.Sprintf("%v %d %d", made["version"], len(made["layout"].(map[string]any)["channels"].([]any)), len(made["versions"].([]any))); got != "1 12 1" {
		t.Errorf("made %s", got)
	}
	f.wantAudit(`model.create model Kiosk 12  -> {"channels":12,"machine_no":"16327129","version":1}`)
	b.wantError(422, "10001", "POST", "/models", `{"name":"Kiosk 12","machine_no":"16327129"}`)
	b.wantError(400, "bad_request", "POST", "/models", `{"name":"Kiosk"}`)
	if got := b.want(200, "GET", machine, nil)["id"]; got != 0.0 {
		t.Errorf("a machine without a template has %v", got)
	}

	versions := fmt.Sprintf("/models/%d/versions", id)
	b.want(201, "POST", versions, `{"base":1,"layout":`+layoutText+`}`)
	f.wantAudit(`model.version model Kiosk 12 {"channels":12,"version":1} -> {"channels":1,"version":2}`)
	b.wantError(409, "changed_meanwhile", "POST", versions, `{"base":1,"layout":`+layoutText+`}`)
	b.wantError(422, "10001", "POST", versions, `{"base":2,"layout":{"boards":[],"channels":[]}}`)
	if got := b.want(200, "GET", fmt.Sprintf("/models/%d?version=1", id), nil); len(got["layout"].(map[string]any)["channels"].([]any)) != 12 {
		t.Errorf("version 1 is now %v", got["layout"])
	}
	b.wantError(404, "404", "GET", fmt.Sprintf("/models/%d?version=3", id), nil)

	choice := fmt.Sprintf(`{"model_id":%d,"version":2}`, id)
	diff := b.want(200, "POST", machine+"/compare", choice)
	if got := fmt.Sprint(len(diff["added"].([]any)), len(diff["removed"].([]any)), len(diff["changed"].([]any)), diff["boards"], len(diff["problems"].([]any))); got != "0 11 0 false 11" {
		t.Errorf("diff %s", got)
	}
	audited := f.lastAudit()
	w := b.send("PUT", machine, choice)
	if w.Code != 409 || errorCode(w) != "layout_refused" || !strings.Contains(w.Body.String(), `{"line":0,"channel":"A2","reason":"holds_stock"}`) {
		t.Errorf("HTTP %d %s", w.Code, w.Body)
	}
	if f.lastAudit() != audited {
		t.Errorf("a refused layout left %s", f.lastAudit())
	}
	b.want(200, "PUT", machine, fmt.Sprintf(`{"model_id":%d,"version":1}`, id))
	if got := f.lastAudit(); !strings.HasPrefix(got, `machine.model machine 16327129 {"layout":{"boards":[{"addr":1,`) ||
		!strings.HasSuffix(got, fmt.Sprintf(`"model":"spring"} -> {"model_id":%d,"version":1}`, id)) {
		t.Errorf("audit %s", got)
	}
	if got := fmt.Sprint(b.want(200, "GET", machine, nil)); got != fmt.Sprintf("map[id:%d name:Kiosk 12 newest:2 version:1]", id) {
		t.Errorf("the machine remembers %s", got)
	}
	if got := b.want(200, "GET", "/machines/16327129", nil)["model"]; got != "Kiosk 12 v1" {
		t.Errorf("model %v", got)
	}
	rows := b.list("/models?q=kiosk")
	if len(rows) != 1 || rows[0]["machines"] != 1.0 || rows[0]["version"] != 2.0 || rows[0]["channels"] != 1.0 {
		t.Errorf("list %v", rows)
	}
	b.headers["Accept"] = "text/csv"
	if got := b.send("GET", "/models", nil).Body.String(); !strings.Contains(got, "\nKiosk 12,2,1,1,1,20") {
		t.Errorf("file %q", got)
	}
}

// A template gets another name, and its machines' pages have it; it goes only when
// no machine has it.
func TestModelIsRenamedAndDeleted(t *testing.T) {
	f := newFixture(t)
	b, bound := f.as(account.Operator, ""), f.as(account.Operator, "north")
	made := b.want(201, "POST", "/models", `{"name":"Kiosk","machine_no":"16327129"}`)
	id := int64(made["id"].(float64))
	b.want(201, "POST", "/models", `{"name":"Tower","machine_no":"16327129"}`)
	b.want(200, "PUT", "/machines/16327129/model", fmt.Sprintf(`{"model_id":%d,"version":1}`, id))
	path := fmt.Sprintf("/models/%d", id)

	b.want(204, "PUT", path+"/name", `{"old_name":"Kiosk","name":"Booth"}`)
	f.wantAudit(`model.rename model Kiosk {"name":"Kiosk"} -> {"name":"Booth"}`)
	if got := fmt.Sprint(b.want(200, "GET", path, nil)["name"], " ", b.want(200, "GET", "/machines/16327129", nil)["model"]); got != "Booth Booth v1" {
		t.Errorf("names %s", got)
	}
	b.wantError(409, "changed_meanwhile", "PUT", path+"/name", `{"old_name":"Kiosk","name":"Stand"}`)
	b.wantError(422, "10001", "PUT", path+"/name", `{"old_name":"Booth","name":"Tower"}`)
	b.wantError(422, "10001", "PUT", path+"/name", `{"old_name":"Booth","name":""}`)
	b.wantError(400, "bad_request", "DELETE", path, nil)

	// Also somebody who does not see the machine is told that there is one.
	for _, browser := range []*browser{b, bound} {
		w := browser.send("DELETE", path+"?base=1", nil)
		if w.Code != 409 || errorCode(w) != "model_in_use" || !strings.Contains(w.Body.String(), `"data":{"machines":1}`) {
			t.Errorf("HTTP %d %s", w.Code, w.Body)
		}
	}
	f.wantAudit(`model.rename model Kiosk {"name":"Kiosk"} -> {"name":"Booth"}`)
	spare := b.list("/models?q=tower")[0]["id"]
	b.wantError(409, "changed_meanwhile", "DELETE", fmt.Sprintf("/models/%v?base=2", spare), nil)
	b.want(204, "DELETE", fmt.Sprintf("/models/%v?base=1", spare), nil)
	f.wantAudit(fmt.Sprintf(`model.delete model Tower {"channels":12,"id":%v,"version":1} -> `, spare))
	b.wantError(404, "404", "GET", fmt.Sprintf("/models/%v", spare), nil)
	if rows := b.list("/models"); len(rows) != 1 || rows[0]["name"] != "Booth" {
		t.Errorf("list %v", rows)
	}
}

// Somebody bound to a group counts and builds the machines of the group alone.
func TestModelsOfAGroup(t *testing.T) {
	f := newFixture(t)
	desk, bound := f.as(account.Operator, ""), f.as(account.Operator, "north")
	made := desk.want(201, "POST", "/models", `{"name":"Kiosk","machine_no":"16327129"}`)
	choice := fmt.Sprintf(`{"model_id":%v,"version":1}`, made["id"])
	desk.want(200, "PUT", "/machines/16327129/model", choice)
	if rows := bound.list("/models"); len(rows) != 1 || rows[0]["machines"] != 0.0 {
		t.Errorf("list %v", rows)
	}
	bound.wantError(404, "30003", "PUT", "/machines/16327129/model", choice)
	bound.wantError(404, "30003", "POST", "/models", `{"name":"Other","machine_no":"16327129"}`)
}

// The document has every reason there is, and the pages have words for it.
func TestProblemReasons(t *testing.T) {
	listed, _ := theSpec(t).at("components", "schemas", "ProblemReason")
	got := fmt.Sprint(listed["enum"])
	for _, reason := range []string{
		catalog.ReasonAboveCapacity, catalog.ReasonChannelTwice, catalog.ReasonChannelUnknown, catalog.ReasonGoodUnknown, catalog.ReasonHoldsCodes,
		catalog.ReasonHoldsStock, catalog.ReasonRange, reasonColumnMissing, reasonColumnUnknown, reasonColumns, reasonEncoding, reasonNumber,
		reasonSyntax, reasonTooMany, reasonTruth,
	} {
		if !strings.Contains(got, reason) {
			t.Errorf("%s is not in the document", reason)
		}
	}
}
