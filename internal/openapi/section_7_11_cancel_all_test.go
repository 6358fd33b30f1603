package openapi_test

import (
	"testing"
)

func TestSection711(t *testing.T) {
	a := newAPI(t)
	for _, code := range []string{"5288640", "5288641", "5288642"} {
		a.AddCode(t, code, 131, 0)
	}
	a.exec(t, "UPDATE pickup_codes SET state = 'USED' WHERE id = 2")
	before := a.snapshot(t)
	const example = `{
  "machine_no": "16327129",
  "method": "pickup_code.delete.all",
  "sign": "C7F8E8A4ED5B1454FC88EDAD8CA2C967",
  "timestamp": "1714185061"
}`
	wantValue(t, a.example(t, "PUT", "/pickup_codes", example), `{
  "code": 0,
  "message": "ok",
  "data": {}
}`)
	a.wantRow(t, "SELECT group_concat(state) FROM (SELECT state FROM pickup_codes ORDER BY id)", "CANCELLED,USED,CANCELLED")
	a.wantRow(t, "SELECT COUNT(*) FROM commands WHERE method = 'client.pickup_codes.delete'", "2")
	a.wantUnchanged(t, before, "pickup_codes", "commands")

	after := a.snapshot(t) // nothing is left to cancel
	wantOK(t, a.example(t, "PUT", "/pickup_codes", example))
	a.wantUnchanged(t, after)
}
