package openapi_test

import (
	"testing"
)

func TestSection712(t *testing.T) {
	a := newAPI(t)
	for id, code := range map[int]string{2111: "9388106", 2112: "9388111", 2113: "9388116"} {
		a.exec(t, `INSERT INTO pickup_codes (id, machine_id, product_id, code, quantity, state, created_at, expired_at, finished_at, order_id, trade_id)
			VALUES ($1, 1, 131, $2, 1, CASE $1 WHEN 2112 THEN 'USED' ELSE 'UNUSED' END, 1714197608000, 1714284008000, 0, 0, '')`, id, code)
	}
	wantValue(t, a.example(t, "POST", "/products/131/pickup_code", `{
  "machine_no": "16327129",
  "sign": "612987E447589DCA2027BE7EA4372A8C",
  "timestamp": "1714185061"
}`), `{
  "code": 0,
  "message": "ok",
  "data": [
    {
      "id": 2111,
      "code": "9388106",
      "status": "UNUSED",
      "created_at": "2024-04-27 14:00:08",
      "expired_at": "2024-04-28 14:00:08",
      "quantity": 1
    },
    {
      "id": 2113,
      "code": "9388116",
      "status": "UNUSED",
      "created_at": "2024-04-27 14:00:08",
      "expired_at": "2024-04-28 14:00:08",
      "quantity": 1
    }
  ]
}`)
}

func TestProductCodes(t *testing.T) {
	a := newAPI(t)
	query := post("/products/131/pickup_code", fields{"machine_no": "16327129"})
	wantAnswer(t, a.do(t, query), 200, `{"code":0,"message":"ok","data":[]}`)

	now := a.Now().UnixMilli()
	a.AddCode(t, "9388106", 131, now+86_400_000)
	a.AddCode(t, "9388107", 131, now) // expired this very moment, not yet swept
	a.AddCode(t, "9388108", 132, 0)   // of another product
	a.AddCode(t, "9388109", 131, 0)
	a.AddCode(t, "9388110", 131, 0)
	a.exec(t, "UPDATE pickup_codes SET quantity = 3 WHERE code = '9388109'")
	a.exec(t, "UPDATE pickup_codes SET state = 'CANCELLED' WHERE code = '9388110'")
	before := a.snapshot(t)
	wantAnswer(t, a.do(t, query), 200, `{"code":0,"message":"ok","data":[
		{"id":1,"code":"9388106","status":"UNUSED","created_at":"2024-04-29 09:20:55","expired_at":"2024-04-30 09:20:55","quantity":1},
		{"id":4,"code":"9388109","status":"UNUSED","created_at":"2024-04-29 09:20:55","quantity":3}]}`)
	a.wantUnchanged(t, before)
}
