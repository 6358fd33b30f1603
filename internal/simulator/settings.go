package simulator

import (
	"maps"
	"strconv"
	"strings"

	"github.com/vendlane/vendlane/signature"
)

// Limits of the values of client.machine.config.push (mqtt.md §5.10).
const (
	minSeconds, maxSeconds = 30, 180
	maxURL                 = 2048
)

// settingCheck returns what tells whether a value is one of that setting (mqtt.md
// §4.10, §5.10), or nil for a name that is none.
func settingCheck(name string) func(string) bool {
	switch name {
	case "price_thousands", "price_line", "standby_ads_enabled", "standby_ads_autoplay":
		return func(v string) bool { return v == "0" || v == "1" }
	case "idle_timeout", "payment_wait_timeout":
		return func(v string) bool { return isNumber(v, minSeconds, maxSeconds) }
	case "price_digits":
		return func(v string) bool { return isNumber(v, 0, 9) }
	case "language", "languages":
		return func(v string) bool { return v != "" && len(v) <= 255 }
	case "app_navbar_logo", "app_home_background":
		return func(v string) bool { return len(v) <= maxURL }
	}
	return nil
}

func isNumber(text string, low, high int) bool {
	n, err := strconv.Atoi(text)
	return err == nil && n >= low && n <= high
}

// parseSettings reads the settings that are present. One bad value refuses them
// all.
func parseSettings(o *signature.Object) (map[string]string, error) {
	f := fieldReader{object: o}
	found := make(map[string]string)
	for name, value := range o.Members() {
		check := settingCheck(name)
		switch {
		case check == nil: // a base field, or one of a newer server
		case value.Kind != signature.String || !check(value.Text):
			f.fail(name)
		default:
			found[name] = value.Text
		}
	}
	return found, f.err
}

func (m *Machine) takeSettings(o *signature.Object) error {
	found, err := parseSettings(o)
	if err != nil {
		return err
	}
	return m.keepSettings(found)
}

func (m *Machine) keepSettings(settings map[string]string) error {
	return m.keep(func(k *kept) {
		if k.Config == nil {
			k.Config = make(map[string]string)
		}
		maps.Copy(k.Config, settings)
	})
}

// clearFaults marks channels as normal (mqtt.md §5.17).
func (m *Machine) clearFaults(o *signature.Object) error {
	f := fieldReader{object: o}
	if f.text("floor_status") != "1" {
		f.fail("floor_status")
	}
	list := f.long("product_ids", signature.MaxSize)
	if f.err != nil {
		return f.err
	}
	for id := range strings.SplitSeq(list, ",") {
		m.state.setChannel(strings.TrimSpace(id), "1")
	}
	return nil
}
