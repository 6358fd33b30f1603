package openapi_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/vending"
)

// consume.md §7.2 with its literals written down here, so that a slip in the
// file cannot go unnoticed; then every effect of consume.md §4.
func TestSection713(t *testing.T) {
	a := goldenAPI(t)
	const wire = `{"payload": "eyJjb2RlIjoiNTI4ODY0MCIsIm1hY2hpbmVfbm8iOiIxNjMyNzEyOSIsIm1ldGhvZCI6ImV2ZW50LmNvbnN1bWUucGlja3VwX2NvZGUiLCJub3RpZnlfdXJsIjoiaHR0cHM6Ly9tZXJjaGFudC5leGFtcGxlL25vdGlmeSIsInByb2R1Y3RfaWQiOiIxMzEiLCJzaWduIjoiQUIzRURBRkQ4QTQ1NDVEQjU3REVGNENFMTQyODRCNEYiLCJ0aW1lc3RhbXAiOiIxNzE0MzUzNjU1IiwidHJhZGVfaWQiOiI4MDBhN2U5NTAwZDM0NWM4OTg3ZDNhYWZhNDEyYzc3ZCJ9"}`
	before := a.snapshot(t)
	wantAnswer(t, a.do(t, call{verb: "POST", path: "/consumes", body: wire, by: shop}), 200, `{
		"code": 0, "message": "ok", "data": {
			"order_id": 60, "trade_id": "800a7e95-00d3-45c8-987d-3aafa412c77d", "date": "2024-04-29",
			"amount": "1.00", "status": "PICKUPCODE",
			"records": [{"id": 78, "product_id": 131, "quantity": 1, "price": "1.00", "status": "未取货", "notify_sent": "0"}],
			"pickup_code_id": 1}}`)

	code, err := a.Store.CodeOfMachine(t.Context(), 1, a.Machine.ID)
	if err != nil || code.State != vending.CodeUsed || code.OrderID != 60 ||
		code.TradeID != "800a7e9500d345c8987d3aafa412c77d" || code.FinishedAt != a.Now().UnixMilli() {
		t.Errorf("code row %+v (%v)", code, err)
	}
	order, err := a.Store.OrderByID(t.Context(), 60)
	if err != nil || order.MerchantID != a.Merchant.ID || order.MachineID != a.Machine.ID || order.PickupCodeID != 1 ||
		order.TradeID != "800a7e9500d345c8987d3aafa412c77d" || order.Status != vending.OrderPickupCode ||
		order.NotifyUrl != "https://merchant.example/notify" || order.Amount != 100 {
		t.Errorf("order row %+v (%v)", order, err)
	}
	record, err := a.Store.RecordByID(t.Context(), 78)
	if err != nil || record.OrderID != 60 || record.State != vending.RecordWaiting || record.NotifySent {
		t.Errorf("record row %+v (%v)", record, err)
	}
	if got := a.Stock(t, 131); got != 9 {
		t.Errorf("stock %d, want 9", got)
	}
	commands, err := a.Store.CommandsOfMachine(t.Context(), a.Machine.ID)
	if err != nil || len(commands) != 1 || commands[0].Method != "client.pickup_codes.delete" || commands[0].Fields != `{"id":"1"}` {
		t.Errorf("commands %+v (%v)", commands, err)
	}
	a.wantUnchanged(t, before, "orders", "records", "products", "pickup_codes", "commands")

	after := a.snapshot(t)
	replay := a.do(t, call{verb: "POST", path: "/consumes", body: wire, by: shop})
	wantAnswer(t, replay, 200, `{"code": 10025, "message": "取货码已使用", "data": {"order_id": 60}}`)
	other := a.do(t, post("/consumes", consumption.with("code", "5288641")))
	wantAnswer(t, other, 200, `{"code": 40002, "message": "商户订单号已存在", "data": {"order_id": 60}}`)
	a.wantUnchanged(t, after)
}
