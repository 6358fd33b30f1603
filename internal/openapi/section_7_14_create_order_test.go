package openapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/provision"
)

// orderExample is the example body of openapi.md §7.14.
const orderExample = `{
  "machine_no": "16327129",
  "notify_url": "https://merchant.example/notify",
  "trade_id": "3f2a58ad69b74e86b8a1a3da6fd75cc1",
  "products": [
    {
      "product_id": 121,
      "quantity": 1
    },
    {
      "product_id": 122,
      "quantity": 1
    },
    {
      "product_id": 131,
      "quantity": 1
    }
  ]
}`

// orderShop sells the products of the example, and its next order and record
// are the example's.
func orderShop(t testing.TB) *api {
	t.Helper()
	a := shopOf(t,
		provision.Channel{ProductID: 131, Motor: 0, Good: "cola", Capacity: 10},
		provision.Channel{ProductID: 121, Motor: 20, Good: "cola", Capacity: 10, Stock: 10},
		provision.Channel{ProductID: 122, Motor: 21, Good: "cola", Capacity: 10, Stock: 10},
	)
	a.nextID(t, "orders", 54)
	a.nextID(t, "records", 70)
	return a
}

func unwrapped(body string) call { return call{verb: "POST", path: "/orders", body: body, by: shop} }

// newOrder is the body of an order of the fixture's shop.
func newOrder(t testing.TB, f fields) string {
	t.Helper()
	body := fields{
		"machine_no": "16327129", "notify_url": "https://merchant.example/notify", "trade_id": "20240429000000000001",
		"products": raw(`[{"product_id":131,"quantity":1}]`),
	}
	maps.Copy(body, f)
	for name, value := range body {
		if value == omit {
			delete(body, name)
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func (a *api) order(t testing.TB, f fields) answer {
	t.Helper()
	return a.do(t, unwrapped(newOrder(t, f)))
}

func TestSection714(t *testing.T) {
	a := orderShop(t)
	before := a.snapshot(t)
	wantValue(t, a.do(t, unwrapped(orderExample)), `{
  "code": 0,
  "message": "ok",
  "data": {
    "order_id": 54
  }
}`)
	a.wantRow(t, "SELECT id, merchant_id, machine_id, trade_id, status, date, amount, notify_url, notify_send_count, pickup_code_id, created_at, expires_at FROM orders",
		"54 1 1 3f2a58ad69b74e86b8a1a3da6fd75cc1 0 2024-04-29 300 https://merchant.example/notify 0 0 1714353655000 1714354855000")
	records := a.column(t, "SELECT id, order_id, product_id, quantity, price, state, delivered FROM records ORDER BY id")
	if want := []string{"70 54 121 1 100 WAITING_PICKED_UP 0", "71 54 122 1 100 WAITING_PICKED_UP 0", "72 54 131 1 100 WAITING_PICKED_UP 0"}; !slices.Equal(records, want) {
		t.Errorf("records %q, want %q", records, want)
	}
	for _, id := range []int64{121, 122, 131} {
		if got := a.Stock(t, id); got != 9 {
			t.Errorf("stock of %d is %d, want 9", id, got)
		}
	}
	a.wantUnchanged(t, before, "orders", "records", "products") // no command, no callback
}

func TestSection714Failure(t *testing.T) {
	a := orderShop(t)
	a.exec(t, "UPDATE products SET on_sale = FALSE WHERE id = 122")
	before := a.snapshot(t)
	wantValue(t, a.do(t, unwrapped(orderExample)), `{
  "code": 60002,
  "message": "商品已下架",
  "data": {
    "product_id": 122
  }
}`)
	a.wantUnchanged(t, before)
}

// openapi.md §7.14 after G1–G9: the body has no signature, no timestamp and no
// method to check.
func TestCreateOrderOfChecks(t *testing.T) {
	a := newAPI(t, limited)
	const taken = "20240429000000000001"
	a.exec(t, `INSERT INTO orders (id, merchant_id, machine_id, trade_id, trade_key, status, date, amount, notify_url, notify_send_count, pickup_code_id, created_at, expires_at)
		VALUES (1, 1, 2, $1, $1, 3, '2024-04-29', 100, '', 0, 0, 1714353655000, 0)`, taken)
	a.nextID(t, "orders", 7)
	c := a.allWrong(t, "POST", "/orders", fields{})
	a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE id = 1")
	a.Online(t, false)
	a.exec(t, "UPDATE products SET good_id = 0, on_sale = FALSE, channel_id = 0, floor_status = '2', current_inventory = 4 WHERE id = 132")
	a.exec(t, "UPDATE model_boards SET floor_type = 3")
	body := fields{"machine_no": "x1", "notify_url": omit, "trade_id": "", "products": true}
	change := func(name string, value any) func(*call) {
		return func(c *call) {
			body[name] = value
			c.body = newOrder(t, body)
		}
	}
	both := func(fix func(*call)) func(*call) {
		return func(c *call) {
			fix(c)
			c.body = newOrder(t, body)
		}
	}
	common := a.commonRungs(t, "")
	common = common[:slices.IndexFunc(common, func(r rung) bool { return strings.HasPrefix(r.name, "G10") })]
	product := func(code int) (int, string) { return code, `{"product_id":132}` }
	unknown, unknownData := product(60001)
	off, offData := product(60002)
	stock, stockData := product(60003)
	c = a.climb(t, c, append(common,
		rung{"2 notify_url", both(func(*call) {}), 10001, reason("notify_url", "required")},
		rung{"2 products is no array", change("notify_url", "ftp://merchant.example"), 10001, reason("products", "type")},
		rung{"2 element is no object", change("products", raw(`[{"product_id":"x","quantity":100},5]`)), 10001, reason("products[1]", "type")},
		rung{"2 presence in a later line", change("products", raw(`[{"product_id":"x","quantity":100},{"product_id":1}]`)), 10001, reason("products[1].quantity", "required")},
		rung{"2 machine_no", change("products", raw(`[{"product_id":"x","quantity":100},{"product_id":1,"quantity":1}]`)), 10001, reason("machine_no", "format")},
		rung{"2 notify_url scheme", change("machine_no", "99999999"), 10001, reason("notify_url", "url_scheme")},
		rung{"2 notify_url target", change("notify_url", "https://10.0.0.1/"), 10001, reason("notify_url", "url_forbidden_target")},
		rung{"2 product_id", change("notify_url", "https://merchant.example/notify"), 10001, reason("products[0].product_id", "format")},
		rung{"2 quantity", change("products", raw(`[{"product_id":131,"quantity":100}]`)), 10001, reason("products[0].quantity", "range")},
		rung{"3 trade_id empty", change("products", raw(`[{"product_id":132,"quantity":2},{"product_id":131,"quantity":1},{"product_id":"132","quantity":"3"},{"product_id":999,"quantity":1}]`)), 40001, ""},
		rung{"3 trade_id absent", change("trade_id", omit), 40001, ""},
		rung{"3 trade_id malformed", change("trade_id", "short"), 40001, ""},
		rung{"4 machine", change("trade_id", taken), 30003, ""},
		rung{"4 machine of another merchant", change("machine_no", rivalMachine), 30003, ""},
		rung{"5 trade_id exists", change("machine_no", "16327129"), 40002, `{"order_id":1}`},
		rung{"6 transfer", change("trade_id", "20240429000000000002"), 30006, ""},
		rung{"6 maintenance", a.sqlFix(t, "UPDATE machines SET status = 'MAINTENANCE' WHERE id = 1"), 30004, ""},
		rung{"6 offline", a.sqlFix(t, "UPDATE machines SET status = 'OPERATIONAL' WHERE id = 1"), 30002, ""},
		rung{"7 no good", a.sqlFix(t, "UPDATE presence SET is_online = TRUE WHERE machine_id = 1"), unknown, unknownData},
		rung{"7 off sale", a.sqlFix(t, "UPDATE products SET good_id = 1 WHERE id = 132"), off, offData},
		rung{"7 no channel", a.sqlFix(t, "UPDATE products SET on_sale = TRUE WHERE id = 132"), 60005, ""},
		rung{"7 channel fault", a.sqlFix(t, "UPDATE products SET channel_id = 2 WHERE id = 132"), 60006, `{"floor_status":"2"}`},
		rung{"7 stock for the sum of the lines", a.sqlFix(t, "UPDATE products SET floor_status = '1' WHERE id = 132"), stock, stockData},
		rung{"7 a later line", a.sqlFix(t, "UPDATE products SET current_inventory = 5 WHERE id = 132"), 60001, `{"product_id":999}`},
		rung{"7 a later line of the rival's", change("products", raw(`[{"product_id":132,"quantity":2},{"product_id":131,"quantity":1},{"product_id":"132","quantity":"3"},{"product_id":231,"quantity":1}]`)), 60001, `{"product_id":231}`},
		rung{"8 one piece per dispense", change("products", raw(`[{"product_id":131,"quantity":1},{"product_id":132,"quantity":2},{"product_id":"132","quantity":"3"}]`)), 10001, reason("products[1].quantity", "single_item_only")},
	))
	a.exec(t, "UPDATE model_boards SET drop_detection = FALSE")
	wantAnswer(t, a.do(t, c), 200, `{"code":0,"message":"ok","data":{"order_id":7}}`)
	if got := a.Stock(t, 132); got != 0 {
		t.Errorf("stock %d, want 0: two lines of 2 and 3 pieces", got)
	}
	a.wantRow(t, "SELECT COUNT(*), SUM(quantity), SUM(price) FROM records WHERE order_id = 7", "3 6 600")
}

// What is no JSON object is 400 (errors.md §2).
func TestCreateOrderBody(t *testing.T) {
	a := newAPI(t)
	long := func(n int) string { // a body of n bytes
		text := newOrder(t, fields{"padding": ""})
		return newOrder(t, fields{"padding": strings.Repeat("x", n-len(text))})
	}
	before := a.snapshot(t)
	for name, body := range map[string]string{
		"empty": " ", "not JSON": "order", "array": "[]", "string": `"x"`, "null": "null", "number": "1",
		"two objects": newOrder(t, nil) + newOrder(t, nil), "cut off": newOrder(t, nil)[:40], "not UTF-8": "{\"machine_no\":\"\xff\"}",
		"duplicate members":           `{"machine_no":"16327129","machine_no":"16327129"}`,
		"duplicate members in a line": strings.Replace(newOrder(t, nil), `"quantity":1`, `"quantity":1,"quantity":1`, 1),
		"nested too deep":             newOrder(t, fields{"deep": raw(strings.Repeat("[", 9) + strings.Repeat("]", 9))}),
		"larger than 64 KiB":          long(64<<10 + 1),
	} {
		t.Run(name, func(t *testing.T) { wantRefusal(t, a.do(t, unwrapped(body)), 400, "") })
	}
	// An envelope is an object too, but names none of the fields.
	wantRefusal(t, a.do(t, unwrapped(envelope(newOrder(t, nil)))), 10001, reason("machine_no", "required"))
	a.wantUnchanged(t, before)
	wantOK(t, a.do(t, unwrapped(long(64<<10))))
}

// Everything that is wrong with one field alone, with its path.
func TestCreateOrderFields(t *testing.T) {
	a := newAPI(t)
	before := a.snapshot(t)
	check := func(f fields, field, why string) {
		t.Helper()
		wantRefusal(t, a.order(t, f), 10001, reason(field, why))
		if t.Failed() {
			t.Fatalf("%v", f)
		}
	}
	for name, k := range map[string]kind{"machine_no": digitText, "notify_url": words} {
		for why, values := range badValues(k, true) {
			for _, value := range values {
				check(fields{name: value}, name, why)
			}
		}
	}
	line := func(f fields) fields {
		full := fields{"product_id": 131, "quantity": 1}.with(pairs(f)...)
		maps.DeleteFunc(full, func(_ string, v any) bool { return v == omit })
		return fields{"products": []fields{{"product_id": 132, "quantity": 1}, full}}
	}
	for _, name := range []string{"product_id", "quantity"} {
		for why, values := range badValues(integer, true) {
			for _, value := range values {
				check(line(fields{name: value}), "products[1]."+name, why)
			}
		}
	}
	check(line(fields{"quantity": "100"}), "products[1].quantity", "range")
	lines := func(n int) json.RawMessage {
		return raw("[" + strings.TrimSuffix(strings.Repeat(`{"product_id":131,"quantity":1},`, n), ",") + "]")
	}
	for why, values := range map[string][]any{
		"required": {omit, nil},
		"type":     {true, 1, "x", raw("{}"), raw("[1]"), raw("[[]]"), raw("[null]")},
		"range":    {raw("[]"), lines(51)},
	} {
		for _, value := range values {
			body := newOrder(t, fields{"products": value})
			got := a.do(t, unwrapped(body))
			field := "products"
			if text, ok := value.(json.RawMessage); ok && why == "type" && len(text) > 2 {
				field = "products[0]"
			}
			wantRefusal(t, got, 10001, reason(field, why))
		}
	}
	a.wantUnchanged(t, before)

	for _, bad := range []any{omit, "", nil, true, raw("[]"), "1234567890123456789", strings.Repeat("1", 33), "20240429000000000 01", raw("1e21")} {
		wantRefusal(t, a.order(t, fields{"trade_id": bad}), 40001, "")
	}
	a.exec(t, "UPDATE products SET inventory = 200, current_inventory = 200 WHERE id = 131")
	wantOK(t, a.order(t, fields{"trade_id": "20240429000000000050", "products": lines(50)}))
	wantOK(t, a.order(t, fields{"trade_id": "20240429000000000099", "machine_no": 16327129, "products": raw(`[{"product_id":"131","quantity":"99","x":[1]}]`)}))
	if got := a.Stock(t, 131); got != 200-50-99 {
		t.Errorf("stock %d, want 51", got)
	}
}

// A dashed and an undashed UUID in any case are one trade_id; a retry learns
// its order whatever has become of the machine since.
func TestCreateOrderTwice(t *testing.T) {
	a := orderShop(t)
	wantOK(t, a.do(t, unwrapped(orderExample)))
	a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE id = 1")
	a.Online(t, false)
	before := a.snapshot(t)
	for _, same := range []string{"3f2a58ad69b74e86b8a1a3da6fd75cc1", "3f2a58ad-69b7-4e86-b8a1-a3da6fd75cc1", "3F2A58AD69B74E86B8A1A3DA6FD75CC1"} {
		wantRefusal(t, a.order(t, fields{"trade_id": same}), 40002, `{"order_id":54}`)
	}
	a.wantUnchanged(t, before)
	// The rival may use it too.
	a.rivalOnline(t)
	c := unwrapped(newOrder(t, fields{"machine_no": rivalMachine, "trade_id": "3f2a58ad69b74e86b8a1a3da6fd75cc1", "products": raw(`[{"product_id":231,"quantity":1}]`)}))
	c.by = rival
	wantOK(t, a.do(t, c))
}

// The debug mode of a merchant excuses an offline machine.
func TestCreateOrderInDebugMode(t *testing.T) {
	a := newAPI(t)
	a.Online(t, false)
	wantRefusal(t, a.order(t, nil), 30002, "")
	a.exec(t, "UPDATE merchants SET debug = TRUE WHERE id = 1")
	wantOK(t, a.order(t, nil))
}

// However many orders come at once, no more is sold than there is, and what is
// refused leaves nothing behind.
func TestCreateOrdersAtOnce(t *testing.T) {
	a := newAPI(t)
	const callers = 64
	answers := make([]answer, callers)
	var wg sync.WaitGroup
	for i := range callers {
		r := a.request(t, unwrapped(newOrder(t, fields{
			"trade_id": fmt.Sprintf("2024042900000000%04d", i),
			"products": raw(`[{"product_id":132,"quantity":1},{"product_id":131,"quantity":3}]`),
		})))
		wg.Go(func() { answers[i] = a.send(r) })
	}
	wg.Wait()
	sold := 0
	for _, got := range answers {
		if strings.HasPrefix(got.body, `{"code":0,`) {
			sold++
			continue
		}
		wantRefusal(t, got, 60003, `{"product_id":131}`)
	}
	if sold != 3 || a.Stock(t, 131) != 1 || a.Stock(t, 132) != 7 {
		t.Errorf("%d orders sold, stock %d and %d; want 3, 1 and 7", sold, a.Stock(t, 131), a.Stock(t, 132))
	}
	a.wantRow(t, "SELECT COUNT(*), SUM(quantity) FROM records", "6 12")
	a.wantRow(t, "SELECT COUNT(*) FROM orders", "3")
}

// One trade_id from many callers is one order.
func TestCreateOneOrderAtOnce(t *testing.T) {
	a := newAPI(t)
	answers := make([]answer, 16)
	var wg sync.WaitGroup
	for i := range answers {
		r := a.request(t, unwrapped(newOrder(t, nil)))
		wg.Go(func() { answers[i] = a.send(r) })
	}
	wg.Wait()
	made := 0
	for _, got := range answers {
		if strings.HasPrefix(got.body, `{"code":0,`) {
			made++
			continue
		}
		wantRefusal(t, got, 40002, `{"order_id":1}`)
	}
	if made != 1 || a.Stock(t, 131) != 9 {
		t.Errorf("%d orders, stock %d; want 1 and 9", made, a.Stock(t, 131))
	}
}

// Private callback targets are an operator's choice here as in 7.13.
func TestCreateOrderPrivateCallback(t *testing.T) {
	a := newAPI(t, func(c *openapi.Config) { c.AllowPrivateCallbacks = true })
	wantOK(t, a.order(t, fields{"notify_url": "http://127.0.0.1:8080/"}))
}
