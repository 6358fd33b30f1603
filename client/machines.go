package client

import (
	"context"
	"net/http"
	"net/url"
)

// Ping tests the credentials (openapi.md §7.1).
func (c *Client) Ping(ctx context.Context) error {
	_, err := c.call(ctx, request{verb: http.MethodPost, path: "/ping", safe: true}, nil)
	return err
}

// Machine is a row of [Client.Machines] (openapi.md §7.2).
type Machine struct {
	MachineName string `json:"machine_name"`
	MachineNo   string `json:"machine_no"`
	IsOnline    bool   `json:"is_online"`
	// Operational tells whether the machine sells.
	Operational   bool   `json:"status"`
	Address       string `json:"address"`
	NotifyMessage string `json:"notify_message"` // the last system notice
	LngLat        string `json:"lng_lat"`        // longitude,latitude
	CreatedAt     string `json:"created_at"`     // date-time
	Contact       string `json:"contact"`
	Tel           string `json:"tel"`
}

// Machines lists the merchant's machines (openapi.md §7.2). A merchant that has none
// gets [ErrNoMachine].
func (c *Client) Machines(ctx context.Context) ([]Machine, error) {
	var out []Machine
	_, err := c.call(ctx, request{verb: http.MethodPost, path: "/rent/machines", safe: true}, &out)
	return out, err
}

// MachineDetail is what [Client.Machine] tells (openapi.md §7.3).
type MachineDetail struct {
	MachineName string `json:"machine_name"`
	Address     string `json:"address"`
	LngLat      string `json:"lng_lat"` // longitude,latitude
	// IsOnline is false as well if the merchant's debug mode hides that the machine
	// is offline.
	IsOnline bool `json:"is_online"`
	Model    struct {
		ID           int64    `json:"id"`
		CabinetNames []string `json:"cabinet_names"` // by board
	} `json:"model"`
	MachineType  int64         `json:"machine_type"` // openapi.md §4.2
	CoverImage   string        `json:"cover_image"`
	Categories   []CategoryRef `json:"categories"`
	Announcement *Announcement `json:"announcement"` // nil if there is none
	Merchant     Merchant      `json:"merchant"`
	Currency     *Currency     `json:"currency"` // nil if none is set
}

// CategoryRef names a category of a machine.
type CategoryRef struct {
	ID    int64  `json:"id"`
	Title string `json:"title"`
}

// Announcement is what a machine shows to its customers.
type Announcement struct {
	ID      int64  `json:"id"`
	Title   string `json:"title"`
	Content string `json:"content"`
	IsLink  bool   `json:"is_link"`
	LinkURL string `json:"link_url"`
}

// Merchant is whose machine it is.
type Merchant struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Logo        string `json:"logo"`
	StoreID     string `json:"store_id"`
	Status      string `json:"status"` // VERIFIED
	CreatedAt   string `json:"created_at"`
}

// Currency is that of a machine's prices (openapi.md §4.2).
type Currency struct {
	ID     int64  `json:"id"`
	Name   string `json:"name"`
	Code   string `json:"code"`
	Symbol string `json:"symbol"`
}

// Machine tells about one machine (openapi.md §7.3).
func (c *Client) Machine(ctx context.Context, machineNo string) (MachineDetail, error) {
	var out MachineDetail
	path := "/rent/machines/" + url.PathEscape(machineNo)
	_, err := c.call(ctx, request{verb: http.MethodPost, path: path, safe: true}, &out)
	return out, err
}

// Category is a row of [Client.Categories] (openapi.md §7.6).
type Category struct {
	ID        int64  `json:"id"`
	Title     string `json:"title"`
	SortID    int64  `json:"sort_id"` // higher comes first
	IsVisible bool   `json:"is_visible"`
}

// Categories lists the visible categories of a machine (openapi.md §7.6).
func (c *Client) Categories(ctx context.Context, machineNo string) ([]Category, error) {
	return query[[]Category](ctx, c, "/categories", machineNo)
}

// Banner is a row of [Client.Banners] (openapi.md §7.7).
type Banner struct {
	ID         int64  `json:"id"`
	Status     string `json:"status"` // APPROVED
	IsVisible  bool   `json:"is_visible"`
	CoverImage string `json:"cover_image"`
	SortID     int64  `json:"sort_id"` // higher comes first
	HitCount   int64  `json:"hit_count"`
	ViewsCount int64  `json:"views_count"`
}

// Banners lists the carousel pictures of a machine, five at most (openapi.md §7.7).
func (c *Client) Banners(ctx context.Context, machineNo string) ([]Banner, error) {
	return query[[]Banner](ctx, c, "/banners", machineNo)
}

// query asks for something that needs no more than the machine's number.
func query[T any](ctx context.Context, c *Client, path, machineNo string) (T, error) {
	var out T
	_, err := c.call(ctx, request{verb: http.MethodPost, path: path, fields: fields{"machine_no": machineNo}, safe: true}, &out)
	return out, err
}
