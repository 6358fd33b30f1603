// Package demo is the product in one command: a small shop on the embedded
// default, virtual machines, a callback sink, and the main job told as a story.
package demo

import (
	"fmt"

	"github.com/vendlane/vendlane/internal/provision"
)

// Credentials of the demo merchant. They are public on purpose: the README's
// request works as it stands. Nothing but the demo uses them.
const (
	appID         = "vm0123456789abcdef"
	appSecret     = "0123456789abcdef0123456789abcdef"
	appKey        = "kva"
	webhookSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=" //nolint:gosec // public on purpose
)

// The account of the demo's console, as public as the rest.
const (
	consoleEmail    = "owner@demo.example"
	consolePassword = "demo-password"
)

// The documented example (consume.md §7.2). Its order and record have numbers of
// their own, which the history before it never reaches.
const (
	documentedMachine = "16327129"
	documentedCode    = "5288640"
	documentedOrder   = 1060
	documentedRecord  = 1078
)

// storyMachine is where the story happens, so that the documented machine
// stays as documented.
const storyMachine = "16327130"

const (
	// shopSlug names the demo's merchant.
	shopSlug = "demo"
	// channels is how many spring-motor channels each demo machine has, and
	// channelCapacity how many pieces each of them holds.
	channels        = 12
	channelCapacity = 10
	// timezone is where the shop is.
	timezone = "Asia/Shanghai"
)

// demoMachine is one machine of the demo shop.
type demoMachine struct {
	no, name, password string
	firstProduct       int64
}

func demoMachines() []demoMachine {
	return []demoMachine{
		{documentedMachine, "Lobby 1", "demo-16327129", 131},
		{storyMachine, "Lobby 2", "demo-16327130", 201},
		{"16327131", "Canteen", "demo-16327131", 301},
	}
}

// shop describes the demo merchant and its machines. notifyURL is told the
// results of codes that are redeemed on the pickup page.
func shop(notifyURL string) provision.File {
	goods := []provision.Good{
		{Slug: "412883701240", Name: "可乐", Description: "可乐 330 ml", Content: "<p>可口可乐</p>", Price: "1.00", OriginalPrice: "1.20"},
		{Slug: "412883701257", Name: "矿泉水", Description: "矿泉水 550 ml", Price: "2.00"},
		{Slug: "412883701264", Name: "薯片", Description: "薯片 75 g", Price: "6.50"},
		{Slug: "412883701271", Name: "巧克力", Description: "巧克力 43 g", Price: "8.00"},
	}
	merchant := provision.Merchant{
		Slug: shopSlug, Title: "Example Shop", Description: "Snacks and drinks", StoreID: "5053900001",
		AppID: appID, AppSecret: appSecret, AppKey: appKey, WebhookSecret: webhookSecret, NotifyURL: notifyURL, Timezone: timezone,
		Models: []provision.Model{{
			Name: "spring-12", Boards: []provision.Board{{Addr: 1, FloorType: 1, DropDetection: true}},
		}},
		Goods: goods,
	}
	for _, d := range demoMachines() {
		m := provision.Machine{
			MachineNo: d.no, Name: d.name, Model: "spring-12", Password: d.password,
			Address: "未知", Tel: "010-5555-0100", LngLat: "116.549815,39.922273", CurrencyID: 1, PickupCodeEnabled: true,
			Announcement: &provision.Announcement{Title: "New drinks this week"},
			Categories:   []provision.Category{{Title: "第一层", SortID: 100}, {Title: "第二层", SortID: 99}},
		}
		for i := range int64(channels) {
			m.Planogram = append(m.Planogram, provision.Channel{
				ProductID: d.firstProduct + i, Motor: i, X: i / 6, Y: i % 6,
				Good: goods[i%int64(len(goods))].Slug, Category: m.Categories[i/6].Title,
				Capacity: channelCapacity, Stock: channelCapacity,
			})
		}
		if d.no == documentedMachine {
			m.Codes = []provision.Code{{Code: documentedCode, Channel: "A1"}}
		}
		merchant.Machines = append(merchant.Machines, m)
	}
	return provision.File{Merchants: []provision.Merchant{merchant}}
}

// product returns the nth product of a demo machine.
func product(machineNo string, n int64) string {
	for _, d := range demoMachines() {
		if d.no == machineNo {
			return fmt.Sprint(d.firstProduct + n)
		}
	}
	return "0"
}
