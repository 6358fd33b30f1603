package openapi_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/provision"
)

// The example has neither a model's nor an announcement's id; rows with id 0
// stand for that.
func TestSection703(t *testing.T) {
	a := newAPI(t)
	a.apply(t, func(m *provision.Merchant) {
		m.Description, m.Logo, m.StoreID = "Snacks and drinks", "https://platform.example/storage/m1/logo.png", "5053900001"
		first := &m.Machines[0]
		first.Address, first.LngLat, first.CurrencyID = "未知", "116.549815,39.922273", 3
		first.Categories = []provision.Category{{Title: "第一层"}, {Title: "第二层"}}
		first.Announcement = &provision.Announcement{Title: "New drinks this week"}
	})
	a.exec(t, "UPDATE merchants SET created_at = 1710765677000 WHERE id = 1")
	a.exec(t, "INSERT INTO models (id, merchant_id, name) VALUES (0, 1, 'no id')")
	a.exec(t, "UPDATE machines SET model_id = 0 WHERE id = 1")
	a.exec(t, "UPDATE announcements SET id = 0 WHERE machine_id = 1")
	wantValue(t, a.do(t, post("/rent/machines/16327129", nil)), `{
  "code": 0,
  "message": "ok",
  "data": {
    "machine_name": "Lobby 1",
    "address": "未知",
    "lng_lat": "116.549815,39.922273",
    "is_online": true,
    "model": {
      "cabinet_names": [
        "A"
      ]
    },
    "machine_type": 1,
    "categories": [
      {
        "id": 1,
        "title": "第一层"
      },
      {
        "id": 2,
        "title": "第二层"
      }
    ],
    "announcement": {
      "title": "New drinks this week"
    },
    "merchant": {
      "title": "Example Shop",
      "description": "Snacks and drinks",
      "logo": "https://platform.example/storage/m1/logo.png",
      "store_id": "5053900001",
      "status": "VERIFIED",
      "created_at": "2024-03-18 20:41:17"
    },
    "currency": {
      "id": 3,
      "name": "Euro",
      "code": "EUR",
      "symbol": "€"
    }
  }
}`)
}

func TestMachineDetail(t *testing.T) {
	a := newAPI(t)
	wantAnswer(t, a.do(t, post("/rent/machines/16327129", nil)), 200, `{"code":0,"message":"ok","data":{
		"machine_name":"Lobby 1","is_online":true,"model":{"id":1,"cabinet_names":["A"]},"machine_type":1,
		"merchant":{"title":"Example Shop","status":"VERIFIED","created_at":"2024-04-29 09:20:55"}}}`)

	a.apply(t, func(m *provision.Merchant) {
		m.Description, m.Logo, m.StoreID = "Snacks and drinks", "https://platform.example/logo.png", "5053900001"
		m.Debug = true
		m.Models[0].Boards = []provision.Board{{Addr: 8, FloorType: 2}, {Addr: 1, FloorType: 1}}
		first := &m.Machines[0]
		first.Address, first.LngLat, first.CoverImage = "未知", "116.549815,39.922273", "https://platform.example/m.png"
		first.MachineType, first.CurrencyID = 6, 3
		first.Categories = []provision.Category{
			{Title: "第二层", SortID: 99}, {Title: "hidden", SortID: 98, Hidden: true}, {Title: "第一层", SortID: 100}, {Title: "third", SortID: 99},
		}
		first.Announcement = &provision.Announcement{Title: "New <drinks> & more", Content: "c", LinkURL: "https://x.example"}
	})
	// Offline, which only debug mode lets pass.
	a.Online(t, false)
	wantAnswer(t, a.do(t, post("/rent/machines/16327129", nil)), 200, `{"code":0,"message":"ok","data":{
		"machine_name":"Lobby 1","address":"未知","lng_lat":"116.549815,39.922273",
		"model":{"id":1,"cabinet_names":["A","H"]},"machine_type":6,"cover_image":"https://platform.example/m.png",
		"categories":[{"id":3,"title":"第一层"},{"id":1,"title":"第二层"},{"id":4,"title":"third"}],
		"announcement":{"id":1,"title":"New <drinks> & more","content":"c","is_link":true,"link_url":"https://x.example"},
		"merchant":{"title":"Example Shop","description":"Snacks and drinks","logo":"https://platform.example/logo.png",
			"store_id":"5053900001","status":"VERIFIED","created_at":"2024-04-29 09:20:55"},
		"currency":{"id":3,"name":"Euro","code":"EUR","symbol":"€"}}}`)

	a.exec(t, "DELETE FROM model_boards WHERE model_id = 1")
	a.exec(t, "UPDATE announcements SET content = '', is_link = FALSE, link_url = '' WHERE machine_id = 1")
	a.exec(t, "UPDATE categories SET is_visible = FALSE WHERE machine_id = 1")
	wantAnswer(t, a.do(t, post("/rent/machines/16327129", nil)), 200, `{"code":0,"message":"ok","data":{
		"machine_name":"Lobby 1","address":"未知","lng_lat":"116.549815,39.922273",
		"model":{"id":1,"cabinet_names":["A"]},"machine_type":6,"cover_image":"https://platform.example/m.png",
		"announcement":{"id":1,"title":"New <drinks> & more"},
		"merchant":{"title":"Example Shop","description":"Snacks and drinks","logo":"https://platform.example/logo.png",
			"store_id":"5053900001","status":"VERIFIED","created_at":"2024-04-29 09:20:55"},
		"currency":{"id":3,"name":"Euro","code":"EUR","symbol":"€"}}}`)
}

// A number that no engine, or only one, could look up is one of no machine.
func TestMachineDetailOfOddNumbers(t *testing.T) {
	a := newAPI(t)
	for _, no := range []string{"%00", "16327129%00", "%ff", "%27", "0"} {
		wantRefusal(t, a.do(t, post("/rent/machines/"+no, nil)), 30003, "")
	}
}
