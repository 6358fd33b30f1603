package openapi_test

import (
	"slices"
	"testing"

	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/provision"
)

const replenishCategoryExample = `{
  "cabinet_name": "A",
  "category_id": "1324",
  "current_inventory": "5",
  "machine_no": "16327129",
  "method": "replenishment.category.id",
  "sign": "F29B8BB9F9B07112F209BAAFA2D8560D",
  "timestamp": "1714030791"
}`

// stockedShop has ten empty channels of category 1324 in cabinet A, one of
// another category, and one of the category in cabinet B. What is in cabinet A
// but A12 can hold capacity pieces, A7 can hold capacityA7.
func stockedShop(t testing.TB, capacity, capacityA7 int64, change ...func(*openapi.Config)) *api {
	t.Helper()
	a := newAPI(t, change...)
	a.nextID(t, "categories", 1324)
	a.exec(t, "UPDATE products SET current_inventory = 0, inventory = 0 WHERE machine_id = 1")
	a.apply(t, func(m *provision.Merchant) {
		m.Models[0].Boards = []provision.Board{{Addr: 1, FloorType: 1}, {Addr: 2, FloorType: 1}}
		first := &m.Machines[0]
		first.Categories = []provision.Category{{Title: "第一层"}, {Title: "第二层"}}
		first.Planogram = nil
		for motor := range int64(10) {
			first.Planogram = append(first.Planogram, provision.Channel{
				ProductID: 131 + motor, Motor: motor, Good: "cola", Category: "第一层", Capacity: capacity,
			})
		}
		first.Planogram[6].Capacity = capacityA7
		first.Planogram = append(first.Planogram,
			provision.Channel{ProductID: 141, Motor: 10, Good: "cola", Category: "第二层", Capacity: 10},
			provision.Channel{ProductID: 142, Motor: 11, Category: "第一层", Capacity: 10}, // without a good
			provision.Channel{ProductID: 150, Addr: 2, Motor: 0, Good: "cola", Category: "第一层", Capacity: 10},
		)
	})
	return a
}

// levels are the stock levels of cabinet A's twelve channels and of B1.
func (a *api) levels(t testing.TB) []string {
	t.Helper()
	return a.column(t, "SELECT current_inventory FROM products WHERE machine_id = 1 ORDER BY id")
}

func TestSection721(t *testing.T) {
	a := stockedShop(t, 10, 10)
	a.exec(t, "UPDATE products SET current_inventory = 9 WHERE id = 131")
	a.exec(t, "UPDATE products SET current_inventory = 5 WHERE id = 132")
	before := a.snapshot(t)
	wantValue(t, a.example(t, "POST", "/replenishments", replenishCategoryExample), `{
  "code": 0,
  "message": "ok",
  "data": {}
}`)
	if got, want := a.levels(t), []string{"5", "5", "5", "5", "5", "5", "5", "5", "5", "5", "0", "0", "0"}; !slices.Equal(got, want) {
		t.Errorf("levels %q, want %q", got, want)
	}
	log := a.column(t, restocks)
	if len(log) != 9 || log[0] != "1 131 9 5 WITHDRAWAL OPENAPI 1714030791000" || log[1] != "1 133 0 5 RESTOCK OPENAPI 1714030791000" {
		t.Errorf("log %q, want nine lines: 132 held the level already", log)
	}
	a.wantRow(t, refreshes, "1")
	a.wantUnchanged(t, before, "products", "replenishments", "commands")

	after := a.snapshot(t)
	wantOK(t, a.example(t, "POST", "/replenishments", replenishCategoryExample))
	a.wantUnchanged(t, after)
}

// Part of the channels cannot hold the level: the others are set.
func TestSection721Partial(t *testing.T) {
	a := stockedShop(t, 10, 4)
	wantValue(t, a.example(t, "POST", "/replenishments", replenishCategoryExample), `{
  "code": 60004,
  "message": "1 个货道库存更新失败, 超出货道最大库存",
  "data": {
    "updated": 9,
    "failed": 1,
    "channels": [
      "A7"
    ]
  }
}`)
	if got, want := a.levels(t), []string{"5", "5", "5", "5", "5", "5", "0", "5", "5", "5", "0", "0", "0"}; !slices.Equal(got, want) {
		t.Errorf("levels %q, want %q", got, want)
	}
	if log := a.column(t, restocks); len(log) != 9 {
		t.Errorf("%d log lines, want 9", len(log))
	}
	a.wantRow(t, refreshes, "1")
}

func replenishCategory(f fields) call {
	return post("/replenishments", fields{
		"machine_no": "16327129", "method": "replenishment.category.id", "category_id": "1324", "current_inventory": "5",
	}.with(pairs(f)...))
}

// None of the channels can hold the level: nothing changes. The count is in
// both languages of errors.md.
func TestReplenishCategoryNoneFits(t *testing.T) {
	a := stockedShop(t, 4, 4, func(c *openapi.Config) { c.Negotiate = true })
	before := a.snapshot(t)
	const data = `{"channels":["A1","A2","A3","A4","A5","A6","A7","A8","A9","A10"],"failed":10,"updated":0}`
	wantAnswer(t, a.do(t, replenishCategory(nil)), 200, `{"code":60004,"message":"10 个货道库存更新失败, 超出货道最大库存","data":`+data+`}`)
	english := replenishCategory(nil)
	english.header = map[string]string{"Accept-Language": "en"}
	got := a.do(t, english)
	wantValue(t, got, `{"code":60004,"message":"10 channels not updated, Exceeds the channel's capacity","data":`+data+`}`)
	a.wantUnchanged(t, before)
}

func TestReplenishCategoryOrderOfChecks(t *testing.T) {
	a := stockedShop(t, 10, 10, limited)
	c := replenishChecks(t, a, "replenishment.category.id", fields{"machine_no": "x1", "category_id": nil, "addr": true, "cabinet_name": "AA"},
		[]rung{
			{"1 presence", set("method", "replenishment.category.id"), 10001, reason("category_id", "required")},
			{"1 no level", set("category_id", "x"), 10001, reason("current_inventory", "required")},
			{"1 addr of the wrong type", set("current_inventory", "x"), 10001, reason("addr", "type")},
			{"1 machine_no", set("addr", "9"), 10001, reason("machine_no", "format")},
			{"1 category_id", set("machine_no", "99999999"), 10001, reason("category_id", "format")},
			{"1 current_inventory", set("category_id", "999"), 10001, reason("current_inventory", "format")},
			{"1 cabinet_name", set("current_inventory", "11"), 10001, reason("cabinet_name", "format")},
			{"1 addr", set("cabinet_name", ""), 10001, reason("addr", "range")},
			{"1 conflict", func(c *call) { c.payload = c.payload.with("addr", "3", "cabinet_name", "C") }, 10001, reason("cabinet_name", "conflict")},
			{"1 conflict, whatever they name", set("cabinet_name", "A"), 10001, reason("cabinet_name", "conflict")},
			{"2 machine comes next", set("cabinet_name", nil), 30003, ""},
		},
		[]rung{
			{"3 category", a.sqlFix(t, "UPDATE machines SET status = 'MAINTENANCE' WHERE id = 1"), 80002, ""},
			{"3 category of another machine", func(c *call) {
				set("category_id", "1325")(c)
				a.exec(t, "UPDATE categories SET machine_id = 2 WHERE id = 1325")
			}, 80002, ""},
			{"4 cabinet", set("category_id", "1324"), 60005, ""},
			{"4 letter no board can have", func(c *call) { c.payload = c.payload.with("addr", omit, "cabinet_name", "Z") }, 60005, ""},
		})
	c.payload = c.payload.with("cabinet_name", "B", "current_inventory", "10")
	wantOK(t, a.do(t, c))
	if got := a.Stock(t, 150); got != 10 {
		t.Errorf("stock of B1 is %d, want 10", got)
	}
	a.wantRow(t, "SELECT COUNT(*) FROM replenishments", "1")
}

// Which cabinet is meant, and a category without products in it.
func TestReplenishCategoryCabinets(t *testing.T) {
	for name, test := range map[string]struct {
		payload fields
		a1, b1  int64
	}{
		"default":              {nil, 5, 0},
		"addr":                 {fields{"addr": "2"}, 0, 5},
		"addr as a number":     {fields{"addr": 2, "category_id": 1324, "machine_no": 16327129, "current_inventory": 5}, 0, 5},
		"letter":               {fields{"cabinet_name": "B"}, 0, 5},
		"empty is absent":      {fields{"cabinet_name": "", "addr": nil}, 5, 0},
		"old name":             {fields{"current_inventory": omit, "max_total": "5"}, 5, 0},
		"no product in B":      {fields{"addr": "2", "category_id": "1325"}, 0, 0},
		"other category":       {fields{"category_id": "1325"}, 0, 0},
		"hidden category too":  {fields{"category_id": "1324"}, 5, 0},
		"unknown member, zero": {fields{"current_inventory": "0", "x": raw("[1]")}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := stockedShop(t, 10, 10)
			a.exec(t, "UPDATE categories SET is_visible = FALSE")
			wantAnswer(t, a.do(t, replenishCategory(test.payload)), 200, `{"code":0,"message":"ok","data":{}}`)
			if got := [2]int64{a.Stock(t, 131), a.Stock(t, 150)}; got != [2]int64{test.a1, test.b1} {
				t.Errorf("stock of A1 and B1 %v, want %d and %d", got, test.a1, test.b1)
			}
		})
	}
}
