package openapi_test

import (
	"slices"
	"testing"
)

const replenishAllExample = `{
  "cabinet_name": "A",
  "machine_no": "16327129",
  "method": "replenishment.machine.all",
  "sign": "B867FAF7E75B14F5D1CF7ABE47A14F9E",
  "timestamp": "1714030791"
}`

func TestSection722(t *testing.T) {
	a := stockedShop(t, 10, 4)
	a.exec(t, "UPDATE products SET current_inventory = 10 WHERE id = 131")
	a.exec(t, "UPDATE products SET on_sale = FALSE, floor_status = '2' WHERE id = 132")
	before := a.snapshot(t)
	wantValue(t, a.example(t, "POST", "/replenishments", replenishAllExample), `{
  "code": 0,
  "message": "ok",
  "data": {}
}`)
	// The channel without a good and the other cabinet stay as they are.
	if got, want := a.levels(t), []string{"10", "10", "10", "10", "10", "10", "4", "10", "10", "10", "10", "0", "0"}; !slices.Equal(got, want) {
		t.Errorf("levels %q, want %q", got, want)
	}
	log := a.column(t, restocks)
	if len(log) != 10 || log[5] != "1 137 0 4 RESTOCK OPENAPI 1714030791000" {
		t.Errorf("log %q, want ten lines: A1 was full", log)
	}
	a.wantRow(t, refreshes, "1")
	a.wantUnchanged(t, before, "products", "replenishments", "commands")

	after := a.snapshot(t)
	wantOK(t, a.example(t, "POST", "/replenishments", replenishAllExample))
	a.wantUnchanged(t, after)
}

func TestReplenishAllOrderOfChecks(t *testing.T) {
	a := stockedShop(t, 10, 10, limited)
	c := replenishChecks(t, a, "replenishment.machine.all", fields{"machine_no": nil, "cabinet_name": 1, "addr": "x"},
		[]rung{
			{"1 presence", set("method", "replenishment.machine.all"), 10001, reason("machine_no", "required")},
			{"1 type", set("machine_no", "x1"), 10001, reason("cabinet_name", "type")},
			{"1 machine_no", set("cabinet_name", "b"), 10001, reason("machine_no", "format")},
			{"1 cabinet_name", set("machine_no", "99999999"), 10001, reason("cabinet_name", "format")},
			{"1 addr", set("cabinet_name", nil), 10001, reason("addr", "format")},
			{"1 conflict", func(c *call) { c.payload = c.payload.with("addr", "3", "cabinet_name", "A") }, 10001, reason("cabinet_name", "conflict")},
			{"2 machine comes next", set("cabinet_name", ""), 30003, ""},
		},
		[]rung{
			{"cabinet", a.sqlFix(t, "UPDATE machines SET status = 'MAINTENANCE' WHERE id = 1"), 60005, ""},
		})
	c.payload = c.payload.with("addr", 2, "machine_no", 16327129, "unknown", nil)
	wantOK(t, a.do(t, c))
	if got := a.Stock(t, 150); got != 10 {
		t.Errorf("stock of B1 is %d, want 10", got)
	}
}
