package openapi_test

import (
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
