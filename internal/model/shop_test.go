package model

import (
	"time"
	_ "time/tzdata" // zones of machines must not depend on the host

	"github.com/vendlane/vendlane/internal/provision"
)

// startOfTime is when every sequence begins, UTC milliseconds.
const startOfTime int64 = 1714353655_000

// defaultZone is that of machines without one of their own.
func defaultZone() *time.Location { return time.FixedZone("GMT+8", 8*3600) }

// shopFile describes two merchants with two machines each, between them every
// drive that has a lock time of its own, a belt with drop detection, products
// off sale and without a good, and codes for more than one piece. The second
// merchant is in debug mode.
func shopFile() provision.File {
	goods := []provision.Good{
		{Slug: "cola", Name: "Cola", Price: "1.50"},
		{Slug: "nuts", Name: "Nuts", Price: "2.00"},
	}
	models := []provision.Model{
		{Name: "mixed", Boards: []provision.Board{
			{Addr: 1, FloorType: 1, DropDetection: true}, {Addr: 2, FloorType: 3, Lift: true, DropDetection: true},
		}},
		{Name: "doors", Boards: []provision.Board{{Addr: 1, FloorType: 2}, {Addr: 2, FloorType: 4}}},
	}
	merchant := func(slug, prefix string) provision.Merchant {
		return provision.Merchant{
			Slug: slug, Title: slug, AppID: "vm" + slug, AppSecret: slug + "-secret", AppKey: slug + "-key",
			Debug: slug == "bravo", Models: models, Goods: goods,
			Machines: []provision.Machine{
				shopMachine(prefix+"001", "mixed", "America/New_York"),
				shopMachine(prefix+"002", "doors", ""),
			},
		}
	}
	return provision.File{Merchants: []provision.Merchant{merchant("alfa", "10000"), merchant("bravo", "20000")}}
}

func shopMachine(no, model, zone string) provision.Machine {
	return provision.Machine{
		MachineNo: no, Name: no, Model: model, Timezone: zone, PickupCodeEnabled: true,
		Password:   "not used here",
		Categories: []provision.Category{{Title: "drinks", SortID: 2}, {Title: "snacks", SortID: 1}},
		Planogram: []provision.Channel{
			{Motor: 0, Good: "cola", Category: "drinks", Capacity: 6, Stock: 5},
			{Motor: 1, Good: "nuts", Category: "snacks", Capacity: 3, Stock: 2},
			{Motor: 2, Good: "nuts", Category: "drinks", Capacity: 4, Stock: 4, OffSale: true},
			{Motor: 3, Category: "drinks", Capacity: 4, Stock: 1},
			{Addr: 2, Motor: 0, Good: "cola", Category: "drinks", Capacity: 5, Stock: 5},
		},
		Codes: []provision.Code{
			{Code: "555001", Channel: "A1", Quantity: 2},
			{Code: "5550002", Channel: "A2", Quantity: 3},
			{Code: "55500003", Channel: "B1", Quantity: 2, ExpiredAt: "2024-04-29 18:00:00"},
		},
	}
}
