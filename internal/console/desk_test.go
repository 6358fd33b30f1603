package console

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// trade is the trade_id of the tests' orders.
const trade = "800a7e9500d345c8987d3aafa412c77d"

// lastAudit is the newest entry of the shop's audit log, as text.
func (f *fixture) lastAudit() string {
	f.t.Helper()
	rows, err := f.Store.AuditOfMerchant(f.t.Context(), f.Merchant.ID, 1<<62, 1)
	f.must(err)
	if len(rows) == 0 {
		return ""
	}
	l := rows[0].AuditLog
	return fmt.Sprintf("%s %s %s %s -> %s", l.Action, l.SubjectKind, l.SubjectID, l.Before, l.After)
}

func (f *fixture) wantAudit(want string) {
	f.t.Helper()
	if got := f.lastAudit(); got != want {
		f.t.Errorf("audit log\n  %s\nwant\n  %s", got, want)
	}
}

// list returns the items of a list.
func (b *browser) list(path string) []map[string]any {
	b.f.t.Helper()
	var out struct {
		Items []map[string]any `json:"items"`
	}
	w := b.send("GET", path, nil)
	if w.Code != http.StatusOK {
		b.f.t.Fatalf("GET %s: HTTP %d %s", path, w.Code, w.Body)
	}
	b.f.must(json.Unmarshal(w.Body.Bytes(), &out))
	return out.Items
}

// column is one member of all items, as text.
func column(items []map[string]any, name string) string {
	var out []string
	for _, each := range items {
		out = append(out, fmt.Sprint(each[name]))
	}
	return strings.Join(out, " ")
}

// A diff is applied whole, told the machine once and written down; a diff that
// does not fit changes nothing.
func TestEditPlanogram(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	const path = "/machines/16327129/planogram"
	w := b.send("PUT", path, `[{"product_id":132,"quantity":4},{"product_id":131,"on_sale":false},{"product_id":133,"quantity":10}]`)
	if want := `{"items":[{"product_id":131,"before":{"good_id":1,"on_sale":true,"quantity":10,"capacity":10},"after":{"good_id":1,"on_sale":false,"quantity":10,"capacity":10}},` +
		`{"product_id":132,"before":{"good_id":1,"on_sale":true,"quantity":10,"capacity":10},"after":{"good_id":1,"on_sale":true,"quantity":4,"capacity":10}}]}`; strings.TrimSpace(w.Body.String()) != want {
		t.Errorf("HTTP %d %s\nwant %s", w.Code, w.Body, want)
	}
	f.wantAudit(`planogram.edit machine 16327129 {"channels":[{"product_id":131,"good_id":1,"on_sale":true,"quantity":10,"capacity":10},` +
		`{"product_id":132,"good_id":1,"on_sale":true,"quantity":10,"capacity":10},{"product_id":133,"good_id":1,"on_sale":true,"quantity":10,"capacity":10}]}` +
		` -> {"changes":[{"product_id":132,"quantity":4},{"product_id":131,"on_sale":false},` +
		`{"product_id":133,"quantity":10}]}`)
	commands, err := f.Store.CommandsOfMachine(t.Context(), f.Machine.ID)
	f.must(err)
	if len(commands) != 1 || commands[0].Method != "client.machine.refresh" {
		t.Errorf("commands %+v", commands)
	}
	audited := f.lastAudit()
	for body, code := range map[string]string{
		`[{"product_id":131,"quantity":1},{"product_id":132,"quantity":11}]`: "60004",
		`[{"product_id":131,"quantity":1},{"product_id":231,"quantity":1}]`:  "60001",
		`[{"product_id":131,"quantity":1},{"product_id":132,"good_id":2}]`:   "60001", // the rival's
		`[{"product_id":131,"quantity":-1}]`:                                 "10001",
		`[{"product_id":131,"quantity":1},{"product_id":131,"quantity":2}]`:  "10001",
	} {
		if w := b.send("PUT", path, body); errorCode(w) != code {
			t.Errorf("%s: HTTP %d %s, want %s", body, w.Code, w.Body, code)
		}
	}
	if f.Stock(t, 131) != 10 || f.Stock(t, 132) != 4 || f.lastAudit() != audited {
		t.Errorf("a refused diff left something: stock %d, %d, audit %s", f.Stock(t, 131), f.Stock(t, 132), f.lastAudit())
	}
	shown := b.want(200, "GET", path, nil)
	channel := shown["cabinets"].([]any)[0].(map[string]any)["rows"].([]any)[0].(map[string]any)["channels"].([]any)[1].(map[string]any)
	if channel["name"] != "A2" || channel["quantity"] != 4.0 || channel["good"].(map[string]any)["name"] != "可乐" {
		t.Errorf("channel %v", channel)
	}
}

// Codes are made, listed by state, shown to whoever may see them, and cancelled.
func TestCodes(t *testing.T) {
	f := newFixture(t)
	b, viewer := f.as(account.Operator, ""), f.as(account.Viewer, "")
	expires := f.Now().UnixMilli() + 3_600_000
	w := b.send("POST", "/codes", map[string]any{"machine_no": "16327129", "product_id": 131, "count": 3, "quantity": 2, "expires_at": expires})
	var made all[codeRow]
	f.must(json.Unmarshal(w.Body.Bytes(), &made))
	if w.Code != 201 || len(made.Items) != 3 {
		t.Fatalf("HTTP %d %s", w.Code, w.Body)
	}
	first := made.Items[0]
	if first.GoodName != "可乐" || first.ChannelName != "A1" || first.Quantity != 2 || first.ExpiresAt != expires || len(first.Code) != 6 {
		t.Errorf("%+v", first)
	}
	if got := f.lastAudit(); !strings.HasPrefix(got, `codes.issue machine 16327129  -> {"machine_no":"16327129","product_id":131,"count":3`) ||
		strings.Contains(got, first.Code) {
		t.Errorf("audit %s", got)
	}
	b.want(http.StatusNoContent, "DELETE", fmt.Sprintf("/codes/%d", first.ID), nil)
	f.wantAudit(fmt.Sprintf(`code.cancel code %d {"machine_no":"16327129","state":"UNUSED"} -> {"machine_no":"16327129","state":"CANCELLED"}`, first.ID))
	if got := column(b.list("/codes"), "state"); got != "UNUSED UNUSED CANCELLED" {
		t.Errorf("states %s", got)
	}
	if got := b.list("/codes?q=" + first.Code); len(got) != 1 {
		t.Errorf("by its value: %v", got)
	}
	if got := column(viewer.list("/codes"), "code"); got != "****** ****** ******" {
		t.Errorf("a viewer sees %s", got)
	}
	viewer.wantError(403, "forbidden", "GET", "/codes?q="+first.Code, nil)
	f.Advance(2 * time.Hour)
	if got := column(b.list("/codes?state=EXPIRED"), "state"); got != "EXPIRED EXPIRED" {
		t.Errorf("after their time: %s", got)
	}
	for body, code := range map[string]string{
		`{"machine_no":"16327129","product_id":131,"count":101}`:        "10033",
		`{"machine_no":"16327129","product_id":131,"count":11}`:         "10033",
		`{"machine_no":"16327129","product_id":131,"quantity":11}`:      "10001",
		`{"machine_no":"16327129","product_id":131,"expires_at":1}`:     "10032",
		`{"machine_no":"16327129","product_id":131,"code_length":5}`:    "10031",
		`{"machine_no":"16327129","product_id":231}`:                    "60001",
		`{"machine_no":"16327129","product_id":131,"no_such_member":1}`: "bad_request",
	} {
		if w := b.send("POST", "/codes", body); errorCode(w) != code {
			t.Errorf("%s: HTTP %d %s, want %s", body, w.Code, w.Body, code)
		}
	}
}

// redeem makes an order of a code that is being dispensed, and returns its path
// and the delivery.
func (f *fixture) redeem() (string, db.Delivery) {
	f.t.Helper()
	f.AddCode(f.t, "5288640", 131, 0)
	c, err := f.Consume(f.t.Context(), "5288640", 131, trade)
	f.must(err)
	d, _, err := f.Dispense.Start(f.t.Context(), f.Merchant, dispense.Request{MachineNo: f.Machine.MachineNo, OrderID: c.OrderID, RecordID: c.RecordID})
	f.must(err)
	return fmt.Sprintf("/orders/%d", c.OrderID), d
}

func (f *fixture) report(d db.Delivery, success bool, text string) {
	f.t.Helper()
	f.must(f.Dispense.TakeReport(f.t.Context(), dispense.Report{
		MachineID: d.MachineID, DeliveryID: d.ID, OrderID: d.OrderID, RecordID: d.RecordID, Success: success, Delivered: -1, ErrorMsg: text,
	}))
}

// An order tells its story, from the code to the callback.
func TestOrderTimeline(t *testing.T) {
	f := newFixture(t)
	b, viewer := f.as(account.Owner, ""), f.as(account.Viewer, "")
	path, d := f.redeem()
	f.Advance(time.Second)
	if got := b.want(200, "GET", path, nil)["sentence_code"]; got != "DISPENSING" {
		t.Errorf("while it dispenses: %v", got)
	}
	f.report(d, false, "Goods are Stuck")
	told := b.want(200, "GET", path, nil)
	var steps []map[string]any
	for _, each := range told["timeline"].([]any) {
		steps = append(steps, each.(map[string]any))
	}
	if got := column(steps, "kind"); got != "ORDER_CREATED CODE_ISSUED CODE_USED DISPENSE_STARTED DISPENSE_FAILED CALLBACK_QUEUED" {
		t.Errorf("timeline %s", got)
	}
	if told["sentence_code"] != "JAM" || steps[4]["detail"] != "Goods are Stuck" {
		t.Errorf("%v, %v", told["sentence_code"], steps[4])
	}
	if code := told["code"].(map[string]any)["code"]; code != "5288640" {
		t.Errorf("an owner sees the code %v", code)
	}
	hidden := viewer.send("GET", path, nil).Body.String()
	if strings.Contains(hidden, "5288640") || !strings.Contains(hidden, `"body":null`) {
		t.Errorf("a viewer sees %s", hidden)
	}
	for query, want := range map[string]string{
		"": "FAILED", "?outcome=FAILED": "FAILED", "?outcome=DISPENSED": "", "?q=" + trade: "FAILED", "?q=" + strings.ToUpper(trade): "FAILED",
		"?q=nothing": "", "?machine_no=16327129": "FAILED", "?machine_no=16327130": "", "?to=1": "", "?from=9999999999999": "",
		fmt.Sprintf("?from=%d&to=%[1]d", d.DeliveredAt): "FAILED",
	} {
		if got := column(b.list("/orders"+query), "outcome"); got != want {
			t.Errorf("/orders%s: %q, want %q", query, got, want)
		}
	}

	viewer.want(204, "POST", path+"/comments", map[string]any{"text": " Called the customer. "})
	f.wantAudit(fmt.Sprintf(`order.comment order %d  -> {"text":" Called the customer. "}`, d.OrderID))
	for _, text := range []string{" ", strings.Repeat("话", 1001), "\x00"} {
		viewer.wantError(422, "10001", "POST", path+"/comments", map[string]any{"text": text})
	}
	for _, from := range []string{path, path + "/evidence"} {
		all := b.want(200, "GET", from, nil)["timeline"].([]any)
		said := all[len(all)-1].(map[string]any)
		if len(all) != len(steps)+1 || said["kind"] != "COMMENTED" || said["detail"] != "Called the customer." || !strings.Contains(said["ref"].(string), "@") {
			t.Errorf("%s ends with %v", from, said)
		}
	}

	f.Advance(time.Second)
	b.want(201, "POST", path+"/dispense", map[string]any{"record_id": d.RecordID})
	f.wantAudit(fmt.Sprintf(`order.dispense order %d  -> {"record_id":%d,"force":false}`, d.OrderID, d.RecordID))
	b.wantError(409, "40008", "POST", path+"/dispense", map[string]any{"record_id": d.RecordID, "force": true})
	record, err := f.Store.RecordByID(t.Context(), d.RecordID)
	f.must(err)
	again, err := f.Store.DeliveryByID(t.Context(), record.DeliveryID)
	f.must(err)
	f.report(again, true, "")
	if got := b.want(200, "GET", path, nil)["sentence_code"]; got != "DISPENSED" {
		t.Errorf("in the end: %v", got)
	}
	w := b.send("GET", path+"/evidence", nil)
	if name := w.Header().Get("Content-Disposition"); name != fmt.Sprintf("attachment; filename=order-%d.json", d.OrderID) ||
		!strings.Contains(w.Body.String(), "device.delivery.put") {
		t.Errorf("evidence %q: %s", name, w.Body)
	}
}

// A group's member sees the group's machines, and nothing of the others.
func TestGroupOfDesk(t *testing.T) {
	f := newFixture(t)
	path, _ := f.redeem()
	f.makeThings()
	owner, far := f.as(account.Owner, ""), f.as(account.Operator, "elsewhere")
	if n := len(owner.list("/orders")); n != 2 {
		t.Fatalf("the owner sees %d orders", n)
	}
	for _, list := range []string{"/orders", "/codes", "/alerts", "/machines", "/search?q=16327129", "/search?q=" + trade, "/search?q=5288640", "/goods/1/uses"} {
		if got := far.list(list); len(got) != 0 {
			t.Errorf("%s: %v", list, got)
		}
	}
	now := far.want(200, "GET", "/now", nil)
	if queue := now["queue"].([]any); len(queue) != 0 || now["tiles"].(map[string]any)["sales_today"] != 0.0 {
		t.Errorf("now %v", now)
	}
	th := f.things[f.Merchant.ID]
	for route, code := range map[string]string{
		"GET " + path: "80002", "GET /machines/16327129": "30003", "GET /orders?machine_no=16327129": "30003",
		fmt.Sprintf("DELETE /codes/%d", th.code): "80002", fmt.Sprintf("POST /alerts/%d/resolve", th.alert): "not_found",
	} {
		verb, path, _ := strings.Cut(route, " ")
		far.wantError(404, code, verb, path, nil)
	}
	far.wantError(404, "30003", "POST", "/codes", `{"machine_no":"16327129","product_id":131}`)
	far.wantError(404, "30003", "POST", "/machines/16327129/actions", `{"action":"reboot"}`)
}

// The queue of now names what needs somebody, and the figures of today.
func TestNow(t *testing.T) {
	f := newFixture(t)
	_, d := f.redeem()
	f.report(d, false, "Goods are Stuck")
	f.Write(t, func(tx *store.Tx) error {
		if _, err := tx.SetFloorStatus(t.Context(), 132, "2"); err != nil {
			return err
		}
		return tx.TakeStockAtMost(t.Context(), 10, 133)
	})
	b, restocker := f.as(account.Viewer, ""), f.as(account.Restocker, "")
	now := b.want(200, "GET", "/now", nil)
	var queue []map[string]any
	for _, each := range now["queue"].([]any) {
		queue = append(queue, each.(map[string]any))
	}
	if got := column(queue, "kind"); got != "PAID_NOT_DISPENSED FAULTY_CHANNEL OFFLINE OFFLINE SOLD_OUT" {
		t.Errorf("queue %s", got)
	}
	if got := column(queue, "subject"); got != trade+" A2   1" {
		t.Errorf("subjects %s", got)
	}
	tiles := now["tiles"].(map[string]any)
	if tiles["machines"] != 3.0 || tiles["online"] != 1.0 || tiles["redemptions_today"] != 1.0 || tiles["success_rate_today"] != 0.0 || tiles["sales_today"] != 100.0 {
		t.Errorf("tiles %v", tiles)
	}
	bars := now["bars"].([]any)
	if last := bars[len(bars)-1].(map[string]any); len(bars) != 24 || last["failure"] != 1.0 || last["success"] != 0.0 {
		t.Errorf("bars %v", bars)
	}
	now = restocker.want(200, "GET", "/now", nil)
	if text := fmt.Sprint(now); strings.Contains(text, "PAID") || now["tiles"].(map[string]any)["sales_today"] != nil || len(now["bars"].([]any)) != 0 {
		t.Errorf("a restocker sees %s", text)
	}
}

// Machines do what they are told by whoever may tell them.
func TestMachineActions(t *testing.T) {
	f := newFixture(t)
	b, restocker := f.as(account.Operator, ""), f.as(account.Restocker, "")
	const path = "/machines/16327129/actions"
	for body, method := range map[string]string{
		`{"action":"reboot"}`: "client.machine.reboot",
		`{"action":"configure","settings":{"idle_timeout":"60","language":"fr"}}`: "client.machine.config.push",
		`{"action":"clear_fault","product_ids":[131]}`:                            "client.channel.fault.clear",
	} {
		b.want(200, "POST", path, body)
		commands, err := f.Store.CommandsOfMachine(t.Context(), f.Machine.ID)
		f.must(err)
		if got := commands[len(commands)-1].Method; got != method {
			t.Errorf("%s: told %s, want %s", body, got, method)
		}
	}
	w := b.want(200, "POST", path, `{"action":"password"}`)
	if len(w["password"].(string)) != 16 || strings.Contains(f.lastAudit(), w["password"].(string)) {
		t.Errorf("password %v, audit %s", w, f.lastAudit())
	}
	f.wantAudit(`machine.password machine 16327129  -> {"action":"password"}`)
	b.wantError(409, "password_pending", "POST", path, `{"action":"password"}`)
	revoked := b.want(200, "POST", path, `{"action":"password","revoke":true}`)["password"].(string)
	f.wantAudit(`machine.password machine 16327129  -> {"action":"password","revoke":true}`)
	machine, err := f.Store.MachineByNo(t.Context(), "16327129")
	f.must(err)
	if m := machine.Machine; !fleet.PasswordMatches(revoked, m.PasswordHash) || m.PasswordPreviousHash != "" || m.PasswordPreviousUntil != 0 {
		t.Errorf("after the password was revoked: another is accepted, or %q until %d", m.PasswordPreviousHash, m.PasswordPreviousUntil)
	}
	b.wantError(422, "setting_invalid", "POST", path, `{"action":"configure","settings":{"colour":"red"}}`)
	b.wantError(400, "bad_request", "POST", path, `{"action":"explode"}`)
	restocker.wantError(403, "forbidden", "POST", path, `{"action":"reboot"}`)
	restocker.want(200, "POST", path, `{"action":"clear_fault"}`)
	restocker.want(201, "POST", "/machines/16327129/test", `{"product_id":132}`)
	b.wantError(409, "30005", "POST", "/machines/16327129/test", `{"channel":"A1"}`)
	b.wantError(404, "60005", "POST", "/machines/16327129/test", `{"channel":"Z9"}`)
}

// A good is added, changed and told the machines that sell it.
func TestGoods(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Operator, "")
	tea := b.want(201, "POST", "/goods", `{"slug":"tea","name":"Tea","price":150,"original_price":200}`)
	b.wantError(422, "10001", "POST", "/goods", `{"slug":"tea","name":"Tea","price":150}`)
	b.wantError(422, "10001", "POST", "/goods", `{"slug":"x","name":"","price":150}`)
	b.wantError(422, "10001", "POST", "/goods", `{"slug":"x","name":"X","price":-1}`)
	b.wantError(422, "10001", "POST", "/goods", `{"slug":"x","name":"X","price":1,"thumb":"javascript:x"}`)
	if got := column(b.list("/goods?q=TE"), "original_price"); got != "200" {
		t.Errorf("goods %s", got)
	}
	b.want(200, "PUT", fmt.Sprintf("/goods/%v", tea["id"]), `{"name":"Green tea","price":160}`)
	if got := f.lastAudit(); !strings.HasPrefix(got, `good.change good tea {"id":`) || !strings.HasSuffix(got, `-> {"name":"Green tea","description":"","thumb":"","price":160,"original_price":null}`) {
		t.Errorf("audit %s", got)
	}
	b.want(200, "PUT", "/goods/1", `{"name":"Cola","price":120}`)
	commands, err := f.Store.CommandsOfMachine(t.Context(), f.Machine.ID)
	f.must(err)
	if len(commands) != 1 || commands[0].Method != "client.machine.refresh" {
		t.Errorf("told %+v", commands)
	}
	if got := b.list("/goods/1/uses"); len(got) != 12 || got[1]["channel_name"] != "A2" {
		t.Errorf("uses %v", got)
	}
}
