package openapi_test

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/vending"
)

func setStatus(orderID string, status any) call {
	return put("/orders/"+orderID, fields{"machine_no": "16327129", "status": status})
}

func TestSection716(t *testing.T) {
	const example = `{
  "machine_no": "16327129",
  "sign": "496C79DAD3FD5B6CC2C8FA6FA5739E55",
  "status": "1",
  "timestamp": "1714128358"
}`
	a := orderShop(t)
	a.clockAt(1714128300)
	wantOK(t, a.do(t, unwrapped(orderExample)))
	before := a.snapshot(t)
	wantValue(t, a.example(t, "PUT", "/orders/54", example), `{
  "code": 0,
  "message": "ok",
  "data": ""
}`)
	a.wantRow(t, "SELECT status, expires_at FROM orders", "1 0")
	a.wantUnchanged(t, before, "orders") // nothing is dispensed, no callback is sent

	wantOK(t, a.do(t, setStatus("54", "2")))
	wantValue(t, a.example(t, "PUT", "/orders/54", example), `{
  "code": 40006,
  "message": "订单状态无效",
  "data": {
    "status": "REFUND"
  }
}`)
}

// openapi.md §6.2: every state against every status a merchant may send.
func TestOrderTransitions(t *testing.T) {
	const (
		noOp    = "no-op"
		refused = "40006"
		expired = "40005"
	)
	all := func(what string) [6]string { return [6]string{what, what, what, what, what, what} }
	ended := func(status vending.OrderStatus) [6]string {
		row := all(refused)
		row[status-1] = noOp
		return row
	}
	table := map[vending.OrderStatus][6]string{
		vending.OrderNotPay:     {"SUCCESS", "REFUND, R", "CLOSED, R", "REVOKED, R", "USERPAYING", "PAYERROR, R"},
		vending.OrderUserPaying: {"SUCCESS", "REFUND, R", "CLOSED, R", "REVOKED, R", noOp, "PAYERROR, R"},
		vending.OrderSuccess:    {noOp, "REFUND, R", "CLOSED, R", "REVOKED, R", refused, refused},
		vending.OrderPickupCode: {refused, "REFUND, R", "CLOSED, R", "REVOKED, R", refused, refused},
		vending.OrderRefund:     ended(vending.OrderRefund),
		vending.OrderClosed:     ended(vending.OrderClosed),
		vending.OrderRevoked:    ended(vending.OrderRevoked),
		vending.OrderPayError:   ended(vending.OrderPayError),
		vending.OrderTestPay:    all(refused),
		vending.OrderExpired:    all(expired),
	}
	const trade = "20240429000000000001"
	a := newAPI(t)
	wantOK(t, a.order(t, fields{"products": raw(`[{"product_id":131,"quantity":2},{"product_id":132,"quantity":3}]`)}))
	for from := vending.OrderNotPay; from <= vending.OrderExpired; from++ {
		for i, want := range table[from] {
			t.Run(fmt.Sprintf("%d PUT %d", from, i+1), func(t *testing.T) {
				expires := int64(0)
				if from.Unpaid() {
					expires = a.Now().UnixMilli() + 1_200_000
				}
				a.exec(t, "UPDATE orders SET status = $1, expires_at = $2", from, expires)
				a.exec(t, "UPDATE records SET state = 'WAITING_PICKED_UP'")
				a.exec(t, "UPDATE products SET current_inventory = CASE id WHEN 131 THEN 8 WHEN 132 THEN 7 ELSE 10 END WHERE machine_id = 1")
				before := a.snapshot(t)
				got := a.do(t, setStatus("1", strconv.Itoa(i+1)))
				switch want {
				case refused:
					wantRefusal(t, got, 40006, `{"status":"`+from.String()+`"}`)
					a.wantUnchanged(t, before)
				case expired:
					wantRefusal(t, got, 40005, `{"order_id":1,"status":"CLOSED","trade_id":"`+trade+`"}`)
					a.wantUnchanged(t, before)
				case noOp:
					wantAnswer(t, got, 200, `{"code":0,"message":"ok","data":""}`)
					a.wantUnchanged(t, before)
				default:
					wantAnswer(t, got, 200, `{"code":0,"message":"ok","data":""}`)
					to := vending.OrderStatus(i + 1)
					if !to.Unpaid() {
						expires = 0 // its timer is off
					}
					a.wantRow(t, "SELECT status, expires_at FROM orders", fmt.Sprint(int64(to), expires))
					name, returns, state := want, false, "WAITING_PICKED_UP"
					if n := len(want) - len(", R"); n > 0 && want[n:] == ", R" {
						name, returns, state = want[:n], true, "IS_REFUND"
					}
					if name != to.String() {
						t.Errorf("status %d is %s, want %s", to, to, name)
					}
					a.wantRow(t, "SELECT DISTINCT state FROM records", state)
					stock := [2]int64{8, 7}
					if returns {
						stock = [2]int64{10, 10}
					}
					if got := [2]int64{a.Stock(t, 131), a.Stock(t, 132)}; got != stock {
						t.Errorf("stock %v, want %v", got, stock)
					}
					a.wantUnchanged(t, before, "orders", "records", "products") // no callback
				}
			})
		}
	}
}

// openapi.md §7.16.
func TestUpdateOrderOfChecks(t *testing.T) {
	a := newAPI(t, limited)
	const trade = "20240429000000000001"
	a.exec(t, `INSERT INTO orders (id, merchant_id, machine_id, trade_id, trade_key, status, date, amount, notify_url, notify_send_count, pickup_code_id, created_at, expires_at)
		VALUES (1, 1, 2, $1, $1, 9, '2024-04-29', 100, '', 0, 0, 1714353655000, 0)`, trade)
	c := a.allWrong(t, "PUT", "/orders/77", fields{"machine_no": "x1", "status": ""})
	a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE id = 1") // no matter here
	a.Online(t, false)
	a.climb(t, c, append(a.commonRungs(t, ""),
		rung{"status absent", set("timestamp", "1714353657"), 10001, reason("status", "required")},
		rung{"machine_no", set("status", "7"), 10001, reason("machine_no", "format")},
		rung{"1 status", set("machine_no", "99999999"), 40006, ""},
		rung{"2 machine", set("status", "5"), 30003, ""},
		rung{"2 machine of another merchant", set("machine_no", rivalMachine), 30003, ""},
		rung{"3 order", set("machine_no", "16327129"), 80002, ""},
		rung{"3 order of another machine", func(c *call) { c.path = "/orders/1" }, 80002, ""},
		rung{"4 expired", a.sqlFix(t, "UPDATE orders SET machine_id = 1"), 40005, `{"order_id":1,"status":"CLOSED","trade_id":"` + trade + `"}`},
		rung{"4 expired, by trade_id", func(c *call) { c.path = "/orders/" + trade }, 40005, `{"order_id":1,"status":"CLOSED","trade_id":"` + trade + `"}`},
		rung{"5 transition", a.sqlFix(t, "UPDATE orders SET status = 1"), 40006, `{"status":"SUCCESS"}`},
	))
}

// A status that is there but no integer from 1 to 6 has its own code.
func TestUpdateOrderStatusValues(t *testing.T) {
	a := newAPI(t)
	wantOK(t, a.order(t, nil))
	before := a.snapshot(t)
	for _, bad := range []any{"0", "7", 0, 7, -1, "-1", "x", "1.0", raw("1.5"), raw("1e0"), " 1", "+1", "１", true, false, raw("[]"), raw("{}"), raw(`["1"]`), "99999999999999999999"} {
		wantRefusal(t, a.do(t, setStatus("1", bad)), 40006, "")
	}
	for _, absent := range []any{omit, "", nil} {
		wantRefusal(t, a.do(t, setStatus("1", absent)), 10001, reason("status", "required"))
	}
	a.wantUnchanged(t, before)
	c := setStatus("20240429000000000001", 1)
	c.payload = c.payload.with("machine_no", 16327129, "unknown", raw("[1]"))
	wantAnswer(t, a.do(t, c), 200, `{"code":0,"message":"ok","data":""}`)
}

// When the 20 minutes are over the order is expired for the caller, whether a
// sweep has come by or not; its stock returns and one callback per record
// goes out.
func TestUpdateOrderTooLate(t *testing.T) {
	for _, status := range []string{"", "5"} {
		t.Run("status "+status, func(t *testing.T) {
			a := newAPI(t)
			wantOK(t, a.order(t, fields{"products": raw(`[{"product_id":131,"quantity":2},{"product_id":132,"quantity":1}]`)}))
			if status != "" {
				wantOK(t, a.do(t, setStatus("1", status)))
			}
			a.Advance(20*time.Minute - time.Millisecond)
			wantOK(t, a.do(t, post("/orders/1", fields{"machine_no": "16327129"})))
			a.Advance(time.Millisecond)
			want := `{"order_id":1,"status":"CLOSED","trade_id":"20240429000000000001"}`
			wantRefusal(t, a.do(t, setStatus("1", "1")), 40005, want)
			a.wantRow(t, "SELECT status, expires_at FROM orders", "9 0")
			a.wantRow(t, "SELECT DISTINCT state FROM records", "IS_REFUND")
			a.wantRow(t, "SELECT COUNT(*), COUNT(DISTINCT record_id) FROM callbacks", "2 2")
			if got := [2]int64{a.Stock(t, 131), a.Stock(t, 132)}; got != [2]int64{10, 10} {
				t.Errorf("stock %v, want all back", got)
			}
			after := a.snapshot(t)
			wantRefusal(t, a.do(t, setStatus("1", "2")), 40005, want)
			a.wantUnchanged(t, after)
		})
	}
}

// A paid order gives back what it has not dispensed (openapi.md §5).
func TestRefundOfAPaidOrder(t *testing.T) {
	for _, test := range []struct {
		state     string
		delivered int
		stock     int64
		after     string
	}{
		{"WAITING_PICKED_UP", 0, 10, "IS_REFUND"},
		{"IS_FAILED", 1, 9, "IS_REFUND"},
		{"IS_TIMEOUT", 0, 10, "IS_REFUND"},
		{"IS_SUCCESS", 3, 7, "IS_SUCCESS"},
		{"IS_PICKED_UP", 3, 7, "IS_PICKED_UP"},
	} {
		t.Run(test.state, func(t *testing.T) {
			a := newAPI(t)
			wantOK(t, a.order(t, fields{"products": raw(`[{"product_id":131,"quantity":3}]`)}))
			wantOK(t, a.do(t, setStatus("1", "1")))
			a.exec(t, "UPDATE records SET state = $1, delivered = $2", test.state, test.delivered)
			wantOK(t, a.do(t, setStatus("1", "2")))
			a.wantRow(t, "SELECT state FROM records", test.after)
			if got := a.Stock(t, 131); got != test.stock {
				t.Errorf("stock %d, want %d", got, test.stock)
			}
		})
	}
}

// Many refunds at once return the stock once.
func TestRefundsAtOnce(t *testing.T) {
	a := newAPI(t)
	wantOK(t, a.order(t, fields{"products": raw(`[{"product_id":131,"quantity":3}]`)}))
	a.exec(t, "UPDATE products SET inventory = 100 WHERE id = 131") // so that a second return would show
	var wg sync.WaitGroup
	answers := make([]answer, 16)
	for i := range answers {
		r := a.request(t, setStatus("1", "2"))
		wg.Go(func() { answers[i] = a.send(r) })
	}
	wg.Wait()
	for _, got := range answers {
		wantOK(t, got)
	}
	if got := a.Stock(t, 131); got != 10 {
		t.Errorf("stock %d, want 10", got)
	}
}

// A command that certainly has not left is withdrawn with the order; what may
// have reached the machine is settled when its result arrives
// (openapi.md §5, §6.3, §6.4).
func TestRefundWhileDelivering(t *testing.T) {
	delivering := func(t *testing.T) (*api, int64) {
		a := newAPI(t)
		wantOK(t, a.order(t, fields{"products": raw(`[{"product_id":131,"quantity":1},{"product_id":132,"quantity":1}]`)}))
		wantOK(t, a.do(t, setStatus("1", "1")))
		wantOK(t, a.do(t, post("/deliveries", fields{"machine_no": "16327129", "method": "device.delivery.put", "order_id": "1", "record_id": "1"})))
		id, err := strconv.ParseInt(a.column(t, "SELECT id FROM deliveries")[0], 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return a, id
	}
	states := func(t *testing.T, a *api, want ...string) {
		t.Helper()
		if got := a.column(t, "SELECT state FROM records ORDER BY id"); !slices.Equal(got, want) {
			t.Errorf("records %q, want %q", got, want)
		}
	}
	t.Run("not handed over", func(t *testing.T) {
		a, _ := delivering(t)
		wantOK(t, a.do(t, setStatus("1", "2")))
		states(t, a, "IS_REFUND", "IS_REFUND")
		a.wantRow(t, "SELECT state FROM deliveries", "CANCELLED")
		a.wantRow(t, "SELECT state FROM commands WHERE delivery_id <> 0", "DONE")
		if got := [2]int64{a.Stock(t, 131), a.Stock(t, 132)}; got != [2]int64{10, 10} {
			t.Errorf("stock %v, want all back", got)
		}
		a.wantRow(t, "SELECT COUNT(*) FROM callbacks", "0")
		// The lock is free again.
		wantOK(t, a.order(t, fields{"trade_id": "20240429000000000002"}))
		wantOK(t, a.do(t, setStatus("2", "1")))
		wantOK(t, a.do(t, post("/deliveries", fields{"machine_no": "16327129", "method": "device.delivery.put", "order_id": "2", "record_id": "3"})))
	})
	for _, success := range []bool{true, false} {
		t.Run(fmt.Sprintf("handed over, success %t", success), func(t *testing.T) {
			a, id := delivering(t)
			a.exec(t, "UPDATE commands SET attempts = 1 WHERE delivery_id <> 0")
			wantOK(t, a.do(t, setStatus("1", "2")))
			states(t, a, "IS_DELIVERING", "IS_REFUND")
			if got := [2]int64{a.Stock(t, 131), a.Stock(t, 132)}; got != [2]int64{9, 10} {
				t.Errorf("stock %v, want 9 and 10 while it is dispensed", got)
			}
			report := dispense.Report{MachineID: 1, DeliveryID: id, OrderID: 1, RecordID: 1, Success: success, Delivered: -1}
			if err := a.Dispense.TakeReport(t.Context(), report); err != nil {
				t.Fatal(err)
			}
			state, stock := "IS_REFUND", int64(10)
			if success {
				state, stock = "IS_SUCCESS", 9
			}
			states(t, a, state, "IS_REFUND")
			if got := a.Stock(t, 131); got != stock {
				t.Errorf("stock %d, want %d", got, stock)
			}
		})
	}
}
