package openapi_test

import (
	"fmt"
	"strings"
	"testing"
)

// Refusals of the endpoints' own lists that the ladders of order_test.go do
// not climb. change makes the refusal come about; the machine is in operation
// and online, and nothing else is wrong.
func TestRefusals(t *testing.T) {
	machine := func(status string) string { return "UPDATE machines SET status = '" + status + "' WHERE id = 1" }
	const offline = "UPDATE presence SET is_online = FALSE WHERE machine_id = 1"
	own := fields{"machine_no": "16327129"}
	unknown := fields{"machine_no": "99999999"}
	cancel := fields{"machine_no": "16327129", "method": "pickup_code.delete.id", "id": "1"}
	cancelAll := fields{"machine_no": "16327129", "method": "pickup_code.delete.all"}
	for _, test := range []struct {
		name   string
		change string
		call   call
		code   int
		data   string
	}{
		{"machines: none at all", "UPDATE machines SET merchant_id = 2", post("/rent/machines", nil), 30001, ""},
		{"machine: unknown", "", post("/rent/machines/99999999", nil), 30003, ""},
		{"machine: malformed number", "", post("/rent/machines/%00", nil), 30003, ""},
		{"machine: long number", "", post("/rent/machines/"+strings.Repeat("1", 5000), nil), 30003, ""},
		{"machine: transfer", machine("TRANSFER"), post("/rent/machines/16327129", nil), 30006, ""},
		{"machine: offline", offline, post("/rent/machines/16327129", nil), 30002, ""},
		{"products: unknown machine", "", post("/products", unknown), 30003, ""},
		{"products: transfer", machine("TRANSFER"), post("/products", own), 30006, ""},
		{"products: offline", offline, post("/products", own), 30002, ""},
		{"codes: unknown machine", "", post("/products/131/pickup_code", unknown), 30003, ""},
		{"codes: transfer", machine("TRANSFER"), post("/products/131/pickup_code", own), 30006, ""},
		{"codes: unknown product", "", post("/products/999/pickup_code", own), 60001, `{"product_id":999}`},
		{"codes: product of another machine", "UPDATE products SET machine_id = 2 WHERE id = 131", post("/products/131/pickup_code", own), 60001, `{"product_id":131}`},
		{"codes: product without a good", "UPDATE products SET good_id = 0 WHERE id = 131", post("/products/131/pickup_code", own), 60001, `{"product_id":131}`},
		{"codes: malformed product", "", post("/products/x/pickup_code", own), 60001, `{"product_id":0}`},
		{"cancel: wrong method of the verb", "", put("/pickup_codes", cancel.with("method", "pickup_code.product.id")), 10017, ""},
		{"issue: wrong method of the verb", "", post("/pickup_codes", cancel), 10017, ""},
		{"cancel: unknown machine", "", put("/pickup_codes", cancel.with("machine_no", "99999999")), 30003, ""},
		{"cancel: transfer", machine("TRANSFER"), put("/pickup_codes", cancel), 30006, ""},
		{"cancel: unknown row", "", put("/pickup_codes", cancel.with("id", "77")), 80002, ""},
		{"cancel: row of another machine", "UPDATE pickup_codes SET machine_id = 2 WHERE id = 1", put("/pickup_codes", cancel), 80002, ""},
		{"cancel: the code is not its row", "", put("/pickup_codes", cancel.with("id", "5288640")), 80002, ""},
		{"cancel: used", "UPDATE pickup_codes SET state = 'USED', order_id = 60 WHERE id = 1", put("/pickup_codes", cancel), 10025, `{"order_id":60}`},
		{"cancel: used at the machine", "UPDATE pickup_codes SET state = 'USED' WHERE id = 1", put("/pickup_codes", cancel), 10025, ""},
		{"cancel all: unknown machine", "", put("/pickup_codes", cancelAll.with("machine_no", "99999999")), 30003, ""},
		{"cancel all: transfer", machine("TRANSFER"), put("/pickup_codes", cancelAll), 30006, ""},
		{"order: unknown machine", "", post("/orders/1", unknown), 30003, ""},
		{"order: unknown", "", post("/orders/77", own), 80002, ""},
		{"order: unknown trade_id", "", post("/orders/20240429000000000077", own), 80002, ""},
		{"order: malformed", "", post("/orders/x", own), 80002, ""},
		{"order: malformed trade_id", "", post("/orders/2024042900000000000%21", own), 80002, ""},
		{"order: of another machine", "UPDATE orders SET machine_id = 2", post("/orders/1", own), 80002, ""},
		{"order: expired", "UPDATE orders SET status = 9", post("/orders/1", own), 40005, `{"order_id":1,"status":"CLOSED","trade_id":"20240429000000000001"}`},
		{"order: expired, by trade_id", "UPDATE orders SET status = 9", post("/orders/20240429000000000001", own), 40005, `{"order_id":1,"status":"CLOSED","trade_id":"20240429000000000001"}`},
		{"delivery: unknown machine", "", post("/deliveries/1714353600000001", unknown), 30003, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := shopWithOrder(t)
			if test.change != "" {
				a.exec(t, test.change)
			}
			before := a.snapshot(t)
			wantRefusal(t, a.do(t, test.call), test.code, test.data)
			a.wantUnchanged(t, before)
		})
	}
}

// shopWithOrder is a shop with code row 1 (UNUSED), code row 2 consumed by
// order 1, and delivery 1714353600000001 of its record.
func shopWithOrder(t testing.TB) *api {
	t.Helper()
	a := newAPI(t)
	a.AddCode(t, "5288640", 131, 0)
	a.AddCode(t, "5288641", 131, 0)
	if _, err := a.Consume(t.Context(), "5288641", 131, "20240429000000000001"); err != nil {
		t.Fatal(err)
	}
	a.exec(t, `INSERT INTO deliveries (id, machine_id, order_id, record_id, product_id, quantity, delivered, state, delivered_at, timeout_at, pickup_at, finished_at, fail_reason)
		VALUES (1714353600000001, 1, 1, 1, 131, 1, 0, 'PENDING', 1714373688000, 1714373808000, 0, 0, '')`)
	return a
}

// A delivery that does not exist is code 404 with HTTP 200.
func TestDeliveryNotFound(t *testing.T) {
	a := shopWithOrder(t)
	for _, id := range []string{"1714353600000002", "x", "0", "-1", "1714353600000001x", strings.Repeat("9", 40), "%20", "1714353600000001%00"} {
		got := a.do(t, post("/deliveries/"+id, fields{"machine_no": "16327129"}))
		wantAnswer(t, got, 200, `{"code":404,"message":"Not Found","data":{}}`)
	}
	a.exec(t, "UPDATE deliveries SET machine_id = 2")
	got := a.do(t, post("/deliveries/1714353600000001", fields{"machine_no": "16327129"}))
	wantAnswer(t, got, 200, `{"code":404,"message":"Not Found","data":{}}`)
	// The path of test dispenses is no delivery's (openapi.md §7.18).
	wantRefusal(t, a.do(t, post("/deliveries/debug", fields{"machine_no": "16327129"})), 404, "")
}

// openapi.md §7.17 and §7.18, in each state.
func TestDelivery(t *testing.T) {
	a := newAPI(t)
	a.AddCode(t, "5288640", 131, 0)
	wantOK(t, a.do(t, post("/consumes", consumption)))
	before := a.snapshot(t)
	start := fields{"machine_no": "16327129", "method": "device.delivery.put", "order_id": "1", "record_id": "1"}
	got := a.do(t, post("/deliveries", start))
	id := strings.TrimSuffix(strings.TrimPrefix(got.body, `{"code":0,"message":"ok","data":{"delivery_id":"`), `","delivered_at":"2024-04-29 09:20:55","status":"未取货或正在出货","state":"PENDING"}}`)
	if len(id) != 16 || strings.Trim(id, "0123456789") != "" {
		t.Fatalf("answer %s", got.body)
	}
	a.wantUnchanged(t, before, "deliveries", "dispense_locks", "records", "commands")
	if rows := a.column(t, "SELECT state, delivery_id FROM records"); rows[0] != "IS_DELIVERING "+id {
		t.Errorf("record %s", rows[0])
	}
	if rows := a.column(t, "SELECT delivery_id, locked_until FROM dispense_locks"); rows[0] != id+" 1714353685000" {
		t.Errorf("lock %s, want 30 s", rows[0])
	}
	if rows := a.column(t, "SELECT state, timeout_at, quantity FROM deliveries"); rows[0] != "PENDING 1714353775000 1" {
		t.Errorf("delivery %s, want a time-out after 120 s", rows[0])
	}
	want := `{"addr":"1","code":"0","delivery_id":"` + id + `","floor_type":"1","is_dc":"1","is_lp":"0","order_id":"1","product_id":"131","quantity":"1","record_id":"1","timeout":"30"}`
	if rows := a.column(t, "SELECT fields FROM commands WHERE method = 'device.delivery.put'"); len(rows) != 1 || rows[0] != want {
		t.Errorf("command %s, want %s", rows, want)
	}

	query := post("/deliveries/"+id, fields{"machine_no": "16327129"})
	for _, test := range []struct{ state, text, change, rest string }{
		{"PENDING", "未取货或正在出货", "", ""},
		{"SENT", "未取货或正在出货", "", ""},
		{"SUCCESS", "出货完成", "finished_at = 1714353659000", `,"finished_at":"2024-04-29 09:20:59"`},
		{"PICKED_UP", "已取货", "pickup_at = 1714353661000", `,"pickup_at":"2024-04-29 09:21:01","finished_at":"2024-04-29 09:20:59"`},
		{"FAILED", "出货失败", "pickup_at = 0, fail_reason = 'Slave Comm Error'", `,"finished_at":"2024-04-29 09:20:59","fail_reason":"Slave Comm Error"`},
		{"TIMEOUT", "出货超时", "fail_reason = 'Delivery Timeout'", `,"finished_at":"2024-04-29 09:20:59","fail_reason":"Delivery Timeout"`},
		{"CANCELLED", "订单取消，退回", "fail_reason = ''", `,"finished_at":"2024-04-29 09:20:59"`},
	} {
		t.Run(test.state, func(t *testing.T) {
			a.exec(t, "UPDATE deliveries SET state = $1", test.state)
			if test.change != "" {
				a.exec(t, "UPDATE deliveries SET "+test.change)
			}
			wantAnswer(t, a.do(t, query), 200, fmt.Sprintf(
				`{"code":0,"message":"ok","data":{"delivered_at":"2024-04-29 09:20:55","status":%q,"state":%q%s}}`, test.text, test.state, test.rest))
		})
	}
	// No online check and no state of the machine matters (openapi.md §3.2).
	a.Online(t, false)
	a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE id = 1")
	wantOK(t, a.do(t, query))
}

// A new attempt is for the pieces still missing (openapi.md §7.17).
func TestDeliveryOfTheRest(t *testing.T) {
	a := shopWithOrder(t)
	a.exec(t, "UPDATE records SET state = 'IS_FAILED', quantity = 5, delivered = 3, delivery_id = 1714353600000001")
	a.exec(t, "UPDATE model_boards SET floor_type = 2")
	wantOK(t, a.do(t, post("/deliveries", fields{"machine_no": "16327129", "method": "device.delivery.put", "order_id": "1", "record_id": "1"})))
	if rows := a.column(t, "SELECT quantity FROM deliveries ORDER BY delivered_at, id"); rows[0] != "2" {
		t.Errorf("pieces of the new attempt: %s, want 2", rows)
	}
	if rows := a.column(t, "SELECT locked_until FROM dispense_locks"); rows[0] != "1714353670000" {
		t.Errorf("lock until %s, want 15 s for a lock", rows[0])
	}
}

// openapi.md §7.10 and §7.11: what is cancelled and what is left as it is.
func TestCancel(t *testing.T) {
	a := newAPI(t)
	now := a.Now().UnixMilli()
	a.exec(t, "UPDATE machines SET pickup_code_enabled = FALSE WHERE id = 1") // not checked
	a.Online(t, false)                                                        // neither
	a.AddCode(t, "1000001", 131, now+1)
	a.AddCode(t, "1000002", 131, now) // expired, not swept
	a.AddCode(t, "1000003", 131, 0)
	a.AddCode(t, "1000004", 132, 0)
	a.AddCode(t, "1000005", 132, 0)
	a.exec(t, "UPDATE pickup_codes SET state = 'EXPIRED' WHERE id = 3")
	a.exec(t, "UPDATE pickup_codes SET state = 'CANCELLED' WHERE id = 4")
	const ok = `{"code":0,"message":"ok","data":{}}`
	cancel := fields{"machine_no": "16327129", "method": "pickup_code.delete.id"}
	for _, id := range []int{2, 3, 4} {
		before := a.snapshot(t)
		wantAnswer(t, a.do(t, put("/pickup_codes", cancel.with("id", id))), 200, ok)
		a.wantUnchanged(t, before)
	}
	before := a.snapshot(t)
	wantAnswer(t, a.do(t, put("/pickup_codes", cancel.with("id", "1"))), 200, ok)
	a.wantUnchanged(t, before, "pickup_codes", "commands")
	if rows := a.column(t, "SELECT state, finished_at FROM pickup_codes WHERE id = 1"); rows[0] != "CANCELLED 1714353655000" {
		t.Errorf("code %s", rows[0])
	}
	if rows := a.column(t, "SELECT method, fields FROM commands"); len(rows) != 1 || rows[0] != `client.pickup_codes.delete {"id":"1"}` {
		t.Errorf("commands %q", rows)
	}

	all := put("/pickup_codes", fields{"machine_no": "16327129", "method": "pickup_code.delete.all"})
	wantAnswer(t, a.do(t, all), 200, ok)
	if rows := a.column(t, "SELECT state FROM pickup_codes ORDER BY id"); strings.Join(rows, " ") != "CANCELLED UNUSED EXPIRED CANCELLED CANCELLED" {
		t.Errorf("codes %q", rows)
	}
	if rows := a.column(t, "SELECT method, fields FROM commands"); len(rows) != 2 || rows[1] != `client.pickup_codes.delete {"id":"5"}` {
		t.Errorf("commands %q", rows)
	}
	before = a.snapshot(t)
	wantAnswer(t, a.do(t, all), 200, ok) // nothing was there to cancel
	a.wantUnchanged(t, before)
}

// What the machine is told of a new code (mqtt.md §5.14).
func TestIssueTellsTheMachine(t *testing.T) {
	a := newAPI(t)
	a.exec(t, "UPDATE machines SET timezone = 'Europe/Berlin' WHERE id = 1")
	before := a.snapshot(t)
	issue := fields{"machine_no": "16327129", "method": "pickup_code.product.id", "product_id": "131", "code_length": "7"}
	wantAnswer(t, a.do(t, post("/pickup_codes", issue.with("expired_at", "2024-12-31 23:59:59"))), 200, `{"code":0,"message":"ok","data":{}}`)
	wantAnswer(t, a.do(t, post("/pickup_codes", issue)), 200, `{"code":0,"message":"ok","data":{}}`)
	a.wantUnchanged(t, before, "pickup_codes", "commands")
	codes := a.column(t, "SELECT code FROM pickup_codes ORDER BY id")
	want := []string{
		`client.pickup_codes.create {"code":"` + codes[0] + `","expired_at":"1735685999000","expired_day":"2024-12-31 23:59:59","id":"1","product_id":"131","quantity":"1","used":"0"}`,
		`client.pickup_codes.create {"code":"` + codes[1] + `","id":"2","product_id":"131","quantity":"1","used":"0"}`,
	}
	if rows := a.column(t, "SELECT method, fields FROM commands ORDER BY id"); strings.Join(rows, "\n") != strings.Join(want, "\n") {
		t.Errorf("commands\n%s\nwant\n%s", strings.Join(rows, "\n"), strings.Join(want, "\n"))
	}
	// Shown as it was passed, in the machine's zone.
	got := a.do(t, post("/products/131/pickup_code", fields{"machine_no": "16327129"}))
	wantAnswer(t, got, 200, `{"code":0,"message":"ok","data":[
		{"id":1,"code":"`+codes[0]+`","status":"UNUSED","created_at":"2024-04-29 03:20:55","expired_at":"2024-12-31 23:59:59","quantity":1},
		{"id":2,"code":"`+codes[1]+`","status":"UNUSED","created_at":"2024-04-29 03:20:55","quantity":1}]}`)
}

// With debug on, calls succeed for an offline machine (openapi.md §3.2), but
// for dispensing; TestDeliveryOrderOfChecks has that.
func TestDebugMode(t *testing.T) {
	a := shopWithOrder(t)
	a.Online(t, false)
	calls := []call{
		post("/rent/machines/16327129", nil),
		post("/products", fields{"machine_no": "16327129"}),
		post("/consumes", consumption),
	}
	for _, c := range calls {
		before := a.snapshot(t)
		wantRefusal(t, a.do(t, c), 30002, "")
		a.wantUnchanged(t, before)
	}
	a.exec(t, "UPDATE merchants SET debug = TRUE WHERE id = 1")
	for _, c := range calls {
		wantOK(t, a.do(t, c))
	}
	// A replay is answered whatever the machine does (consume.md §10).
	a.exec(t, "UPDATE merchants SET debug = FALSE WHERE id = 1")
	wantRefusal(t, a.do(t, post("/consumes", consumption)), 10025, `{"order_id":2}`)
}
