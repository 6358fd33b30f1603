package machineapi

import (
	"context"
	"encoding/json"
	"strconv"
	"unicode/utf8"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/vending"
)

// Bounds of what machines say of their shelves.
const (
	maxLevelDigits = 9
	maxSlug        = 64   // characters
	maxRestockIDs  = 1000 // a machine has at most 8 boards of 100 channels
)

// takeProduct applies client.product.put (mqtt.md §4.6).
func takeProduct(ctx context.Context, h *Handler, u upMessage) error {
	f := fields{object: u.object}
	e := catalog.ShelfEdit{
		MachineID: u.machine.ID,
		ProductID: f.requiredNumber("product_id", maxIDDigits),
		Level:     f.requiredNumber("current_inventory", maxLevelDigits),
		OnSale:    f.flag("operation"),
	}
	if lock := f.number("lock_id", maxIDDigits); lock >= 0 {
		e.LockID = &lock
	}
	if err := f.done(); err != nil {
		return err
	}
	return h.catalog.TakeShelfEdit(ctx, e)
}

// takeRestock applies client.product.restock (mqtt.md §4.9).
func takeRestock(ctx context.Context, h *Handler, u upMessage) error {
	f := fields{object: u.object}
	r := catalog.ShelfRefill{MachineID: u.machine.ID, ProductIDs: f.ids("product_ids")}
	fill := f.flag("operation")
	if fill == nil {
		f.fail("operation", "missing")
	}
	if err := f.done(); err != nil {
		return err
	}
	r.Fill = *fill
	return h.catalog.TakeShelfRefill(ctx, r)
}

// takeSlug applies client.goods.slug.put (mqtt.md §4.12).
func takeSlug(ctx context.Context, h *Handler, u upMessage) error {
	f := fields{object: u.object}
	e := catalog.SlugEdit{
		GoodID:     f.requiredNumber("good_id", maxIDDigits),
		Slug:       f.required("slug"),
		Returnable: f.flag("is_returnable"),
	}
	if utf8.RuneCountInString(e.Slug) > maxSlug {
		f.fail("slug", "longer than 64 characters")
	}
	if err := f.done(); err != nil {
		return err
	}
	return h.catalog.TakeSlug(ctx, u.machine, e)
}

// takeDoorLock applies client.doorlock.status of older machines (mqtt.md §4.7).
func takeDoorLock(ctx context.Context, h *Handler, u upMessage) error {
	f := fields{object: u.object}
	c := dispense.ChannelStatus{
		MachineID:  u.machine.ID,
		ProductID:  f.requiredNumber("product_id", maxIDDigits),
		LockStatus: f.oneOf("operation", vending.LockOpen, vending.LockClosed, vending.LockFault),
	}
	f.required("operation")
	if err := f.done(); err != nil {
		return err
	}
	return h.dispense.TakeChannelStatus(ctx, c)
}

// takeChannelStatus applies client.channel.status.put (mqtt.md §4.8).
func takeChannelStatus(ctx context.Context, h *Handler, u upMessage) error {
	f := fields{object: u.object}
	c := dispense.ChannelStatus{
		MachineID:  u.machine.ID,
		ProductID:  f.requiredNumber("product_id", maxIDDigits),
		LockStatus: f.oneOf("lock_status", vending.LockNone, vending.LockOpen, vending.LockClosed, vending.LockFault),
	}
	if status := f.number("floor_status", maxStatusDigits); status >= 0 {
		c.FloorStatus = strconv.FormatInt(status, 10)
	}
	if c.FloorStatus == "" && c.LockStatus == "" {
		f.fail("floor_status", "missing, and lock_status too")
	}
	if err := f.done(); err != nil {
		return err
	}
	return h.dispense.TakeChannelStatus(ctx, c)
}

// takeCodeUse applies client.pickup_codes.put (mqtt.md §4.11).
func takeCodeUse(ctx context.Context, h *Handler, u upMessage) error {
	f := fields{object: u.object}
	id := f.requiredNumber("id", maxIDDigits)
	if used := f.required("used"); used != "" && used != "1" {
		f.fail("used", "not 1")
	}
	if err := f.done(); err != nil {
		return err
	}
	return h.pickup.UsedAtMachine(ctx, u.machine.ID, id)
}

// oneOf returns an optional member that has one of a few values.
func (f *fields) oneOf(name string, values ...string) string {
	text := f.text(name)
	if text == "" {
		return ""
	}
	for _, value := range values {
		if text == value {
			return value
		}
	}
	f.fail(name, "not one of its values")
	return ""
}

// flag returns an optional boolean, nil if it is left out.
func (f *fields) flag(name string) *bool {
	text := f.oneOf(name, "0", "1")
	if text == "" {
		return nil
	}
	on := text == "1"
	return &on
}

// ids returns a required list of ids: a JSON array of texts or numbers, itself
// as a text (mqtt.md §4.9). An empty one is nil.
func (f *fields) ids(name string) []int64 {
	text := f.required(name)
	if text == "" {
		return nil
	}
	var listed []json.RawMessage
	if json.Unmarshal([]byte(text), &listed) != nil || listed == nil || len(listed) > maxRestockIDs {
		f.fail(name, "not a list of ids")
		return nil
	}
	var ids []int64
	for _, raw := range listed {
		id, ok := parseID(raw)
		if !ok {
			f.fail(name, "holds something that is no id")
			return nil
		}
		ids = append(ids, id)
	}
	return ids
}

func parseID(raw json.RawMessage) (int64, bool) {
	text := string(raw)
	if len(text) >= 2 && text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	if len(text) > maxIDDigits || !vending.IsDigits(text) {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil
}
