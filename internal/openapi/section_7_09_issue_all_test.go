package openapi_test

import (
	"testing"
)

func TestSection709(t *testing.T) {
	a := newAPI(t)
	a.exec(t, "UPDATE products SET on_sale = FALSE WHERE id = 131")
	a.exec(t, "UPDATE products SET good_id = 0 WHERE id = 132")
	a.exec(t, "UPDATE products SET current_inventory = 0 WHERE id = 133")
	before := a.snapshot(t)
	wantValue(t, a.example(t, "POST", "/pickup_codes", `{
  "code_length": "7",
  "expired_at": "2024-12-31 23:59:59",
  "machine_no": "16327129",
  "method": "pickup_code.product.all",
  "quantity": "1",
  "sign": "B4DD70F4E0367BBF59071565B10C4FE5",
  "timestamp": "1714185061"
}`), `{
  "code": 0,
  "message": "ok",
  "data": {}
}`)
	a.wantRow(t, "SELECT COUNT(*), MIN(product_id), COUNT(DISTINCT product_id), MIN(LENGTH(code)), MIN(expired_at) FROM pickup_codes", "10 133 10 7 1735660799000")
	a.wantRow(t, "SELECT COUNT(*) FROM commands WHERE method = 'client.pickup_codes.create'", "10")
	a.wantUnchanged(t, before, "pickup_codes", "commands")
}
