package openapi_test

import (
	"net/http"

	"github.com/vendlane/vendlane/internal/provision"
)

// specAppID and specSecret are the credentials of the shop; the other merchants
// have the same secret.
const (
	specAppID   = "vm0123456789abcdef"
	specSecret  = "0123456789abcdef0123456789abcdef"
	specPauper  = "vm2222222222222222" // owns no machine
	specMover   = "vm3333333333333333" // owns one machine, in transfer
	specMachine = "16327140"
	specNotify  = "https://merchant.example/notify"
)

// Products of specMachine by what is special about them.
const (
	specCola    = 201 // sells
	specOffSale = 202
	specEmpty   = 203 // nothing left
	specNoGood  = 204
	specBelt    = 205 // belt with drop detection, on cabinet B
	specJammed  = 206
	specOrphan  = 207 // its channel is gone
	specSmall   = 208 // capacity 2
)

// specFile adds a machine with everything that an answer can show, and
// merchants with little.
func specFile() provision.File {
	machine := provision.Machine{
		MachineNo: specMachine, Name: "Tower", Model: "tower", MachineType: 1, Address: "Main street 1", LngLat: "116.5,39.9",
		CoverImage: "https://shop.example/site.jpg", Contact: "Li", Tel: "123", CurrencyID: 3, PickupCodeEnabled: true,
		Announcement: &provision.Announcement{Title: "New drinks", Content: "Try them", LinkURL: "https://shop.example/new"},
		Banners: []provision.Banner{
			{CoverImage: "https://shop.example/1.jpg", SortID: 2}, {CoverImage: "https://shop.example/2.jpg", SortID: 1},
		},
		Categories: []provision.Category{{Title: "Drinks", SortID: 2}, {Title: "Snacks", SortID: 1}},
		Planogram: []provision.Channel{
			{ProductID: specCola, Motor: 0, Good: "cola", Category: "Drinks", Capacity: 9, Stock: 9},
			{ProductID: specOffSale, Motor: 1, Good: "tea", OffSale: true, Capacity: 5, Stock: 5},
			{ProductID: specEmpty, Motor: 2, Good: "tea", Category: "Drinks", Capacity: 5},
			{ProductID: specNoGood, Motor: 3, Capacity: 5},
			{ProductID: specBelt, Addr: 2, Motor: 0, Good: "cola", Capacity: 9, Stock: 9},
			{ProductID: specJammed, Motor: 4, Good: "tea", Capacity: 5, Stock: 5},
			{ProductID: specOrphan, Motor: 5, Good: "tea", Capacity: 5, Stock: 5},
			{ProductID: specSmall, Motor: 6, Good: "tea", Category: "Drinks", Capacity: 2, Stock: 1},
		},
	}
	return provision.File{Merchants: []provision.Merchant{
		{
			Slug: "shop", Title: "Example Shop", Description: "Snacks", Logo: "https://shop.example/logo.png", StoreID: "5053900001",
			Models: []provision.Model{{Name: "tower", Boards: []provision.Board{
				{Addr: 1, FloorType: 1}, {Addr: 2, FloorType: 3, DropDetection: true},
			}}},
			Goods: []provision.Good{
				{Slug: "cola", Name: "可乐", Description: "cold", Content: "<p>cold</p>", Price: "1.00", OriginalPrice: "1.20",
					Thumb: "https://shop.example/cola.png", Media: []string{"https://shop.example/cola-2.png"}},
				{Slug: "tea", Name: "茶", Price: "2.50"},
			},
			Machines: []provision.Machine{machine},
		},
		{Slug: "pauper", Title: "Pauper", AppID: specPauper, AppSecret: specSecret, AppKey: "kva"},
		{
			Slug: "mover", Title: "Mover", AppID: specMover, AppSecret: specSecret, AppKey: "kva",
			Models:   []provision.Model{{Name: "spring", Boards: []provision.Board{{Addr: 1, FloorType: 1}}}},
			Machines: []provision.Machine{{MachineNo: "26327140", Name: "Moving", Model: "spring", Status: "TRANSFER"}},
		},
	}}
}

// specCalls are calls whose form is right, one for each operation and method.
// Nothing they name needs to exist but the machine.
func specCalls() []specCall {
	on := func(more ...any) specFields { return specFields{"machine_no": specMachine}.with(more...) }
	post := func(path, value string, p specFields) specCall {
		return specCall{verb: http.MethodPost, path: path, value: value, payload: p}
	}
	put := func(path, value string, p specFields) specCall {
		return specCall{verb: http.MethodPut, path: path, value: value, payload: p}
	}
	return []specCall{
		post("/ping", "", nil),
		post("/rent/machines", "", nil),
		post("/rent/machines/{machine_no}", specMachine, nil),
		post("/products", "", on()),
		post("/floors", "", on()),
		post("/categories", "", on()),
		post("/banners", "", on()),
		post("/pickup_codes", "", on("method", "pickup_code.product.id", "product_id", specCola)),
		post("/pickup_codes", "", on("method", "pickup_code.product.all")),
		put("/pickup_codes", "", on("method", "pickup_code.delete.id", "id", "1")),
		put("/pickup_codes", "", on("method", "pickup_code.delete.all")),
		post("/products/{product_id}/pickup_code", "201", on()),
		post("/consumes", "", on("method", "event.consume.pickup_code", "code", "528864", "product_id", "201",
			"notify_url", specNotify, "trade_id", specTrade(0))),
		post("/orders", "", on("notify_url", specNotify, "trade_id", specTrade(0),
			"products", []specFields{{"product_id": specCola, "quantity": 1}})),
		post("/orders/{order_id}", "1", on()),
		put("/orders/{order_id}", "1", on("status", "1")),
		post("/deliveries", "", on("method", "device.delivery.put", "order_id", "1", "record_id", "1")),
		post("/deliveries/debug", "", on("method", "device.delivery.put", "channel_name", "A1", "notify_url", specNotify)),
		post("/deliveries/{delivery_id}", "5121763043809673", on()),
		post("/replenishments", "", on("method", "replenishment.product.id", "product_id", "201", "current_inventory", "5")),
		post("/replenishments", "", on("method", "replenishment.category.id", "category_id", "1", "current_inventory", "1")),
		post("/replenishments", "", on("method", "replenishment.machine.all")),
	}
}

// specFind returns the call of specCalls with this verb, path and method.
func specFind(verb, path, method string) specCall {
	for _, c := range specCalls() {
		if own, _ := c.payload["method"].(string); c.verb == verb && c.path == path && own == method {
			return c
		}
	}
	panic("no such call: " + verb + " " + path + " " + method)
}
