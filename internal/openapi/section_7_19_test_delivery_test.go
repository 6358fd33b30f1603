package openapi_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/provision"
)

const testDeliveryExample = `{
  "channel_name": "A20",
  "machine_no": "16327129",
  "method": "device.delivery.put",
  "notify_url": "https://merchant.example/notify",
  "sign": "39C87914E1BE77F8246C777151AD8D27",
  "timestamp": "1714813742"
}`

// testShop has product 19 in channel A20.
func testShop(t testing.TB, stock int64) *api {
	t.Helper()
	return shopOf(t, provision.Channel{ProductID: 19, Motor: 19, Good: "cola", Capacity: 10, Stock: stock})
}

func TestSection719(t *testing.T) {
	a := testShop(t, 10)
	a.nextID(t, "orders", 60)
	a.nextID(t, "records", 78)
	before := a.snapshot(t)
	got := a.example(t, "POST", "/deliveries/debug", testDeliveryExample)
	wantValue(t, withDeliveryID(t, got, "5121763043809701"), `{
  "code": 0,
  "message": "ok",
  "data": {
    "delivery_id": "5121763043809701",
    "delivered_at": "2024-05-04 17:09:02",
    "status": "未取货或正在出货",
    "state": "PENDING"
  }
}`)
	id := a.column(t, "SELECT id FROM deliveries")[0]
	a.wantRow(t, "SELECT id, merchant_id, machine_id, trade_id, status, amount, notify_url, expires_at FROM orders",
		"60 1 1 TEST"+id+" 8 100 https://merchant.example/notify 0")
	a.wantRow(t, "SELECT id, order_id, product_id, quantity, price, state, delivery_id FROM records", "78 60 19 1 100 IS_DELIVERING "+id)
	a.wantRow(t, "SELECT order_id, record_id, product_id, quantity, state, timeout_at - delivered_at FROM deliveries", "60 78 19 1 PENDING 120000")
	a.wantRow(t, "SELECT delivery_id, locked_until FROM dispense_locks", id+" 1714813772000")
	a.wantRow(t, "SELECT fields FROM commands WHERE method = 'device.delivery.put'", `{"addr":"1","code":"19","delivery_id":"`+id+
		`","floor_type":"1","is_dc":"1","is_lp":"0","order_id":"60","product_id":"19","quantity":"1","record_id":"78","timeout":"30"}`)
	if got := a.Stock(t, 19); got != 9 {
		t.Errorf("stock %d, want 9", got)
	}
	a.wantUnchanged(t, before, "orders", "records", "deliveries", "dispense_locks", "commands", "products")

	wantOK(t, a.do(t, post("/deliveries/"+id, fields{"machine_no": "16327129"})))
	order := a.do(t, post("/orders/60", fields{"machine_no": "16327129"}))
	if !strings.Contains(order.body, `"status":"TESTPAY"`) {
		t.Errorf("order %s, want TESTPAY", order.body)
	}
}

func TestSection719Failure(t *testing.T) {
	a := testShop(t, 0)
	before := a.snapshot(t)
	wantValue(t, a.example(t, "POST", "/deliveries/debug", testDeliveryExample), `{
  "code": 60003,
  "message": "商品库存不足",
  "data": {
    "product_id": 19
  }
}`)
	a.wantUnchanged(t, before)
}

// openapi.md §7.19.
func TestTestDeliveryOrderOfChecks(t *testing.T) {
	a := newAPI(t, limited)
	c := a.allWrong(t, "POST", "/deliveries/debug", fields{
		"machine_no": "x1", "channel_name": 1, "notify_url": omit,
	})
	a.exec(t, "UPDATE merchants SET debug = TRUE WHERE id = 1") // has no influence
	a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE id = 1")
	a.Online(t, false)
	a.exec(t, "UPDATE products SET good_id = 0, on_sale = FALSE, floor_status = '3', current_inventory = 0 WHERE id = 131")
	a.exec(t, "INSERT INTO dispense_locks (machine_id, delivery_id, locked_until) VALUES (1, 1714353600000002, 1714353658500)")
	c = a.climb(t, c, append(a.commonRungs(t, "device.delivery.put"),
		rung{"fields: type", set("method", "device.delivery.put"), 10001, reason("channel_name", "type")},
		rung{"fields: presence", set("channel_name", "A2"+strings.Repeat("1", 300)), 10001, reason("notify_url", "required")},
		rung{"fields: machine_no", set("notify_url", "ftp://merchant.example"), 10001, reason("machine_no", "format")},
		rung{"fields: notify_url", set("machine_no", "99999999"), 10001, reason("notify_url", "url_scheme")},
		rung{"1 machine", set("notify_url", "https://merchant.example/notify"), 30003, ""},
		rung{"1 machine of another merchant", set("machine_no", rivalMachine), 30003, ""},
		rung{"1 transfer", set("machine_no", "16327129"), 30006, ""},
		rung{"1 offline in spite of debug", a.sqlFix(t, "UPDATE machines SET status = 'MAINTENANCE' WHERE id = 1"), 30002, ""},
		rung{"2 channel", a.sqlFix(t, "UPDATE presence SET is_online = TRUE WHERE machine_id = 1"), 60005, ""},
		rung{"2 name in another case", set("channel_name", "a1"), 60005, ""},
		rung{"2 channel without a board", func(c *call) {
			set("channel_name", "A1")(c)
			a.exec(t, "UPDATE model_boards SET addr = 2 WHERE model_id = 1")
		}, 60005, ""},
		rung{"3 no good", a.sqlFix(t, "UPDATE model_boards SET addr = 1 WHERE model_id = 1"), 60001, `{"product_id":131}`},
		rung{"4 no stock", a.sqlFix(t, "UPDATE products SET good_id = 1 WHERE id = 131"), 60003, `{"product_id":131}`},
		rung{"5 lock", a.sqlFix(t, "UPDATE products SET current_inventory = 1 WHERE id = 131"), 30005, `{"delivery_id":"1714353600000002","retry_after":2}`},
	))
	// Off sale, faulty and in MAINTENANCE: it may be tested all the same.
	a.exec(t, "UPDATE dispense_locks SET locked_until = 1714353657000")
	wantOK(t, a.do(t, c))
	if got := a.Stock(t, 131); got != 0 {
		t.Errorf("stock %d, want 0", got)
	}
}

// A test that the lock refuses leaves no order and takes no stock; a channel
// that was renamed is tested by its new name.
func TestTestDeliveryTwice(t *testing.T) {
	a := newAPI(t)
	a.exec(t, "UPDATE channels SET name = '顶层 1' WHERE machine_id = 1 AND motor = 0")
	c := post("/deliveries/debug", fields{
		"machine_no": 16327129, "method": "device.delivery.put", "channel_name": "顶层 1", "notify_url": "https://merchant.example/notify",
	})
	wantOK(t, a.do(t, c))
	id := a.column(t, "SELECT id FROM deliveries")[0]
	before := a.snapshot(t)
	wantRefusal(t, a.do(t, c), 30005, `{"delivery_id":"`+id+`","retry_after":30}`)
	a.wantUnchanged(t, before)
}

// A test that fails puts its piece back; nothing else does. However it ends the
// merchant is told (openapi.md §5, §7.19).
func TestTestDeliveryResult(t *testing.T) {
	for _, test := range []struct {
		name    string
		success bool
		timeout bool
		state   string
		stock   int64
	}{
		{"success", true, false, "SUCCESS", 9},
		{"failure", false, false, "FAILED", 10},
		{"time-out", false, true, "TIMEOUT", 9}, // the piece may have fallen
	} {
		t.Run(test.name, func(t *testing.T) {
			a := testShop(t, 10)
			wantOK(t, a.example(t, "POST", "/deliveries/debug", testDeliveryExample))
			id, err := strconv.ParseInt(a.column(t, "SELECT id FROM deliveries")[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			if test.timeout {
				a.Advance(2 * time.Minute)
				err = a.Dispense.TimeoutSweep(t.Context())
			} else {
				err = a.Dispense.TakeReport(t.Context(), dispense.Report{
					MachineID: 1, DeliveryID: id, OrderID: 1, RecordID: 1, Success: test.success, Delivered: -1,
				})
			}
			if err != nil {
				t.Fatal(err)
			}
			a.wantRow(t, "SELECT state FROM deliveries", test.state)
			a.wantRow(t, "SELECT status FROM orders", "8")
			if got := a.Stock(t, 19); got != test.stock {
				t.Errorf("stock %d, want %d", got, test.stock)
			}
			a.wantRow(t, "SELECT order_id, record_id, url FROM callbacks", "1 1 https://merchant.example/notify")
		})
	}
}
