package openapi_test

import (
	"testing"
)

func TestSection715(t *testing.T) {
	a := orderShop(t)
	a.clockAt(1714115700)
	wantOK(t, a.do(t, unwrapped(orderExample)))
	wantOK(t, a.do(t, setStatus("54", "1")))
	a.exec(t, "UPDATE orders SET notify_send_count = 1")
	a.exec(t, "UPDATE records SET state = 'IS_SUCCESS', delivered = 1, notify_sent = TRUE WHERE id = 70")
	before := a.snapshot(t)
	wantValue(t, a.example(t, "POST", "/orders/54", `{
  "machine_no": "16327129",
  "sign": "B3C0E42739CBA66CDE7A5A59FAEEF82E",
  "timestamp": "1714115742"
}`), `{
  "code": 0,
  "message": "ok",
  "data": {
    "order_id": 54,
    "trade_id": "3f2a58ad69b74e86b8a1a3da6fd75cc1",
    "date": "2024-04-26",
    "amount": "3.00",
    "status": "SUCCESS",
    "notify_send_count": 1,
    "records": [
      {
        "id": 70,
        "product_id": 121,
        "quantity": 1,
        "price": "1.00",
        "status": "IS_SUCCESS",
        "notify_sent": "1"
      },
      {
        "id": 71,
        "product_id": 122,
        "quantity": 1,
        "price": "1.00",
        "status": "WAITING_PICKED_UP",
        "notify_sent": "0"
      },
      {
        "id": 72,
        "product_id": 131,
        "quantity": 1,
        "price": "1.00",
        "status": "WAITING_PICKED_UP",
        "notify_sent": "0"
      }
    ]
  }
}`)
	a.wantUnchanged(t, before)
}

func TestOrderQuery(t *testing.T) {
	a := goldenAPI(t)
	wantOK(t, a.do(t, post("/consumes", consumption)))
	query := post("/orders/60", fields{"machine_no": "16327129"})
	order := func(status, count, state, sent, code string) string {
		return `{"code":0,"message":"ok","data":{"order_id":60,"trade_id":"800a7e9500d345c8987d3aafa412c77d","date":"2024-04-29",
			"amount":"1.00","status":"` + status + `",` + count + `"records":[{"id":78,"product_id":131,"quantity":1,"price":"1.00",` +
			state + `"notify_sent":"` + sent + `"}]` + code + `}}`
	}
	waiting, code := `"status":"WAITING_PICKED_UP",`, `,"pickup_code_id":1`
	for _, test := range []struct {
		name, change, want string
	}{
		{"PICKUPCODE", "", order("PICKUPCODE", "", waiting, "0", code)},
		{"SUCCESS", "UPDATE orders SET status = 1, pickup_code_id = 0", order("SUCCESS", "", waiting, "0", "")},
		{"NOTPAY hides the record's status", "UPDATE orders SET status = 0", order("NOTPAY", "", "", "0", "")},
		{"USERPAYING too", "UPDATE orders SET status = 5", order("USERPAYING", "", "", "0", "")},
		{"REFUND", "UPDATE orders SET status = 2", order("REFUND", "", waiting, "0", "")},
		{"CLOSED", "UPDATE orders SET status = 3", order("CLOSED", "", waiting, "0", "")},
		{"REVOKED", "UPDATE orders SET status = 4", order("REVOKED", "", waiting, "0", "")},
		{"PAYERROR", "UPDATE orders SET status = 6", order("PAYERROR", "", waiting, "0", "")},
		{"TESTPAY", "UPDATE orders SET status = 8", order("TESTPAY", "", waiting, "0", "")},
		{"acknowledged callbacks", "UPDATE orders SET status = 7, notify_send_count = 2", order("PICKUPCODE", `"notify_send_count":2,`, waiting, "0", "")},
		{"acknowledged record", "UPDATE records SET notify_sent = TRUE, state = 'IS_SUCCESS'", order("PICKUPCODE", `"notify_send_count":2,`, `"status":"IS_SUCCESS",`, "1", "")},
		{"failed record", "UPDATE records SET state = 'IS_FAILED'", order("PICKUPCODE", `"notify_send_count":2,`, `"status":"IS_FAILED",`, "1", "")},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.change != "" {
				a.exec(t, test.change)
			}
			wantAnswer(t, a.do(t, query), 200, test.want)
		})
	}

	t.Run("no online check, no debug", func(t *testing.T) {
		a.Online(t, false)
		a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE id = 1")
		wantOK(t, a.do(t, query))
	})
	t.Run("records in creation order", func(t *testing.T) {
		a.exec(t, `INSERT INTO records (order_id, product_id, quantity, price, state, delivered, delivery_id, callback_id, notify_sent)
			VALUES (60, 132, 2, 250, 'WAITING_PICKED_UP', 0, 0, 0, FALSE)`)
		a.exec(t, "UPDATE orders SET amount = 350 WHERE id = 60")
		wantAnswer(t, a.do(t, query), 200, `{"code":0,"message":"ok","data":{"order_id":60,"trade_id":"800a7e9500d345c8987d3aafa412c77d",
			"date":"2024-04-29","amount":"3.50","status":"PICKUPCODE","notify_send_count":2,"records":[
			{"id":78,"product_id":131,"quantity":1,"price":"1.00","status":"IS_FAILED","notify_sent":"1"},
			{"id":79,"product_id":132,"quantity":2,"price":"2.50","status":"WAITING_PICKED_UP","notify_sent":"0"}]}}`)
	})
}
