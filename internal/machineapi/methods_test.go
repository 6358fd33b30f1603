package machineapi

import (
	"maps"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// environment are the fields of client.machine.env.put (mqtt.md §4.5).
func environment(change map[string]any) map[string]any {
	fields := map[string]any{
		"app_version": "2.3.0", "android_version": "7.1.2", "java_version": "1.8.0_301", "sdk_version": "31",
		"device_model": "B1", "manufacturer": "Maker", "serial_no": "S1", "screen_width": "1080",
		"screen_height": "1920", "brightness": "80", "volume": "60", "language": "zh_CN",
	}
	maps.Copy(fields, change)
	return fields
}

func traffic(change map[string]any) map[string]any {
	fields := map[string]any{
		"network_type": "2", "upload_bytes": "100", "download_bytes": "2000", "upload_packets": "1", "download_packets": "20",
	}
	maps.Copy(fields, change)
	return fields
}

// Each message has its effect (mqtt.md §4), and is counted and logged. The
// query shows the effect.
func TestMethods(t *testing.T) {
	const setting = "SELECT reported FROM machine_config WHERE machine_id = 10009 AND name = "
	const product = "SELECT current_inventory || ' ' || CAST(on_sale AS INTEGER) || ' ' || lock_id || ' ' || floor_status || ' ' || lock_status FROM products"
	tests := map[string]struct {
		method string
		fields map[string]any
		query  string
		want   string
	}{
		"temperature":                {"client.temperature.put", map[string]any{"temperature": "-4.5"}, setting + "'temperature'", "-4.5"},
		"temperature as a number":    {"client.temperature.put", map[string]any{"temperature": 21}, setting + "'temperature'", "21"},
		"no temperature sensor":      {"client.temperature.put", map[string]any{"temperature": "3276.0"}, setting + "'temperature'", ""},
		"beyond the sentinel":        {"client.temperature.put", map[string]any{"temperature": "3276.7"}, setting + "'temperature'", ""},
		"humidity":                   {"client.humidity.put", map[string]any{"humidity": "55.5"}, setting + "'humidity'", "55.5"},
		"environment":                {"client.machine.env.put", environment(nil), setting + "'serial_no'", "S1"},
		"settings":                   {"client.machine.config.put", map[string]any{"idle_timeout": "30", "languages": "zh_CN,en_US"}, setting + "'languages'", "zh_CN,en_US"},
		"settings left out":          {"client.machine.config.put", nil, "SELECT COUNT(*) FROM machine_config", "0"},
		"stock":                      {"client.product.put", map[string]any{"product_id": "131", "current_inventory": "7"}, product, "7 1 0 1 "},
		"off sale":                   {"client.product.put", map[string]any{"product_id": "131", "current_inventory": "10", "operation": "0"}, product, "10 0 0 1 "},
		"lock of a product":          {"client.product.put", map[string]any{"product_id": "131", "current_inventory": "10", "lock_id": "1"}, product, "10 1 1 1 "},
		"stock at the capacity":      {"client.product.put", map[string]any{"product_id": "131", "current_inventory": "10"}, "SELECT COUNT(*) FROM replenishments", "0"},
		"stock is no sale":           {"client.product.put", map[string]any{"product_id": "131", "current_inventory": "4"}, "SELECT previous_level || '>' || level || ' ' || type || ' ' || source FROM replenishments", "10>4 WITHDRAWAL APP"},
		"door of an older machine":   {"client.doorlock.status", map[string]any{"product_id": "131", "operation": "2"}, product, "10 1 0 1 2"},
		"channel is jammed":          {"client.channel.status.put", map[string]any{"product_id": "131", "floor_status": "2"}, product, "10 1 0 2 "},
		"an unknown fault":           {"client.channel.status.put", map[string]any{"product_id": "131", "floor_status": "99"}, "SELECT kind || ' ' || subject FROM alerts", "CHANNEL_FAULT 131"},
		"door of an auxiliary":       {"client.channel.status.put", map[string]any{"product_id": "131", "lock_status": "-1"}, product, "10 1 0 1 -1"},
		"everything emptied":         {"client.product.restock", map[string]any{"product_ids": "[]", "operation": "0"}, product, "0 0 0 1 "},
		"everything, in the ledger":  {"client.product.restock", map[string]any{"product_ids": "[]", "operation": "0"}, "SELECT source || ' ' || CAST(is_all AS INTEGER) FROM replenishments", "APP 1"},
		"some emptied":               {"client.product.restock", map[string]any{"product_ids": `["131"]`, "operation": "0"}, "SELECT source || ' ' || CAST(is_all AS INTEGER) FROM replenishments", "APP 0"},
		"ids of others are skipped":  {"client.product.restock", map[string]any{"product_ids": `["9",131]`, "operation": "0"}, product, "0 0 0 1 "},
		"code used at the machine":   {"client.pickup_codes.put", map[string]any{"id": "1", "used": "1"}, "SELECT state || ' ' || order_id FROM pickup_codes ORDER BY id", "USED 0"},
		"article code":               {"client.goods.slug.put", map[string]any{"good_id": "1", "slug": "6901234567892", "is_returnable": "0"}, "SELECT slug || ' ' || CAST(is_returnable AS INTEGER) FROM goods", "6901234567892 0"},
		"traffic":                    {"client.traffic.put", traffic(nil), "SELECT day || ' ' || network_type || ' ' || download_bytes FROM traffic_days", "2024-04-29 2 2000"},
		"traffic with a field of M5": {"client.traffic.put", traffic(map[string]any{"id": "3"}), "SELECT upload_packets FROM traffic_totals", "1"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Config{})
			f.insertCode()
			f.send(f.up(test.method, test.fields))
			if got := f.text(test.query); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if got := f.counter("mqtt_accepted_total", map[string]string{"method": test.method}); got != 1 {
				t.Errorf("mqtt_accepted_total = %v, want 1; log:\n%s", got, f.logs.buf.String())
			}
			f.flushLog()
			if got := f.text("SELECT CAST(is_up AS INTEGER) || ' ' || method FROM machine_logs"); got != "1 "+test.method {
				t.Errorf("machine log holds %q", got)
			}
		})
	}
}

// What does not fit is dropped, counted, and changes nothing (mqtt.md §3.2).
func TestMethodsBadFields(t *testing.T) {
	tests := map[string]struct {
		method string
		fields map[string]any
	}{
		"temperature missing":          {"client.temperature.put", nil},
		"temperature in words":         {"client.temperature.put", map[string]any{"temperature": "warm"}},
		"temperature in exponents":     {"client.temperature.put", map[string]any{"temperature": "1e3"}},
		"temperature not a number":     {"client.temperature.put", map[string]any{"temperature": "NaN"}},
		"humidity an object":           {"client.humidity.put", map[string]any{"humidity": map[string]any{"a": 1}}},
		"environment incomplete":       {"client.machine.env.put", environment(map[string]any{"serial_no": nil})},
		"environment too bright":       {"client.machine.env.put", environment(map[string]any{"brightness": "101"})},
		"environment too long":         {"client.machine.env.put", environment(map[string]any{"device_model": strings.Repeat("x", 129)})},
		"one setting out of range":     {"client.machine.config.put", map[string]any{"price_digits": "2", "idle_timeout": "29"}},
		"setting no flag":              {"client.machine.config.put", map[string]any{"price_line": "yes"}},
		"stock above the capacity":     {"client.product.put", map[string]any{"product_id": "131", "current_inventory": "11", "operation": "0"}},
		"stock negative":               {"client.product.put", map[string]any{"product_id": "131", "current_inventory": "-1"}},
		"stock missing":                {"client.product.put", map[string]any{"product_id": "131"}},
		"stock of an unknown product":  {"client.product.put", map[string]any{"product_id": "9", "current_inventory": "1"}},
		"lock of another machine":      {"client.product.put", map[string]any{"product_id": "131", "current_inventory": "1", "lock_id": "77"}},
		"sale neither on nor off":      {"client.product.put", map[string]any{"product_id": "131", "current_inventory": "1", "operation": "2"}},
		"door of nothing":              {"client.doorlock.status", map[string]any{"operation": "1"}},
		"door unknown":                 {"client.doorlock.status", map[string]any{"product_id": "131", "operation": "3"}},
		"door state missing":           {"client.doorlock.status", map[string]any{"product_id": "131"}},
		"channel without a status":     {"client.channel.status.put", map[string]any{"product_id": "131"}},
		"channel of an unknown one":    {"client.channel.status.put", map[string]any{"product_id": "9", "floor_status": "1"}},
		"channel in words":             {"client.channel.status.put", map[string]any{"product_id": "131", "floor_status": "jam"}},
		"one of two statuses wrong":    {"client.channel.status.put", map[string]any{"product_id": "131", "floor_status": "2", "lock_status": "7"}},
		"refill of no list":            {"client.product.restock", map[string]any{"product_ids": "131", "operation": "1"}},
		"refill of null":               {"client.product.restock", map[string]any{"product_ids": "null", "operation": "1"}},
		"refill of words":              {"client.product.restock", map[string]any{"product_ids": `["all"]`, "operation": "1"}},
		"refill without an operation":  {"client.product.restock", map[string]any{"product_ids": "[]"}},
		"refill of far too many":       {"client.product.restock", map[string]any{"product_ids": "[" + strings.Repeat("1,", 1000) + "1]", "operation": "1"}},
		"code unknown":                 {"client.pickup_codes.put", map[string]any{"id": "99", "used": "1"}},
		"code of another machine":      {"client.pickup_codes.put", map[string]any{"id": "2", "used": "1"}},
		"code not used":                {"client.pickup_codes.put", map[string]any{"id": "1", "used": "0"}},
		"good unknown":                 {"client.goods.slug.put", map[string]any{"good_id": "99", "slug": "x"}},
		"article code of another good": {"client.goods.slug.put", map[string]any{"good_id": "1", "slug": "juice"}},
		"article code too long":        {"client.goods.slug.put", map[string]any{"good_id": "1", "slug": strings.Repeat("x", 65)}},
		"article code with NUL":        {"client.goods.slug.put", map[string]any{"good_id": "1", "slug": "x\x00"}},
		"environment with NUL":         {"client.machine.env.put", environment(map[string]any{"device_model": "x\x00"})},
		"network with NUL":             {methodHeartbeat, map[string]any{"network_type": "4G\x00", "network_rssi": "4", "uptime_minutes_today": "1"}},
		"article code missing":         {"client.goods.slug.put", map[string]any{"good_id": "1"}},
		"traffic of a fourth network":  {"client.traffic.put", traffic(map[string]any{"network_type": "4"})},
		"traffic without a counter":    {"client.traffic.put", traffic(map[string]any{"upload_bytes": nil})},
		"traffic beyond all bounds":    {"client.traffic.put", traffic(map[string]any{"upload_bytes": strings.Repeat("9", 16)})},
	}
	f := newFixture(t, Config{})
	f.insertCode()
	f.inTx(func(tx *store.Tx) error {
		_, err := tx.InsertGood(f.ctx, db.InsertGoodParams{MerchantID: f.merchant.ID, Slug: "juice", Name: "Juice", Price: 100})
		return err
	})
	before := f.state()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dropped := f.dropped(reasonBadFields, test.method)
			f.send(f.up(test.method, test.fields))
			if got := f.dropped(reasonBadFields, test.method); got != dropped+1 {
				t.Errorf("dropped %v times, want once more than %v", got, dropped)
			}
			if f.state() != before {
				t.Error("a dropped message changed something")
			}
		})
	}
	if n := f.rows("alerts"); n != 0 {
		t.Errorf("%d alerts about dropped messages", n)
	}
	f.flushLog()
	if n := f.rows("machine_logs"); n != 0 {
		t.Errorf("%d dropped messages are in the machine log", n)
	}
}

// Passwords leave plain, but stand sealed in the outbox and masked in the log
// (mqtt.md §3.5, §5.5).
func TestPasswordOnItsWay(t *testing.T) {
	p := newPlatform(t)
	client, commands := p.machine(body(t, p.offline(nil), appKey))
	m, err := p.deps.Store.MachineByNo(p.ctx, machineNo)
	p.check(err)
	p.check(p.deps.Fleet.ChangePassword(p.ctx, m.Machine, "new-secret", false))
	if got := receive(t, commands); memberOf(t, got, "password") != "new-secret" {
		t.Errorf("the machine was told %s", got)
	}
	client.Disconnect(250) // after the PUBACK
	p.stop()
	p.flushLog()
	for _, query := range []string{"SELECT fields FROM commands", "SELECT payload FROM machine_logs"} {
		if got := p.text(query); strings.Contains(got, "new-secret") || !strings.Contains(got, "password") {
			t.Errorf("%s: %s", query, got)
		}
	}
}

// insertCode makes pickup code 1 of the machine and 2 of another.
func (f *fixture) insertCode() {
	f.t.Helper()
	f.inTx(func(tx *store.Tx) error {
		for _, id := range []int64{machineID, otherID} {
			_, err := tx.InsertCode(f.ctx, db.InsertCodeParams{MachineID: id, ProductID: productID, Code: "528864", Quantity: 1})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// text returns the first value of a query, "" if there is no row.
func (f *fixture) text(query string) string {
	f.t.Helper()
	var text string
	_, _, err := store.Find(text, f.engine.Reader().QueryRowContext(f.ctx, query).Scan(&text))
	f.check(err)
	return text
}
