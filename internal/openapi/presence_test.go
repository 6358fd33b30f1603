package openapi_test

import (
	"crypto/rand"
	"log/slog"
	"strconv"
	"testing"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// apply provisions a changed shop.
func (a *api) apply(t testing.TB, change func(*provision.Merchant)) {
	t.Helper()
	file := storetest.File()
	change(&file.Merchants[0])
	applier := provision.New(a.Store, a.Box, a.Pickup, a.Now, rand.Reader, zone)
	if _, err := applier.Apply(t.Context(), file); err != nil {
		t.Fatal(err)
	}
}

func TestPing(t *testing.T) {
	a := newAPI(t)
	for _, body := range []string{"", "not JSON", `{"payload":1}`} { // the body is ignored
		c := post("/ping", nil)
		c.body = body
		wantAnswer(t, a.do(t, c), 200, `{"code":0,"message":"ok","data":"pong"}`)
	}
}

func TestMachines(t *testing.T) {
	a := newAPI(t)
	a.apply(t, func(m *provision.Merchant) {
		first := &m.Machines[0]
		first.Address, first.LngLat, first.Contact, first.Tel = "未知", "116.549815,39.922273", "Li", "13800000000"
		m.Machines[1].Status = "MAINTENANCE"
		m.Machines[2].Timezone = "Europe/Berlin"
	})
	a.Online(t, false)
	log := slog.New(slog.DiscardHandler)
	heartbeat := fleet.New(a.Store, a.Now, fleet.Config{Zone: zone}, log)
	if err := heartbeat.TakeHeartbeat(t.Context(), fleet.Heartbeat{MachineID: a.Machine.ID}); err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, a.do(t, post("/rent/machines", nil)), 200, `{"code":0,"message":"ok","data":[
		{"machine_name":"Lobby 1","machine_no":"16327129","is_online":true,"status":true,"address":"未知",
		 "notify_message":"[系统检测]: 设备已连接至服务器，设备目前在线!","lng_lat":"116.549815,39.922273",
		 "created_at":"2024-04-29 09:20:55","contact":"Li","tel":"13800000000"},
		{"machine_name":"Lobby 2","machine_no":"16327130","notify_message":"","created_at":"2024-04-29 09:20:55"},
		{"machine_name":"Lobby 3","machine_no":"16327131","status":true,"notify_message":"","created_at":"2024-04-29 03:20:55"}]}`)

	// Machines in transfer are left out; a list without rows is [].
	a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE machine_no LIKE '163%'")
	wantAnswer(t, a.do(t, post("/rent/machines", nil)), 200, `{"code":0,"message":"ok","data":[]}`)
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

func TestOrderQuery(t *testing.T) {
	a := goldenAPI(t)
	wantOK(t, a.do(t, post("/consumes", consumption)))
	query := post("/orders/60", fields{"machine_no": "16327129"})
	order := func(status, count, state, sent, code string) string {
		return `{"code":0,"message":"ok","data":{"order_id":60,"trade_id":"800a7e9500d345c8987d3aafa412c77d","date":"2024-04-29",
			"amount":"1.00","status":"` + status + `",` + count + `"records":[{"id":78,"product_id":131,"quantity":1,"price":"1.00",` +
			state + `"notify_sent":"` + sent + `"}]` + code + `}}`
	}
	waiting, code := `"status":"WAITING_PICKED_UP",`, `,"pickup_code_id":1`
	for _, test := range []struct {
		name, change, want string
	}{
		{"PICKUPCODE", "", order("PICKUPCODE", "", waiting, "0", code)},
		{"SUCCESS", "UPDATE orders SET status = 1, pickup_code_id = 0", order("SUCCESS", "", waiting, "0", "")},
		{"NOTPAY hides the record's status", "UPDATE orders SET status = 0", order("NOTPAY", "", "", "0", "")},
		{"USERPAYING too", "UPDATE orders SET status = 5", order("USERPAYING", "", "", "0", "")},
		{"REFUND", "UPDATE orders SET status = 2", order("REFUND", "", waiting, "0", "")},
		{"CLOSED", "UPDATE orders SET status = 3", order("CLOSED", "", waiting, "0", "")},
		{"REVOKED", "UPDATE orders SET status = 4", order("REVOKED", "", waiting, "0", "")},
		{"PAYERROR", "UPDATE orders SET status = 6", order("PAYERROR", "", waiting, "0", "")},
		{"TESTPAY", "UPDATE orders SET status = 8", order("TESTPAY", "", waiting, "0", "")},
		{"acknowledged callbacks", "UPDATE orders SET status = 7, notify_send_count = 2", order("PICKUPCODE", `"notify_send_count":2,`, waiting, "0", "")},
		{"acknowledged record", "UPDATE records SET notify_sent = TRUE, state = 'IS_SUCCESS'", order("PICKUPCODE", `"notify_send_count":2,`, `"status":"IS_SUCCESS",`, "1", "")},
		{"failed record", "UPDATE records SET state = 'IS_FAILED'", order("PICKUPCODE", `"notify_send_count":2,`, `"status":"IS_FAILED",`, "1", "")},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.change != "" {
				a.exec(t, test.change)
			}
			wantAnswer(t, a.do(t, query), 200, test.want)
		})
	}

	t.Run("no online check, no debug", func(t *testing.T) {
		a.Online(t, false)
		a.exec(t, "UPDATE machines SET status = 'TRANSFER' WHERE id = 1")
		wantOK(t, a.do(t, query))
	})
	t.Run("records in creation order", func(t *testing.T) {
		a.exec(t, `INSERT INTO records (order_id, product_id, quantity, price, state, delivered, delivery_id, callback_id, notify_sent)
			VALUES (60, 132, 2, 250, 'WAITING_PICKED_UP', 0, 0, 0, FALSE)`)
		a.exec(t, "UPDATE orders SET amount = 350 WHERE id = 60")
		wantAnswer(t, a.do(t, query), 200, `{"code":0,"message":"ok","data":{"order_id":60,"trade_id":"800a7e9500d345c8987d3aafa412c77d",
			"date":"2024-04-29","amount":"3.50","status":"PICKUPCODE","notify_send_count":2,"records":[
			{"id":78,"product_id":131,"quantity":1,"price":"1.00","status":"IS_FAILED","notify_sent":"1"},
			{"id":79,"product_id":132,"quantity":2,"price":"2.50","status":"WAITING_PICKED_UP","notify_sent":"0"}]}}`)
	})
}
