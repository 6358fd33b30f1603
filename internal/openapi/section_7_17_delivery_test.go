package openapi_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestSection717(t *testing.T) {
	a := goldenAPI(t)
	wantOK(t, a.do(t, post("/consumes", consumption)))
	got := a.example(t, "POST", "/deliveries", `{
  "machine_no": "16327129",
  "method": "device.delivery.put",
  "order_id": "60",
  "record_id": "78",
  "sign": "2457E8CE3CB49D31EC2054365FC8AD90",
  "timestamp": "1714373688"
}`)
	wantValue(t, withDeliveryID(t, got, "5121763043809673"), `{
  "code": 0,
  "message": "ok",
  "data": {
    "delivery_id": "5121763043809673",
    "delivered_at": "2024-04-29 14:54:48",
    "status": "未取货或正在出货",
    "state": "PENDING"
  }
}`)
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
