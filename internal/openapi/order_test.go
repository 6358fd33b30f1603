package openapi_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/openapi"
)

// rung is one step of a ladder: fix repairs what the rung before complained
// about, and now the call must be refused with code. Everything that later
// rungs complain about is wrong from the start, so a check out of its order
// shows.
type rung struct {
	name string
	fix  func(c *call)
	code int
	data string
}

// counted are the answers that count for the wrong-code lock (consume.md §5).
var counted = []int{10024, 10026, 10027, 10028}

func (a *api) climb(t *testing.T, c call, rungs []rung) call {
	t.Helper()
	for _, r := range rungs {
		if !t.Run(r.name, func(t *testing.T) {
			r.fix(&c)
			before := a.snapshot(t)
			wantRefusal(t, a.do(t, c), r.code, r.data)
			if slices.Contains(counted, r.code) {
				a.wantUnchanged(t, before, "wrong_codes")
			} else {
				a.wantUnchanged(t, before)
			}
		}) {
			t.FailNow()
		}
	}
	return c
}

func set(name string, value any) func(*call) {
	return func(c *call) { c.payload = c.payload.with(name, value) }
}

func reason(field, why string) string {
	return fmt.Sprintf(`{"field":%q,"reason":%q}`, field, why)
}

func (a *api) sqlFix(t testing.TB, queries ...string) func(*call) {
	return func(*call) {
		for _, q := range queries {
			a.exec(t, q)
		}
	}
}

// limited switches the limits of openapi.md §1.3 on as they are by default,
// but with a smaller limit of failed authentications.
func limited(c *openapi.Config) {
	c.RequestsPerSecond, c.Burst, c.AuthFailures, c.AuthWindow = 50, 100, 20, 300_000
}

// commonRungs are G1–G12 of openapi.md §3.1. They expect a call as allWrong
// makes it and leave one whose fields come next. method "" leaves G12 out.
func (a *api) commonRungs(t *testing.T, method string) []rung {
	rungs := []rung{
		{"G1 verb", func(*call) {}, 404, ""},
		{"G2 blocked address", func(c *call) { c.verb = strings.TrimPrefix(c.verb, "X") }, 429, `{"retry_after":300}`},
		{"G3 headers", func(c *call) { c.remote = "192.0.2.2:1" }, 10008, ""},
		{"G3 only AppId", func(c *call) { c.by.appID = "vmffffffffffffffff" }, 10008, ""},
		{"G4 AppId", func(c *call) { c.by.secret = "wrong" }, 10014, ""},
		{"G5 AppSecret", func(c *call) { c.by.appID = shop.appID }, 10013, ""},
		{"G6 merchant not verified", func(c *call) { c.by.secret = shop.secret }, 10010, ""},
		{"G7 merchant expired", a.sqlFix(t, "UPDATE merchants SET status = 'VERIFIED' WHERE id = 1"), 10009, ""},
		{"G8 rate limit", a.sqlFix(t, "UPDATE merchants SET expired_at = 1714353656000 WHERE id = 1"), 429, `{"retry_after":1}`},
		{"G9 envelope", func(*call) {
			a.Advance(2 * time.Second)
			a.exec(t, "UPDATE merchants SET expired_at = 0 WHERE id = 1")
		}, 400, ""},
		{"G10 sign", func(c *call) { c.body = "" }, 10015, ""},
		{"G11 timestamp", func(c *call) { c.by.key = shop.key }, 10016, `{"server_time":1714353657}`},
	}
	if method != "" {
		rungs = append(rungs,
			rung{"G12 method", set("timestamp", "1714353657"), 10017, ""},
			rung{"G12 method absent", set("method", omit), 10017, ""},
			rung{"G12 method empty", set("method", ""), 10017, ""},
			rung{"G12 method not a string", set("method", true), 10017, ""},
		)
	}
	return rungs
}

// allWrong makes G1–G12 fail: a verb nobody knows, a blocked address, no
// headers, a merchant that may not call and has used up its rate, a body that
// is no envelope, a wrong key, an old timestamp and an unknown method.
func (a *api) allWrong(t *testing.T, verb, path string, payload fields) call {
	t.Helper()
	const blocked = "198.51.100.1:1"
	for range 20 {
		c := post("/ping", nil)
		c.by.secret, c.remote = "wrong", blocked
		wantRefusal(t, a.do(t, c), 10013, "")
	}
	for range 100 {
		wantOK(t, a.do(t, post("/ping", nil)))
	}
	a.exec(t, "UPDATE merchants SET status = 'PENDING', expired_at = 1714353655000 WHERE id = 1")
	return call{
		verb: "X" + verb, path: path, remote: blocked, by: credentials{key: "wrong"}, body: "[]",
		payload: payload.with("method", "wrong", "timestamp", "1714353056"),
	}
}

// consume.md §3, steps 1–30.
func TestConsumeOrderOfChecks(t *testing.T) {
	a := newAPI(t, limited)
	// An order with the trade_id from this very code on this machine.
	a.AddCode(t, "5288640", 131, 0)
	const first = "20240429000000000001"
	done, err := a.Consume(t.Context(), "5288640", 131, first)
	if err != nil || done.OrderID != 1 || done.CodeID != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
	c := a.allWrong(t, "POST", "/consumes", fields{
		"machine_no": "x1", "code": "12345", "product_id": true, "notify_url": omit,
	})
	a.exec(t, "INSERT INTO wrong_codes (machine_id, attempts, locked_until) VALUES (1, '[]', 1714353660001)")
	a.exec(t, "UPDATE machines SET pickup_code_enabled = FALSE, status = 'TRANSFER' WHERE id = 1")
	a.exec(t, "UPDATE presence SET is_online = FALSE WHERE machine_id = 1")
	a.exec(t, "UPDATE products SET good_id = 0, on_sale = FALSE, channel_id = 0, floor_status = '3', current_inventory = 0 WHERE id = 131")

	rungs := append(a.commonRungs(t, "event.consume.pickup_code"),
		// Step 13: presence and type of all fields, then formats in their order.
		rung{"13 type", set("method", "event.consume.pickup_code"), 10001, reason("product_id", "type")},
		rung{"13 presence", set("product_id", "0"), 10001, reason("notify_url", "required")},
		rung{"13 machine_no", set("notify_url", "ftp://merchant.example"), 10001, reason("machine_no", "format")},
		rung{"13 code", set("machine_no", "99999999"), 10001, reason("code", "format")},
		rung{"13 product_id", set("code", "5288640"), 10001, reason("product_id", "range")},
		rung{"13 notify_url scheme", set("product_id", "132"), 10001, reason("notify_url", "url_scheme")},
		rung{"13 notify_url user info", set("notify_url", "https://u:p@merchant.example/"), 10001, reason("notify_url", "format")},
		rung{"13 notify_url target", set("notify_url", "http://127.0.0.1:8080/"), 10001, reason("notify_url", "url_forbidden_target")},
		rung{"14 trade_id absent", set("notify_url", "https://merchant.example/notify"), 40001, ""},
		rung{"14 trade_id empty", set("trade_id", ""), 40001, ""},
		rung{"14 trade_id malformed", set("trade_id", "1234567890123456789"), 40001, ""},
		rung{"15 machine", set("trade_id", first), 30003, ""},
		rung{"15 machine of another merchant", set("machine_no", rivalMachine), 30003, ""},
		rung{"16 replay by trade_id", set("machine_no", "16327129"), 10025, `{"order_id":1}`},
		rung{"17 trade_id of another code", a.sqlFix(t, "UPDATE pickup_codes SET code = '7777777' WHERE id = 1"), 40002, `{"order_id":1}`},
		rung{"17 trade_id of another machine", a.sqlFix(t, "UPDATE pickup_codes SET code = '5288640' WHERE id = 1", "UPDATE orders SET machine_id = 2 WHERE id = 1"), 40002, `{"order_id":1}`},
		rung{"17 trade_id of an order without a code", a.sqlFix(t, "UPDATE orders SET machine_id = 1, pickup_code_id = 0 WHERE id = 1"), 40002, `{"order_id":1}`},
		rung{"18 replay by code", set("trade_id", "20240429000000000002"), 10025, `{"order_id":1}`},
		rung{"18 used at the machine", a.sqlFix(t, "UPDATE pickup_codes SET order_id = 0"), 10025, ""},
		rung{"19 lock", a.sqlFix(t, "DELETE FROM pickup_codes"), 10029, `{"retry_after":4}`},
		rung{"20 codes off", a.sqlFix(t, "DELETE FROM wrong_codes"), 10023, ""},
		rung{"21 transfer", a.sqlFix(t, "UPDATE machines SET pickup_code_enabled = TRUE WHERE id = 1"), 30006, ""},
		rung{"22 maintenance", a.sqlFix(t, "UPDATE machines SET status = 'MAINTENANCE' WHERE id = 1"), 30004, ""},
		rung{"23 offline", a.sqlFix(t, "UPDATE machines SET status = 'OPERATIONAL' WHERE id = 1"), 30002, ""},
		rung{"24 no such code", a.sqlFix(t, "UPDATE presence SET is_online = TRUE WHERE machine_id = 1"), 10024, ""},
		rung{"24 only on another machine", a.sqlFix(t, `INSERT INTO pickup_codes (machine_id, product_id, code, quantity, state, created_at, expired_at, finished_at, order_id, trade_id)
			VALUES (2, 131, '5288640', 2, 'UNUSED', 1, 1714353657000, 0, 0, '')`), 10024, ""},
		rung{"25 cancelled", a.sqlFix(t, "UPDATE pickup_codes SET machine_id = 1, state = 'CANCELLED'"), 10027, ""},
		rung{"25 expired and swept", a.sqlFix(t, "UPDATE pickup_codes SET state = 'EXPIRED'"), 10026, ""},
		rung{"25 expired this moment, not swept", a.sqlFix(t, "UPDATE pickup_codes SET state = 'UNUSED'"), 10026, ""},
		rung{"26 other product", a.sqlFix(t, "UPDATE pickup_codes SET expired_at = 1714353657001"), 10028, ""},
		rung{"27 no good", set("product_id", "131"), 60001, `{"product_id":131}`},
		rung{"27 off sale", a.sqlFix(t, "UPDATE products SET good_id = 1 WHERE id = 131"), 60002, `{"product_id":131}`},
		rung{"28 no channel", a.sqlFix(t, "UPDATE products SET on_sale = TRUE WHERE id = 131"), 60005, ""},
		rung{"28 channel without a board", a.sqlFix(t, "UPDATE products SET channel_id = 1 WHERE id = 131", "UPDATE model_boards SET addr = 2 WHERE model_id = 1"), 60005, ""},
		rung{"28 channel fault", a.sqlFix(t, "UPDATE model_boards SET addr = 1 WHERE model_id = 1"), 60006, `{"floor_status":"3"}`},
		rung{"28 channel status 47", a.sqlFix(t, "UPDATE products SET floor_status = '47' WHERE id = 131"), 60006, `{"floor_status":"47"}`},
		rung{"28 channel status 0", a.sqlFix(t, "UPDATE products SET floor_status = '0' WHERE id = 131"), 60006, `{"floor_status":"0"}`},
		rung{"29 no stock", a.sqlFix(t, "UPDATE products SET floor_status = '1' WHERE id = 131"), 60003, `{"product_id":131}`},
		rung{"29 one piece for a code of two", a.sqlFix(t, "UPDATE products SET current_inventory = 1 WHERE id = 131"), 60003, `{"product_id":131}`},
	)
	c = a.climb(t, c, rungs)

	a.exec(t, "UPDATE products SET current_inventory = 2 WHERE id = 131")
	wantAnswer(t, a.do(t, c), 200, `{"code":0,"message":"ok","data":{"order_id":2,"trade_id":"20240429000000000002",
		"date":"2024-04-29","amount":"2.00","status":"PICKUPCODE","records":[
		{"id":2,"product_id":131,"quantity":2,"price":"2.00","status":"未取货","notify_sent":"0"}],"pickup_code_id":2}}`)
	if got := a.Stock(t, 131); got != 0 {
		t.Errorf("stock %d, want 0", got)
	}
}

// openapi.md §7.8.
func TestIssueOrderOfChecks(t *testing.T) {
	a := newAPI(t, limited)
	c := a.allWrong(t, "POST", "/pickup_codes", fields{
		"machine_no": "", "product_id": "x", "code_length": "5", "count": "0", "expired_at": "2024-02-30 00:00:00", "quantity": "many",
	})
	a.exec(t, "UPDATE machines SET pickup_code_enabled = FALSE, status = 'TRANSFER' WHERE id = 1")
	a.exec(t, "UPDATE products SET good_id = 0, on_sale = FALSE WHERE id = 131")
	a.Online(t, false) // never asked for
	c = a.climb(t, c, append(a.commonRungs(t, "pickup_code.product.id"),
		rung{"fields: presence", set("method", "pickup_code.product.id"), 10001, reason("machine_no", "required")},
		rung{"fields: format", set("machine_no", "99999999"), 10001, reason("product_id", "format")},
		rung{"1 code_length", set("product_id", "131"), 10031, ""},
		rung{"1 code_length too long", set("code_length", "11"), 10031, ""},
		rung{"2 count", set("code_length", "10"), 10033, ""},
		rung{"2 count negative", set("count", "-1"), 10033, ""},
		rung{"3 expired_at malformed", set("count", "11"), 10032, ""},
		rung{"4 machine", set("expired_at", "2024-04-29 09:20:57"), 30003, ""},
		rung{"4 machine of another merchant", set("machine_no", rivalMachine), 30003, ""},
		rung{"4 transfer", set("machine_no", "16327129"), 30006, ""},
		rung{"5 codes off", a.sqlFix(t, "UPDATE machines SET status = 'MAINTENANCE' WHERE id = 1"), 10023, ""},
		rung{"6 expired_at is now", a.sqlFix(t, "UPDATE machines SET pickup_code_enabled = TRUE WHERE id = 1"), 10032, ""},
		rung{"7 product without a good", set("expired_at", "2024-04-29 09:20:58"), 60001, `{"product_id":131}`},
		rung{"8 off sale", a.sqlFix(t, "UPDATE products SET good_id = 1 WHERE id = 131"), 60002, `{"product_id":131}`},
		rung{"9 count above the capacity", a.sqlFix(t, "UPDATE products SET on_sale = TRUE WHERE id = 131"), 10033, `{"max":10}`},
		rung{"9 count far above the capacity", set("count", 10_000_000_000), 10033, `{"max":10}`},
	))
	c.payload = c.payload.with("count", "10")
	wantAnswer(t, a.do(t, c), 200, `{"code":0,"message":"ok","data":{}}`)
	if n := len(a.column(t, "SELECT * FROM pickup_codes WHERE expired_at = 1714353658000 AND quantity = 1 AND LENGTH(code) = 10")); n != 10 {
		t.Errorf("%d codes, want 10", n)
	}
	if got := a.Stock(t, 131); got != 10 {
		t.Errorf("stock %d: making codes takes none", got)
	}
}

// openapi.md §7.9: checks 1, 3, 4, 5 and 6 of §7.8.
func TestIssueAllOrderOfChecks(t *testing.T) {
	a := newAPI(t, limited)
	c := a.allWrong(t, "POST", "/pickup_codes", fields{
		"machine_no": true, "code_length": "x", "expired_at": 1714353658, "count": "0", "product_id": "x",
	})
	a.exec(t, "UPDATE machines SET pickup_code_enabled = FALSE, status = 'TRANSFER' WHERE id = 1")
	c = a.climb(t, c, append(a.commonRungs(t, "pickup_code.product.all"),
		rung{"fields", set("method", "pickup_code.product.all"), 10001, reason("machine_no", "type")},
		rung{"1 code_length", set("machine_no", "99999999"), 10031, ""},
		rung{"3 expired_at", set("code_length", 7), 10032, ""},
		rung{"4 machine", set("expired_at", "2024-04-29 09:20:57"), 30003, ""},
		rung{"4 transfer", set("machine_no", "16327129"), 30006, ""},
		rung{"5 codes off", a.sqlFix(t, "UPDATE machines SET status = 'OPERATIONAL' WHERE id = 1"), 10023, ""},
		rung{"6 expired_at is now", a.sqlFix(t, "UPDATE machines SET pickup_code_enabled = TRUE WHERE id = 1"), 10032, ""},
	))
	a.exec(t, "UPDATE products SET on_sale = FALSE WHERE id = 131")
	a.exec(t, "UPDATE products SET good_id = 0 WHERE id = 132")
	a.exec(t, "UPDATE products SET current_inventory = 0 WHERE id = 133") // whatever its stock
	c.payload = c.payload.with("expired_at", nil)
	wantAnswer(t, a.do(t, c), 200, `{"code":0,"message":"ok","data":{}}`)
	codes := a.column(t, "SELECT product_id FROM pickup_codes WHERE LENGTH(code) = 7 AND expired_at = 0 ORDER BY id")
	if got := strings.Join(codes, ","); got != "133,134,135,136,137,138,139,140,141,142" {
		t.Errorf("codes for products %s", got)
	}

	a.exec(t, "UPDATE products SET on_sale = FALSE WHERE machine_id = 1")
	before := a.snapshot(t)
	wantAnswer(t, a.do(t, c), 200, `{"code":0,"message":"ok","data":{}}`)
	a.wantUnchanged(t, before)
}

// openapi.md §7.17.
func TestDeliveryOrderOfChecks(t *testing.T) {
	a := newAPI(t, limited)
	a.AddCode(t, "5288640", 131, 0)
	a.AddCode(t, "5288641", 132, 0)
	for i, code := range []string{"5288640", "5288641"} {
		if _, err := a.Consume(t.Context(), code, 131+int64(i), fmt.Sprintf("2024042900000000000%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	c := a.allWrong(t, "POST", "/deliveries", fields{
		"machine_no": nil, "order_id": "x", "record_id": 0, "force": "2",
	})
	a.exec(t, "UPDATE merchants SET debug = TRUE WHERE id = 1") // has no influence
	a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE id = 1")
	a.Online(t, false)
	a.exec(t, "UPDATE orders SET status = 9 WHERE id = 1")
	const older, newer = 1714353600000001, 1714353600000002
	for _, id := range []int64{older, newer} {
		a.exec(t, `INSERT INTO deliveries (id, machine_id, order_id, record_id, product_id, quantity, delivered, state, delivered_at, timeout_at, pickup_at, finished_at, fail_reason)
			VALUES ($1, 1, 1, 1, 131, 1, 0, 'TIMEOUT', 1714353600000, 1714353600000, 0, 1714353600000, 'Delivery Timeout')`, id)
	}
	a.exec(t, "UPDATE records SET state = 'IS_REFUND', delivery_id = $1 WHERE id = 1", newer)
	a.exec(t, "UPDATE products SET channel_id = 0, floor_status = '2' WHERE id = 131")
	a.exec(t, "INSERT INTO dispense_locks (machine_id, delivery_id, locked_until) VALUES (1, $1, 1714353658500)", newer)
	delivered := func(state string) string {
		return `{"delivery_id":"1714353600000002","state":"` + state + `"}`
	}
	state := func(record, delivery string) func(*call) {
		return a.sqlFix(t, "UPDATE records SET state = '"+record+"' WHERE id = 1", "UPDATE deliveries SET state = '"+delivery+"' WHERE id = 1714353600000002")
	}
	status := func(n int) func(*call) {
		return a.sqlFix(t, fmt.Sprintf("UPDATE orders SET status = %d WHERE id = 1", n))
	}
	c = a.climb(t, c, append(a.commonRungs(t, "device.delivery.put"),
		rung{"fields: presence", set("method", "device.delivery.put"), 10001, reason("machine_no", "required")},
		rung{"fields: format", set("machine_no", "99999999"), 10001, reason("order_id", "format")},
		rung{"fields: range", set("order_id", "77"), 10001, reason("record_id", "range")},
		rung{"fields: force", set("record_id", "77"), 10001, reason("force", "range")},
		rung{"1 machine", set("force", ""), 30003, ""},
		rung{"1 machine of another merchant", set("machine_no", rivalMachine), 30003, ""},
		rung{"1 transfer", set("machine_no", "16327129"), 30006, ""},
		rung{"1 maintenance", a.sqlFix(t, "UPDATE machines SET status = 'MAINTENANCE' WHERE id = 1"), 30004, ""},
		rung{"1 offline in spite of debug", a.sqlFix(t, "UPDATE machines SET status = 'OPERATIONAL' WHERE id = 1"), 30002, ""},
		rung{"2 order", a.sqlFix(t, "UPDATE presence SET is_online = TRUE WHERE machine_id = 1"), 80002, ""},
		rung{"2 record", set("order_id", "1"), 80002, ""},
		rung{"2 record of another order", set("record_id", "2"), 80002, ""},
		rung{"2 order of another machine", func(c *call) {
			set("record_id", "1")(c)
			a.exec(t, "UPDATE orders SET machine_id = 2 WHERE id = 1")
		}, 80002, ""},
		rung{"3 expired", a.sqlFix(t, "UPDATE orders SET machine_id = 1 WHERE id = 1"), 40005, `{"order_id":1,"status":"CLOSED","trade_id":"20240429000000000000"}`},
		rung{"4 NOTPAY", status(0), 40007, ""},
		rung{"4 USERPAYING", status(5), 40007, ""},
		rung{"4 PAYERROR", status(6), 40007, ""},
		rung{"5 REFUND", status(2), 40009, ""},
		rung{"5 CLOSED", status(3), 40009, ""},
		rung{"5 REVOKED", status(4), 40009, ""},
		rung{"5 TESTPAY", status(8), 40009, ""},
		rung{"5 record refunded", status(7), 40009, ""},
		rung{"6 delivering, pending", state("IS_DELIVERING", "PENDING"), 40008, delivered("PENDING")},
		rung{"6 delivering, sent", state("IS_DELIVERING", "SENT"), 40008, delivered("SENT")},
		rung{"6 success", state("IS_SUCCESS", "SUCCESS"), 40008, delivered("SUCCESS")},
		rung{"6 success with force", set("force", "1"), 40008, delivered("SUCCESS")},
		rung{"6 picked up", state("IS_PICKED_UP", "PICKED_UP"), 40008, delivered("PICKED_UP")},
		rung{"6 time-out without force", func(c *call) {
			set("force", 0)(c)
			state("IS_TIMEOUT", "TIMEOUT")(c)
		}, 40008, delivered("TIMEOUT")},
		rung{"7 no channel", set("force", 1), 60005, ""},
		rung{"7 channel fault", a.sqlFix(t, "UPDATE products SET channel_id = 1 WHERE id = 131"), 60006, `{"floor_status":"2"}`},
		rung{"8 lock", a.sqlFix(t, "UPDATE products SET floor_status = '1' WHERE id = 131"), 30005, `{"delivery_id":"1714353600000002","retry_after":2}`},
	))
	a.exec(t, "UPDATE dispense_locks SET locked_until = 1714353657000") // runs out this very moment
	wantOK(t, a.do(t, c))
}

// The common checks of every endpoint in scope, in their order.
func TestCommonChecks(t *testing.T) {
	for _, e := range []struct {
		verb, path, method string
		bare               bool
	}{
		{"POST", "/ping", "", true},
		{"POST", "/rent/machines", "", true},
		{"POST", "/rent/machines/16327129", "", true},
		{"POST", "/products", "", false},
		{"POST", "/products/131/pickup_code", "", false},
		{"POST", "/pickup_codes", "pickup_code.product.id", false},
		{"PUT", "/pickup_codes", "pickup_code.delete.all", false},
		{"POST", "/consumes", "event.consume.pickup_code", false},
		{"POST", "/orders/1", "", false},
		{"POST", "/deliveries", "device.delivery.put", false},
		{"POST", "/deliveries/1714353600000001", "", false},
		{"POST", "/pickup_codes", "pickup_code.product.all", false},
		{"PUT", "/pickup_codes", "pickup_code.delete.id", false},
	} {
		t.Run(e.verb+e.path, func(t *testing.T) {
			a := newAPI(t, limited)
			rungs := a.commonRungs(t, e.method)
			if e.bare {
				rungs = rungs[:slices.IndexFunc(rungs, func(r rung) bool { return strings.HasPrefix(r.name, "G9") })]
			}
			c := a.climb(t, a.allWrong(t, e.verb, e.path, fields{"machine_no": "16327129"}), rungs)
			if e.bare {
				a.Advance(2 * time.Second)
				a.exec(t, "UPDATE merchants SET expired_at = 0 WHERE id = 1")
				wantOK(t, a.do(t, c))
			}
		})
	}
}
