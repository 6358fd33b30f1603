package openapi_test

import (
	"slices"
	"testing"

	"github.com/vendlane/vendlane/internal/provision"
)

// shelfPayload is the example payload of openapi.md §7.5, §7.6 and §7.7.
const shelfPayload = `{
  "machine_no": "16327129",
  "sign": "C721DB0036A649C1C21F80825BD71B92",
  "timestamp": "1714353655"
}`

func TestSection705(t *testing.T) {
	a := newAPI(t)
	a.exec(t, "UPDATE products SET current_inventory = 1 WHERE id = 131")
	a.apply(t, func(m *provision.Merchant) {
		m.Goods = []provision.Good{{
			Slug: "412883701240", Name: "可乐", Description: "可乐", Content: "<p>可乐</p>", Price: "1.00",
			OriginalPrice: "1.00", Thumb: "https://platform.example/storage/g/121.png",
		}}
		m.Machines[0].Planogram = []provision.Channel{{ProductID: 131, Good: "412883701240", Capacity: 2, Stock: 1}}
	})
	a.exec(t, "UPDATE goods SET id = 121, updated_at = 1714008412000 WHERE slug = '412883701240'")
	a.exec(t, "UPDATE channels SET id = 213 WHERE machine_id = 1")
	a.exec(t, "UPDATE products SET good_id = 121, channel_id = 213 WHERE id = 131")
	wantValue(t, a.example(t, "POST", "/floors", shelfPayload), `{
  "code": 0,
  "message": "ok",
  "data": [
    {
      "status": "1",
      "floor_status": "1",
      "good": {
        "id": 121,
        "name": "可乐",
        "description": "可乐",
        "thumb": "https://platform.example/storage/g/121.png",
        "price": "1.00",
        "original_price": "1.00",
        "content": "<p>可乐</p>",
        "updated_at": "2024-04-25 09:26:52",
        "good_no": "412883701240",
        "slug": "412883701240"
      },
      "channel": {
        "id": 213,
        "name": "A1",
        "cabinet_name": "A",
        "code": "000",
        "x": "0",
        "y": "0",
        "addr": 1
      },
      "current_inventory": 1,
      "inventory": 2
    }
  ]
}`)
}

// All cabinets, no paging; products off sale, auxiliary ones and those without
// a good are left out. Members that are empty stay where P is A.
func TestFloorsRows(t *testing.T) {
	a := newAPI(t)
	a.apply(t, catalogue)
	a.exec(t, "UPDATE products SET floor_status = '47' WHERE id = 302")
	got := a.do(t, post("/floors", fields{"machine_no": "16327129"}))
	rows, _ := jsonValue(t, got.body).(map[string]any)["data"].([]any)
	names := []string{}
	for _, row := range rows {
		names = append(names, row.(map[string]any)["channel"].(map[string]any)["name"].(string))
	}
	if want := []string{"B1", "top", "A15", "A21"}; !slices.Equal(names, want) {
		t.Fatalf("rows %q, want %q", names, want)
	}
	third := rows[2].(map[string]any)
	if third["status"] != "47" || third["floor_status"] != "47" {
		t.Errorf("status %v, floor_status %v, want 47 twice", third["status"], third["floor_status"])
	}
	good := third["good"].(map[string]any)
	for _, name := range []string{"id", "name", "description", "thumb", "price", "original_price", "content", "updated_at", "good_no", "slug"} {
		if _, found := good[name]; !found {
			t.Errorf("good has no %s", name)
		}
	}
	if good["updated_at"] != "2024-04-29 09:20:55" {
		t.Errorf("updated_at %v", good["updated_at"])
	}
	if top := rows[1].(map[string]any); top["current_inventory"] != 0.0 || top["inventory"] != 5.0 {
		t.Errorf("levels %v of %v, want 0 of 5", top["current_inventory"], top["inventory"])
	}

	a.exec(t, "UPDATE products SET on_sale = FALSE WHERE machine_id = 1")
	wantAnswer(t, a.do(t, post("/floors", fields{"machine_no": "16327129"})), 200, `{"code":0,"message":"ok","data":[]}`)
}

func TestFloorsOrderOfChecks(t *testing.T) { shelfChecks(t, "/floors") }
