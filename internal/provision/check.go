package provision

import (
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/vending"
)

// minWebhookKey is the least length of the key behind it, in bytes, that Standard
// Webhooks allows. Whoever guesses the key can make callbacks.
const minWebhookKey = 24

// check refuses a file that cannot be right before anything is written; the
// error says where.
func (f File) check() error {
	merchants, machines := map[string]bool{}, map[string]bool{}
	for i, m := range f.Merchants {
		if !validSlug(m.Slug) || merchants[m.Slug] {
			return fmt.Errorf("merchants[%d]: slug %q is used twice or not 1–63 lower-case letters, digits and dashes", i, m.Slug)
		}
		merchants[m.Slug] = true
		if err := m.check(); err != nil {
			return fmt.Errorf("merchant %s: %w", m.Slug, err)
		}
		for _, machine := range m.Machines {
			if machines[machine.MachineNo] {
				return fmt.Errorf("machine %s is listed twice", machine.MachineNo)
			}
			machines[machine.MachineNo] = true
			if err := machine.check(); err != nil {
				return fmt.Errorf("machine %s: %w", machine.MachineNo, err)
			}
		}
	}
	return nil
}

func (m Merchant) check() error {
	if m.Title == "" {
		return fmt.Errorf("title is empty")
	}
	if m.Status != "" && m.Status != vending.MerchantVerified && m.Status != "PENDING" {
		return fmt.Errorf("status %q is not VERIFIED or PENDING", m.Status)
	}
	if err := checkZone(m.Timezone); err != nil {
		return err
	}
	if len(m.AppKey) > 64 || strings.IndexFunc(m.AppKey, func(r rune) bool { return r < '!' || r > '~' }) >= 0 {
		return fmt.Errorf("app_key must be 1–64 printable ASCII characters")
	}
	if m.WebhookSecret != "" {
		encoded, ok := strings.CutPrefix(m.WebhookSecret, credentials.WebhookPrefix)
		if key, err := base64.StdEncoding.DecodeString(encoded); err != nil || !ok || len(key) < minWebhookKey {
			return fmt.Errorf("webhook_secret must be %s and base64 of at least %d bytes", credentials.WebhookPrefix, minWebhookKey)
		}
	}
	// Where it may lead is the operator's business, and checked at each attempt.
	if m.NotifyURL != "" && vending.CheckNotifyURL(m.NotifyURL, true) != "" {
		return fmt.Errorf("notify_url is no http or https address")
	}
	if m.TemperatureMin > m.TemperatureMax {
		return fmt.Errorf("temperature_min is above temperature_max")
	}
	for _, model := range m.Models {
		if model.Name == "" {
			return fmt.Errorf("a model has no name")
		}
		for _, b := range model.Boards {
			if b.Addr < 1 || b.Addr > 8 || b.FloorType < 1 || b.Capacity < 0 {
				return fmt.Errorf("model %s: board %d: addr must be 1–8, floor_type positive, capacity not negative", model.Name, b.Addr)
			}
		}
	}
	for _, g := range m.Goods {
		if g.Slug == "" || g.Name == "" {
			return fmt.Errorf("good %q: slug and name must not be empty", g.Slug)
		}
	}
	return nil
}

func (m Machine) check() error {
	if !vending.IsDigits(m.MachineNo) || len(m.MachineNo) > 20 {
		return fmt.Errorf("machine_no must be 1–20 digits")
	}
	if m.ConnectType < 0 || m.ConnectType > connectSerial {
		return fmt.Errorf("connect_type must be 1 MQTT, 2 TCP or 3 serial port")
	}
	if m.Name == "" || m.Model == "" {
		return fmt.Errorf("name and model must not be empty")
	}
	switch vending.MachineStatus(m.Status) {
	case "", vending.MachineOperational, vending.MachineMaintenance, vending.MachineTransfer:
	default:
		return fmt.Errorf("status %q is not OPERATIONAL, MAINTENANCE or TRANSFER", m.Status)
	}
	if err := checkZone(m.Timezone); err != nil {
		return err
	}
	slots, names := map[slot]bool{}, map[string]bool{}
	for _, c := range m.Planogram {
		if c.Addr < 0 || c.Addr > 8 || c.Motor < 0 || c.Motor > 99 || c.ProductID < 0 {
			return fmt.Errorf("channel %s: addr must be 1–8, motor 0–99 and product_id positive", c.name())
		}
		if slots[c.slot()] || names[c.name()] {
			return fmt.Errorf("channel %s is listed twice", c.name())
		}
		slots[c.slot()], names[c.name()] = true, true
		if c.Capacity < 0 || c.Stock < 0 {
			return fmt.Errorf("channel %s: capacity and stock must not be negative", c.name())
		}
	}
	for _, c := range m.Codes {
		if !vending.ValidCode(c.Code) || c.Quantity < 0 {
			return fmt.Errorf("a code for channel %s is not 6–10 digits, or its quantity is negative", c.Channel)
		}
	}
	return nil
}

// validSlug tells whether a text can name a merchant in files and in the paths
// of its pictures.
func validSlug(text string) bool {
	if text == "" || len(text) > 63 || text[0] == '-' {
		return false
	}
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}

func checkZone(name string) error {
	if name == "" {
		return nil
	}
	if _, err := time.LoadLocation(name); err != nil {
		return fmt.Errorf("timezone %q is not known", name)
	}
	return nil
}

// Check refuses a merchant that cannot be right, with everything it owns.
func (m Merchant) Check() error { return File{Merchants: []Merchant{m}}.check() }
