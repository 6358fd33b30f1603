package openapi_test

import (
	"strings"
	"testing"
)

func TestSection718(t *testing.T) {
	const example = `{
  "machine_no": "16327129",
  "sign": "D72C94647476B7C2141ED5AC1E841428",
  "timestamp": "1714373700"
}`
	a := shopWithOrder(t)
	a.exec(t, "UPDATE deliveries SET id = 5121763043809673, state = 'SUCCESS', delivered = 1, finished_at = 1714373692000")
	wantValue(t, a.example(t, "POST", "/deliveries/5121763043809673", example), `{
  "code": 0,
  "message": "ok",
  "data": {
    "delivered_at": "2024-04-29 14:54:48",
    "status": "出货完成",
    "state": "SUCCESS",
    "finished_at": "2024-04-29 14:54:52"
  }
}`)
	a.exec(t, "UPDATE deliveries SET state = 'FAILED', delivered = 0, fail_reason = 'Slave Comm Error'")
	wantValue(t, a.example(t, "POST", "/deliveries/5121763043809673", example), `{
  "code": 0,
  "message": "ok",
  "data": {
    "delivered_at": "2024-04-29 14:54:48",
    "status": "出货失败",
    "state": "FAILED",
    "finished_at": "2024-04-29 14:54:52",
    "fail_reason": "Slave Comm Error"
  }
}`)
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
	wantRefusal(t, a.do(t, post("/deliveries/debug", fields{"machine_no": "16327129"})), 10017, "")
}
