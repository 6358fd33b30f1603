// Package provision creates and updates merchants, models, goods, machines,
// planograms and pickup codes from a file, so that an installation can be
// described in one place and applied again and again.
package provision

import (
	"errors"
	"fmt"

	"github.com/vendlane/vendlane/internal/strictyaml"
)

// File is what `vendlane admin apply` reads.
type File struct {
	Merchants []Merchant `yaml:"merchants"`
	// Dir is where relative names of picture files start.
	Dir string `yaml:"-"`
}

// Merchant is one merchant and everything it owns. Slug names it in this file
// for ever; it is not shown to anyone.
type Merchant struct {
	Slug        string `yaml:"slug"`
	Title       string `yaml:"title"`
	Description string `yaml:"description"`
	Logo        string `yaml:"logo"`
	StoreID     string `yaml:"store_id"`
	// Status is VERIFIED (the default) or PENDING.
	Status string `yaml:"status"`
	// AppID, AppSecret, AppKey and WebhookSecret are generated when left out. The
	// AppID stays. Another AppSecret or AppKey counts at once, another WebhookSecret
	// beside the one before for 24 hours (consume.md §9.4).
	AppID         string `yaml:"appid"`
	AppSecret     string `yaml:"app_secret"`
	AppKey        string `yaml:"app_key"`
	WebhookSecret string `yaml:"webhook_secret"`
	Debug         bool   `yaml:"debug"`
	// TemperatureMin and TemperatureMax are the limits, in tenths of a degree
	// Celsius, outside which a machine is an alert; equal ones watch nothing.
	TemperatureMin int64  `yaml:"temperature_min"`
	TemperatureMax int64  `yaml:"temperature_max"`
	Timezone       string `yaml:"timezone"`
	// NotifyURL is told the results of codes that customers redeem on the pickup
	// page; empty is nobody.
	NotifyURL string `yaml:"notify_url"`
	// ExpiredAt is YYYY-MM-DD HH:MM:SS in the merchant's zone, else in the
	// default one; empty is never.
	ExpiredAt string    `yaml:"expired_at"`
	Models    []Model   `yaml:"models"`
	Goods     []Good    `yaml:"goods"`
	Machines  []Machine `yaml:"machines"`
	// MustBeNew refuses a merchant that is there already with ErrSlugTaken.
	MustBeNew bool `yaml:"-"`
}

// Model is a machine model and its boards.
type Model struct {
	Name   string  `yaml:"name"`
	Boards []Board `yaml:"boards"`
}

// Board is a driver board: addr 1–8, floor_type of openapi.md §4.2.
type Board struct {
	Addr int64 `yaml:"addr"`
	// Capacity is that of a channel on this board that names none.
	Capacity      int64 `yaml:"capacity"`
	FloorType     int64 `yaml:"floor_type"`
	Lift          bool  `yaml:"lift"`
	DropDetection bool  `yaml:"drop_detection"`
}

// Good is an article of the merchant; Slug is its article code. Thumb and
// Media, like every picture in this file, are URLs or names of files next to
// it: "file:pictures/cola.png".
type Good struct {
	Slug          string   `yaml:"slug"`
	Name          string   `yaml:"name"`
	Description   string   `yaml:"description"`
	Content       string   `yaml:"content"`
	Thumb         string   `yaml:"thumb"`
	Media         []string `yaml:"media"`
	Price         string   `yaml:"price"`
	OriginalPrice string   `yaml:"original_price"`
}

// Machine is one machine. Its password is generated when left out.
type Machine struct {
	MachineNo   string `yaml:"machine_no"`
	Name        string `yaml:"name"`
	Model       string `yaml:"model"`
	Password    string `yaml:"password"`
	Status      string `yaml:"status"`
	MachineType int64  `yaml:"machine_type"`
	// ConnectType is 1 MQTT (when left out), 2 TCP, 3 serial port. A machine
	// that leaves the serial port is told to reset itself.
	ConnectType int64  `yaml:"connect_type"`
	Address     string `yaml:"address"`
	LngLat      string `yaml:"lng_lat"`
	CoverImage  string `yaml:"cover_image"`
	// Group is a name that machines share; members of the console can be bound to it.
	Group   string `yaml:"machine_group"`
	Contact string `yaml:"contact"`
	Tel     string `yaml:"tel"`
	// Timezone is the merchant's, for a new machine, when left out.
	Timezone          string        `yaml:"timezone"`
	CurrencyID        int64         `yaml:"currency_id"`
	PickupCodeEnabled bool          `yaml:"pickup_code_enabled"`
	Announcement      *Announcement `yaml:"announcement"`
	Banners           []Banner      `yaml:"banners"`
	Categories        []Category    `yaml:"categories"`
	Planogram         []Channel     `yaml:"planogram"`
	Codes             []Code        `yaml:"codes"`
}

// Announcement is a notice shown on a machine.
type Announcement struct {
	Title   string `yaml:"title"`
	Content string `yaml:"content"`
	LinkURL string `yaml:"link_url"`
}

// Banner is an ad of a machine. CoverImage names it in this file.
type Banner struct {
	CoverImage string `yaml:"cover_image"`
	Title      string `yaml:"title"`
	VideoURL   string `yaml:"video_url"`
	LinkURL    string `yaml:"link_url"`
	// LockScreen ads cover an idle machine's screen; others are in the carousel.
	LockScreen bool  `yaml:"lock_screen"`
	SortID     int64 `yaml:"sort_id"`
	Hidden     bool  `yaml:"hidden"`
	// Pending pictures are not shown until they are approved.
	Pending   bool   `yaml:"pending"`
	ExpiredAt string `yaml:"expired_at"`
}

// Category groups products of one machine.
type Category struct {
	Title  string `yaml:"title"`
	SortID int64  `yaml:"sort_id"`
	Hidden bool   `yaml:"hidden"`
}

// Channel is one slot of the planogram and the good in it.
type Channel struct {
	// ProductID fixes the product's id at creation; 0 takes the next one.
	ProductID int64 `yaml:"product_id"`
	// Addr is the board, 1 when left out; Motor is 0–99.
	Addr  int64 `yaml:"addr"`
	Motor int64 `yaml:"motor"`
	// Name is the cabinet's letter and the motor number plus 1 when left out.
	Name      string `yaml:"name"`
	X         int64  `yaml:"x"`
	Y         int64  `yaml:"y"`
	Auxiliary bool   `yaml:"auxiliary"`
	Good      string `yaml:"good"`
	Category  string `yaml:"category"`
	SortID    int64  `yaml:"sort_id"`
	OffSale   bool   `yaml:"off_sale"`
	Capacity  int64  `yaml:"capacity"`
	// Stock counts at creation only: later the level belongs to sales and
	// replenishment.
	Stock int64 `yaml:"stock"`
}

// Code is a pickup code for the product in a channel. A value that has ever
// been on the machine is left alone, so applying again never revives one.
type Code struct {
	Code      string `yaml:"code"`
	Channel   string `yaml:"channel"`
	Quantity  int64  `yaml:"quantity"`
	ExpiredAt string `yaml:"expired_at"`
}

// maxFileSize bounds a file before it is parsed.
const maxFileSize = 16 << 20

// Parse reads a file strictly: unknown keys are errors, with their line.
func Parse(text []byte) (File, error) {
	if len(text) > maxFileSize {
		return File{}, fmt.Errorf("file is larger than %d bytes", maxFileSize)
	}
	var f File
	if err := strictyaml.Decode(text, &f); err != nil {
		return File{}, fmt.Errorf("parse file: %w", err)
	}
	if len(f.Merchants) == 0 {
		return File{}, errors.New("parse file: it lists no merchants")
	}
	return f, nil
}
