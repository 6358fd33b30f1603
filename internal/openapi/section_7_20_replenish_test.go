package openapi_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/provision"
)

const replenishExample = `{
  "current_inventory": "20",
  "machine_no": "16327129",
  "method": "replenishment.product.id",
  "product_id": "1324832",
  "sign": "F5A72FE30AE7DA80B9FF678EAA9ACEDD",
  "timestamp": "1714030791"
}`

func replenishment(f fields) call {
	return post("/replenishments", fields{"machine_no": "16327129", "method": "replenishment.product.id", "product_id": "131"}.with(pairs(f)...))
}

const (
	restocks  = "SELECT machine_id, product_id, previous_level, level, type, source, created_at FROM replenishments ORDER BY id"
	refreshes = "SELECT machine_id FROM commands WHERE method = 'client.machine.refresh'"
)

func TestSection720(t *testing.T) {
	a := shopOf(t, provision.Channel{ProductID: 1324832, Motor: 20, Good: "cola", Capacity: 25, Stock: 3})
	before := a.snapshot(t)
	wantValue(t, a.example(t, "POST", "/replenishments", replenishExample), `{
  "code": 0,
  "message": "ok",
  "data": {}
}`)
	if got := a.Stock(t, 1324832); got != 20 {
		t.Errorf("stock %d, want 20", got)
	}
	a.wantRow(t, restocks, "1 1324832 3 20 RESTOCK OPENAPI 1714030791000")
	a.wantRow(t, refreshes, "1")
	a.wantUnchanged(t, before, "products", "replenishments", "commands")

	// A call that changes nothing succeeds without a trace.
	after := a.snapshot(t)
	wantOK(t, a.example(t, "POST", "/replenishments", replenishExample))
	a.wantUnchanged(t, after)
}

func TestSection720Failure(t *testing.T) {
	a := shopOf(t, provision.Channel{ProductID: 1324832, Motor: 20, Good: "cola", Capacity: 7, Stock: 3})
	before := a.snapshot(t)
	wantValue(t, a.example(t, "POST", "/replenishments", replenishExample), `{
  "code": 60004,
  "message": "超出货道最大库存",
  "data": {
    "product_id": 1324832,
    "max": 7
  }
}`)
	a.wantUnchanged(t, before)
}

// replenishChecks are the checks that the three methods share; wrong makes the
// fields' own checks fail and own are the rungs behind the machine's.
func replenishChecks(t *testing.T, a *api, method string, wrong fields, onFields, own []rung) call {
	t.Helper()
	c := a.allWrong(t, "POST", "/replenishments", wrong)
	a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE id = 1")
	a.Online(t, false) // is not looked at
	rungs := append(a.commonRungs(t, method), onFields...)
	rungs = append(rungs,
		rung{"2 machine", func(*call) {}, 30003, ""},
		rung{"2 machine of another merchant", set("machine_no", rivalMachine), 30003, ""},
		rung{"2 transfer", set("machine_no", "16327129"), 30006, ""},
	)
	return a.climb(t, c, append(rungs, own...))
}

func TestReplenishOrderOfChecks(t *testing.T) {
	a := newAPI(t, limited)
	a.exec(t, "UPDATE products SET good_id = 0 WHERE id = 131")
	c := replenishChecks(t, a, "replenishment.product.id", fields{"machine_no": "x1", "product_id": "0"},
		[]rung{
			{"1 no level", set("method", "replenishment.product.id"), 10001, reason("current_inventory", "required")},
			{"1 max_total of the wrong type", set("max_total", true), 10001, reason("max_total", "type")},
			{"1 machine_no", set("max_total", "x"), 10001, reason("machine_no", "format")},
			{"1 product_id", set("machine_no", "99999999"), 10001, reason("product_id", "range")},
			{"1 max_total", set("product_id", "999"), 10001, reason("max_total", "format")},
			{"1 current_inventory", set("current_inventory", "-1"), 10001, reason("current_inventory", "format")},
			{"1 max_total, though it does not count", set("current_inventory", "11"), 10001, reason("max_total", "format")},
			{"2 machine comes next", set("max_total", "5"), 30003, ""},
		},
		[]rung{
			{"3 product", a.sqlFix(t, "UPDATE machines SET status = 'MAINTENANCE' WHERE id = 1"), 60001, `{"product_id":999}`},
			{"3 product of another merchant", set("product_id", "231"), 60001, `{"product_id":231}`},
			{"3 product without a good", set("product_id", "131"), 60001, `{"product_id":131}`},
			{"4 capacity", a.sqlFix(t, "UPDATE products SET good_id = 1 WHERE id = 131"), 60004, `{"max":10,"product_id":131}`},
			{"4 far above the capacity", set("current_inventory", "999999999999999999"), 60004, `{"max":10,"product_id":131}`},
		})
	c.payload = c.payload.with("current_inventory", "9")
	wantOK(t, a.do(t, c))
	a.wantRow(t, "SELECT previous_level, level, type FROM replenishments", "10 9 WITHDRAWAL")
}

// The level and its old name: digits or a JSON number, the new name wins.
func TestReplenishLevels(t *testing.T) {
	a := newAPI(t)
	for _, test := range []struct {
		payload fields
		level   int64
	}{
		{fields{"current_inventory": "0"}, 0},
		{fields{"current_inventory": 10}, 10},
		{fields{"max_total": "4"}, 4},
		{fields{"max_total": 5, "current_inventory": nil}, 5},
		{fields{"max_total": "6", "current_inventory": ""}, 6},
		{fields{"max_total": "8", "current_inventory": "7", "unknown": true}, 7},
		{fields{"product_id": 131, "machine_no": 16327129, "current_inventory": "010"}, 10},
	} {
		wantOK(t, a.do(t, replenishment(test.payload)))
		if got := a.Stock(t, 131); got != test.level {
			t.Errorf("%v: stock %d, want %d", test.payload, got, test.level)
		}
	}
	a.Online(t, false)
	a.exec(t, "UPDATE products SET on_sale = FALSE, floor_status = '3' WHERE id = 131")
	wantOK(t, a.do(t, replenishment(fields{"current_inventory": "1"}))) // none of that matters
}
