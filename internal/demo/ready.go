package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// readyJSON is the line of --json.
type readyJSON struct {
	URL          string         `json:"url"`
	MQTTURL      string         `json:"mqtt_url"`
	Merchant     readyMerchant  `json:"merchant"`
	Machines     []readyMachine `json:"machines"`
	CallbackSink string         `json:"callback_sink"`
	Console      readyConsole   `json:"console"`
}

type readyConsole struct {
	URL      string `json:"url"`
	Email    string `json:"email"`
	Password string `json:"password"`
}

type readyMerchant struct {
	AppID         string `json:"appid"`
	AppSecret     string `json:"app_secret"`
	AppKey        string `json:"app_key"`
	WebhookSecret string `json:"webhook_secret"`
}

type readyMachine struct {
	MachineNo string `json:"machine_no"`
	MachineID int64  `json:"machine_id"`
	Password  string `json:"password"`
	// PickupPage is where customers redeem codes at it.
	PickupPage string         `json:"pickup_page"`
	Products   []readyProduct `json:"products"`
}

type readyProduct struct {
	ProductID int64    `json:"product_id"`
	Channel   string   `json:"channel"`
	Price     string   `json:"price"`
	Stock     int64    `json:"stock"`
	Capacity  int64    `json:"capacity"`
	Codes     []string `json:"codes"`
}

func (d *demo) printJSON(ctx context.Context) error {
	ready := readyJSON{
		URL: d.client.base, MQTTURL: "tcp://" + reachable(d.app.MQTTAddr()),
		Merchant:     readyMerchant{appID, appSecret, appKey, webhookSecret},
		CallbackSink: d.client.base + sinkPath,
		Console:      readyConsole{d.client.base + consolePath, consoleEmail, consolePassword},
	}
	for _, m := range demoMachines() {
		row, err := d.app.Store.MachineByNo(ctx, m.no)
		if err != nil {
			return fmt.Errorf("machine %s: %w", m.no, err)
		}
		products, err := d.products(ctx, row.Machine.ID)
		if err != nil {
			return fmt.Errorf("products of machine %s: %w", m.no, err)
		}
		ready.Machines = append(ready.Machines, readyMachine{m.no, row.Machine.ID, m.password, d.pickupPage(m.no), products})
	}
	return json.NewEncoder(d.opts.Stdout).Encode(ready)
}

func (d *demo) pickupPage(machineNo string) string {
	return vending.PickupPageURL(d.client.base, machineNo)
}

// products lists what a machine sells, with the codes that can be redeemed.
func (d *demo) products(ctx context.Context, machineID int64) ([]readyProduct, error) {
	rows, err := d.app.Store.ProductsOnSale(ctx, db.ProductsOnSaleParams{MachineID: machineID, PageSize: 1000})
	if err != nil {
		return nil, err
	}
	out := make([]readyProduct, len(rows))
	for i, row := range rows {
		out[i] = readyProduct{
			ProductID: row.ID, Channel: row.Channel.Name, Price: row.Good.Price.String(),
			Stock: row.CurrentInventory, Capacity: row.Inventory, Codes: []string{},
		}
		codes, err := d.app.Store.LiveCodesOfProduct(ctx, row.ID, time.Now().UnixMilli())
		if err != nil {
			return nil, err
		}
		for _, code := range codes {
			out[i].Codes = append(out[i].Codes, code.Code)
		}
	}
	return out, nil
}
