package client

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
)

// ProductQuery chooses products of a machine (openapi.md §7.4). Without Cabinet,
// Board and All it is cabinet A.
type ProductQuery struct {
	MachineNo string
	// Page counts from 1; 0 is the first. PerPage is 1 to 100; 0 is 10.
	Page, PerPage int64
	// CategoryID chooses one category; 0 is all.
	CategoryID int64
	// Cabinet is a letter, Board a number from 1 to 8; both name the same thing, so
	// give one of them at most.
	Cabinet string
	Board   int64
	// All is every cabinet on one page.
	All bool
}

// ProductPage is a page of products (openapi.md §7.4).
type ProductPage struct {
	Products    []Product `json:"data"`
	Total       int64     `json:"total"`
	CurrentPage int64     `json:"current_page"`
	LastPage    int64     `json:"last_page"`
	PerPage     int64     `json:"per_page"`
}

// Product is a channel filled with a good: what is sold.
type Product struct {
	ID       int64        `json:"id"`
	Category *CategoryRef `json:"category"` // nil if it has none
	Good     Good         `json:"good"`
	Channel  Channel      `json:"channel"`
	// CurrentInventory is how many pieces can be sold, Inventory the capacity.
	CurrentInventory int64 `json:"current_inventory"`
	Inventory        int64 `json:"inventory"`
}

// Good is an article of the merchant.
type Good struct {
	ID            int64    `json:"id"` // of Floors only
	Name          string   `json:"name"`
	Description   string   `json:"description"`
	Thumb         string   `json:"thumb"` // URL
	Price         string   `json:"price"`
	OriginalPrice string   `json:"original_price"`
	Content       string   `json:"content"` // HTML
	GoodNo        string   `json:"good_no"`
	Slug          string   `json:"slug"`       // the same as GoodNo
	Media         []string `json:"media"`      // URLs
	UpdatedAt     string   `json:"updated_at"` // of Floors only
}

// Channel is one slot of a machine.
type Channel struct {
	ID          int64  `json:"id"` // of Floors only
	Name        string `json:"name"`
	CabinetName string `json:"cabinet_name"`
	Code        string `json:"code"` // three digits, openapi.md §4.1
	X           string `json:"x"`    // row from 0
	Y           string `json:"y"`    // column from 0
	Addr        int64  `json:"addr"` // board
}

// Products lists the products on sale (openapi.md §7.4). Without any it answers a
// page without rows, of which everything is zero.
func (c *Client) Products(ctx context.Context, q ProductQuery) (ProductPage, error) {
	f := fields{
		"machine_no": q.MachineNo, "page": id(q.Page), "per_page": id(q.PerPage), "category_id": id(q.CategoryID),
		"cabinet_name": q.Cabinet, "addr": id(q.Board),
	}
	if q.All {
		f["select_all"] = "1"
	}
	var data json.RawMessage
	_, err := c.call(ctx, request{verb: http.MethodPost, path: "/products", fields: f, safe: true}, &data)
	var out ProductPage
	if err != nil || bytes.HasPrefix(data, []byte("[")) { // no page, but []
		return out, err
	}
	err = json.Unmarshal(data, &out)
	return out, err
}

// Floor is a row of [Client.Floors] (openapi.md §7.5).
type Floor struct {
	FloorStatus      string  `json:"floor_status"` // errors.md §3.1, "1" is good
	Good             Good    `json:"good"`
	Channel          Channel `json:"channel"`
	CurrentInventory int64   `json:"current_inventory"`
	Inventory        int64   `json:"inventory"`
}

// Floors lists the channels on sale in all cabinets with their state (openapi.md §7.5).
func (c *Client) Floors(ctx context.Context, machineNo string) ([]Floor, error) {
	return query[[]Floor](ctx, c, "/floors", machineNo)
}
