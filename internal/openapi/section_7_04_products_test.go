package openapi_test

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/vendlane/vendlane/internal/provision"
)

// The example shows one of six rows.
func TestSection704(t *testing.T) {
	a := newAPI(t)
	a.apply(t, func(m *provision.Merchant) {
		m.Goods = append(m.Goods, provision.Good{
			Slug: "412883701240", Name: "可乐", Description: "可乐", Thumb: "https://platform.example/storage/g/20.png",
			Content: "<p>可口可乐</p>", Price: "0.10", OriginalPrice: "0.00",
		})
		first := &m.Machines[0]
		first.Categories = []provision.Category{{Title: "第一层"}, {Title: "第二层"}}
		first.Planogram = append(first.Planogram[:5], provision.Channel{
			ProductID: 20, Motor: 20, X: 2, Good: "412883701240", Category: "第二层", Capacity: 2, Stock: 1, SortID: 1,
		})
	})
	got := a.example(t, "POST", "/products", `{
  "cabinet_name": "A",
  "category_id": "0",
  "machine_no": "16327129",
  "page": "1",
  "per_page": "10",
  "sign": "99DB05B1D3BB69B69BD5A9EA6042E248",
  "timestamp": "1714353655"
}`)
	value, _ := jsonValue(t, got.body).(map[string]any)
	data, _ := value["data"].(map[string]any)
	rows, _ := data["data"].([]any)
	if len(rows) != 6 {
		t.Fatalf("%d rows, want 6: %s", len(rows), got.body)
	}
	data["data"] = rows[:1]
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	got.body = string(text)
	wantValue(t, got, `{
  "code": 0,
  "message": "ok",
  "data": {
    "data": [
      {
        "id": 20,
        "category": {
          "id": 2,
          "title": "第二层"
        },
        "good": {
          "name": "可乐",
          "description": "可乐",
          "thumb": "https://platform.example/storage/g/20.png",
          "price": "0.10",
          "original_price": "0.00",
          "content": "<p>可口可乐</p>",
          "good_no": "412883701240",
          "slug": "412883701240"
        },
        "channel": {
          "name": "A21",
          "cabinet_name": "A",
          "code": "020",
          "x": "2",
          "y": "0",
          "addr": 1
        },
        "current_inventory": 1,
        "inventory": 2
      }
    ],
    "total": 6,
    "current_page": 1,
    "last_page": 1,
    "per_page": 10
  }
}`)
}

// catalogue is a shop with products of every kind that 7.4 tells apart.
func catalogue(m *provision.Merchant) {
	m.Models[0].Boards = []provision.Board{{Addr: 1, FloorType: 1}, {Addr: 2, FloorType: 2}}
	m.Goods = []provision.Good{
		{Slug: "412883701240", Name: "可乐", Description: "可乐", Thumb: "https://platform.example/20.png",
			Content: "<p>可口可乐</p>", Price: "0.10", OriginalPrice: "0.00"},
		{Slug: "tea", Name: "tea", Price: "12", Media: []string{"https://platform.example/a.png", "https://platform.example/b.png"}},
	}
	first := &m.Machines[0]
	first.Categories = []provision.Category{{Title: "第一层"}, {Title: "第二层"}}
	first.Planogram = []provision.Channel{
		{ProductID: 300, Motor: 20, X: 2, Good: "412883701240", Category: "第二层", Capacity: 2, Stock: 1},
		{ProductID: 301, Motor: 13, Good: "tea", Category: "第一层", Capacity: 5, Name: "top", Y: 3, SortID: 7},
		{ProductID: 302, Motor: 14, Good: "tea", Capacity: 5, Stock: 5},
		{ProductID: 303, Motor: 15, Good: "tea", Capacity: 5, OffSale: true},
		{ProductID: 304, Motor: 16, Capacity: 5},
		{ProductID: 305, Motor: 17, Good: "tea", Capacity: 5, Auxiliary: true},
		{ProductID: 306, Addr: 2, Motor: 0, Good: "tea", Category: "第二层", Capacity: 5, SortID: 9},
	}
}

const (
	row300 = `{"id":300,"category":{"id":2,"title":"第二层"},"good":{"name":"可乐","description":"可乐",
		"thumb":"https://platform.example/20.png","price":"0.10","original_price":"0.00","content":"<p>可口可乐</p>",
		"good_no":"412883701240","slug":"412883701240"},
		"channel":{"name":"A21","cabinet_name":"A","code":"020","x":"2","y":"0","addr":1},"current_inventory":1,"inventory":2}`
	tea = `"good":{"name":"tea","description":"","thumb":"","price":"12.00","original_price":"12.00","content":"",
		"good_no":"tea","slug":"tea","media":["https://platform.example/a.png","https://platform.example/b.png"]}`
	row301 = `{"id":301,"category":{"id":1,"title":"第一层"},` + tea + `,
		"channel":{"name":"top","cabinet_name":"A","code":"013","x":"0","y":"3","addr":1},"current_inventory":0,"inventory":5}`
	row302 = `{"id":302,` + tea + `,
		"channel":{"name":"A15","cabinet_name":"A","code":"014","x":"0","y":"0","addr":1},"current_inventory":5,"inventory":5}`
	row306 = `{"id":306,"category":{"id":2,"title":"第二层"},` + tea + `,
		"channel":{"name":"B1","cabinet_name":"B","code":"200","x":"0","y":"0","addr":2},"current_inventory":0,"inventory":5}`
)

func page(rows string, total, current, last, per int) string {
	return `{"code":0,"message":"ok","data":{"data":[` + rows + `],"total":` + strconv.Itoa(total) +
		`,"current_page":` + strconv.Itoa(current) + `,"last_page":` + strconv.Itoa(last) + `,"per_page":` + strconv.Itoa(per) + `}}`
}

func TestProducts(t *testing.T) {
	a := newAPI(t)
	a.apply(t, catalogue)
	const none = `{"code":0,"message":"ok","data":[]}`
	base := fields{"machine_no": "16327129"}
	for name, test := range map[string]struct {
		payload fields
		want    string
	}{
		"defaults":                     {base, page(row301+","+row302+","+row300, 3, 1, 1, 10)},
		"the documented payload":       {base.with("cabinet_name", "A", "category_id", "0", "page", "1", "per_page", "10"), page(row301+","+row302+","+row300, 3, 1, 1, 10)},
		"cabinet B":                    {base.with("cabinet_name", "B"), page(row306, 1, 1, 1, 10)},
		"addr 2":                       {base.with("addr", "2"), page(row306, 1, 1, 1, 10)},
		"addr as a number":             {base.with("addr", 2), page(row306, 1, 1, 1, 10)},
		"cabinet that does not exist":  {base.with("cabinet_name", "C"), none},
		"last letter":                  {base.with("cabinet_name", "Z"), none},
		"addr 8":                       {base.with("addr", "8"), none},
		"first page":                   {base.with("per_page", "2"), page(row301+","+row302, 3, 1, 2, 2)},
		"last page":                    {base.with("per_page", "2", "page", "2"), page(row300, 3, 2, 2, 2)},
		"page beyond the last":         {base.with("per_page", "2", "page", "3"), page("", 3, 3, 2, 2)},
		"page far beyond the last":     {base.with("page", 10_000_000_000, "per_page", "1"), page("", 3, 10_000_000_000, 3, 1)},
		"page near the end of numbers": {base.with("page", "999999999999999999", "per_page", "100"), page("", 3, 999999999999999999, 1, 100)},
		"page beyond of no rows":       {base.with("cabinet_name", "C", "page", "9"), none},
		"per_page 100":                 {base.with("per_page", "100"), page(row301+","+row302+","+row300, 3, 1, 1, 100)},
		"category":                     {base.with("category_id", "2"), page(row300, 1, 1, 1, 10)},
		"category of nobody":           {base.with("category_id", "77"), none},
		"select_all":                   {base.with("select_all", "1"), page(row306+","+row301+","+row302+","+row300, 4, 1, 1, 4)},
		"select_all is never paged":    {base.with("select_all", 1, "page", "2", "per_page", "1"), page(row306+","+row301+","+row302+","+row300, 4, 1, 1, 4)},
		"select_all with cabinet":      {base.with("select_all", "1", "cabinet_name", "A"), page(row301+","+row302+","+row300, 3, 1, 1, 3)},
		"select_all with addr":         {base.with("select_all", "1", "addr", "2"), page(row306, 1, 1, 1, 1)},
		"select_all with category":     {base.with("select_all", "1", "category_id", "2"), page(row306+","+row300, 2, 1, 1, 2)},
		"select_all 0":                 {base.with("select_all", "0"), page(row301+","+row302+","+row300, 3, 1, 1, 10)},
		"empty and null mean default": {
			base.with("page", "", "per_page", nil, "category_id", "", "select_all", nil, "addr", "", "cabinet_name", ""),
			page(row301+","+row302+","+row300, 3, 1, 1, 10),
		},
	} {
		t.Run(name, func(t *testing.T) {
			before := a.snapshot(t)
			wantAnswer(t, a.do(t, post("/products", test.payload)), 200, test.want)
			a.wantUnchanged(t, before)
		})
	}
}
