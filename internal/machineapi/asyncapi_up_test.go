package machineapi

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// The document and the handler know the same up methods, on both topics.
func TestAsyncAPIUpMethods(t *testing.T) {
	d := loadAsync(t)
	want := slices.Sorted(maps.Keys(methods()))
	for _, channel := range []string{"ownUp", "sharedUp"} {
		if got := slices.Sorted(maps.Keys(d.messages(channel))); !slices.Equal(got, want) {
			t.Errorf("%s in the document %v\nhandler %v", channel, got, want)
		}
	}
}

// exampleShop has what the up examples of the document name: machine 16327138
// with three products, a good and a pickup code, and the delivery of machine
// 16327129.
func exampleShop(t *testing.T) *fixture {
	t.Helper()
	const exampleNo, deliveryID = "16327138", 5121763043809673
	f := newFixture(t, Config{})
	orderID, recordID := f.order()
	f.check(f.deps.Store.SetNextID(f.ctx, "goods", 20))
	f.check(f.deps.Store.SetNextID(f.ctx, "pickup_codes", 17))
	f.inTx(func(tx *store.Tx) error {
		_, err := tx.InsertDelivery(f.ctx, db.InsertDeliveryParams{
			ID: deliveryID, MachineID: machineID, OrderID: orderID, RecordID: recordID, ProductID: productID,
			Quantity: 1, DeliveredAt: startMillis, TimeoutAt: startMillis + 120_000,
		})
		if err != nil {
			return err
		}
		sample, err := tx.MachineByID(f.ctx, machineID)
		if err != nil {
			return err
		}
		id, err := tx.InsertMachine(f.ctx, db.InsertMachineParams{
			MerchantID: f.merchant.ID, ModelID: sample.Machine.ModelID, MachineNo: exampleNo, Status: vending.MachineOperational,
		})
		if err != nil {
			return err
		}
		if err := tx.InsertPresence(f.ctx, id); err != nil {
			return err
		}
		good, err := tx.InsertGood(f.ctx, db.InsertGoodParams{MerchantID: f.merchant.ID, Slug: "tea", Name: "Tea", Price: 100})
		if err != nil {
			return err
		}
		for i, name := range []string{"A1", "A2", "A3"} {
			channel, err := tx.SetChannel(f.ctx, db.SetChannelParams{MachineID: id, Addr: 1, Motor: int64(i), Name: name})
			if err != nil {
				return err
			}
			_, err = tx.InsertProductWithID(f.ctx, db.InsertProductWithIDParams{
				ID: int64(i + 1), MachineID: id, ChannelID: channel, GoodID: good, OnSale: true, Inventory: 10, CurrentInventory: 5,
			})
			if err != nil {
				return err
			}
		}
		_, err = tx.InsertCode(f.ctx, db.InsertCodeParams{
			MachineID: id, ProductID: 1, Code: "5288640", Quantity: 1, CreatedAt: startMillis,
		})
		return err
	})
	return f
}

// refusal hands a message to the handler as its machine would and returns the
// reason it was dropped for, "" if it was taken.
func refusal(f *fixture, members map[string]any, raw []byte) string {
	f.t.Helper()
	no, _ := members["client_id"].(string)
	m := devicegw.Message{MachineNo: no, Epoch: 1, Topic: sharedTopic + "/" + no, Payload: raw, QoS: 1}
	u, err := f.handler.verify(f.ctx, m)
	if err == nil {
		err = f.handler.apply(f.ctx, u)
	}
	if d := (*drop)(nil); errors.As(err, &d) {
		return d.reason
	}
	f.check(err)
	return ""
}

// upMessages returns the up messages of the document that the handler already
// acts on; of the others only the signature is looked at.
func upMessages(t *testing.T) map[string]asyncMessage {
	t.Helper()
	messages := loadAsync(t).messages("ownUp")
	for name, m := range methods() {
		if m.handle == nil {
			t.Logf("%s has no effect yet: its fields are not compared", name)
			delete(messages, name)
		}
	}
	return messages
}

// Every up example is signed right and has its effect.
func TestAsyncAPIUpExamples(t *testing.T) {
	f := exampleShop(t)
	for method, m := range loadAsync(t).messages("ownUp") {
		t.Run(method, func(t *testing.T) {
			object, err := parse(m.example)
			if err != nil || !object.Verify(appKey) {
				t.Fatalf("the example is not signed with the key %s: %v", appKey, err)
			}
			if got := refusal(f, m.example, body(t, m.example, appKey)); got != "" {
				t.Errorf("dropped as %s", got)
			}
		})
	}
}

// The fields the document requires are those without which the handler drops
// the message.
func TestAsyncAPIRequiredFields(t *testing.T) {
	f := exampleShop(t)
	for method, m := range upMessages(t) {
		t.Run(method, func(t *testing.T) {
			for name := range m.fields {
				example := maps.Clone(m.example)
				delete(example, name)
				if len(m.alternatives) > 0 && slices.Contains(m.alternatives, name) {
					for _, other := range m.alternatives {
						delete(example, other)
					}
				}
				required := m.schema.Validate(example) != nil
				reason := refusal(f, m.example, body(t, example, appKey))
				if reason != "" && reason != reasonBadFields || required != (reason != "") {
					t.Errorf("without %s: required in the document %v, handler's reason %q", name, required, reason)
				}
			}
		})
	}
}

// Of the base fields the handler does without three, as the document says, and
// without timestamp where it does not look at it (mqtt.md §3.1, §3.2).
func TestAsyncAPIBaseFields(t *testing.T) {
	f := exampleShop(t)
	for method, m := range upMessages(t) {
		t.Run(method, func(t *testing.T) {
			want := map[string]string{
				"method": reasonUnknownMethod, "timestamp": reasonBadTimestamp, "sign": reasonBadSign,
			}
			if methods()[method].untimed {
				delete(want, "timestamp")
			}
			for _, name := range baseFields {
				example := maps.Clone(m.example)
				delete(example, name)
				raw := body(t, example, appKey)
				if name == "sign" {
					raw = body(t, example, "another")
				}
				if got := refusal(f, m.example, raw); got != want[name] {
					t.Errorf("without %s: dropped for %q, want %q", name, got, want[name])
				}
			}
		})
	}
}

// Values at the edges of the fields, the same for the document and the handler.
var asyncValues = map[string]map[string]struct{ take, refuse []string }{
	"client.temperature.put": {
		"temperature": {[]string{"4", "4.5", "-18", "-18.25", "0", "3276.0", "3276.7"}, []string{"", "warm", "4,5", "4.5.6", "--1"}},
	},
	"client.humidity.put": {
		"humidity": {[]string{"0", "55", "55.0", "100", "3276.0"}, []string{"", "wet", "5 5"}},
	},
	"client.heartbeat": {
		"network_type":         {[]string{"4G", "WIFI", "NONE", "蜂窝"}, []string{""}},
		"network_rssi":         {[]string{"-67", "4", "0", "-9999", "null"}, []string{"", "good", "-", "-12345", "1.5", "nul"}},
		"uptime_minutes_today": {[]string{"0", "864", "1440", "86400", "999999999"}, []string{"", "-1", "1.5", "1e3", "1234567890"}},
	},
	"client.offline": {"reason": {[]string{"network_timeout", "crash", "死机"}, nil}},
	"client.machine.env.put": {
		"brightness":   {[]string{"0", "80", "100"}, []string{"", "101", "-1", "half"}},
		"volume":       {[]string{"0", "60", "100"}, []string{"", "101", "-1", "loud"}},
		"screen_width": {[]string{"1", "1080"}, []string{"", "-1", "wide"}},
		"language":     {[]string{"zh_CN", "en_US"}, []string{""}},
	},
	"client.product.put": {
		"current_inventory": {[]string{"0", "5", "10"}, []string{"", "-1", "few"}},
		"operation":         {[]string{"0", "1"}, []string{"2", "on"}},
	},
	"client.doorlock.status": {"operation": {[]string{"0", "1", "2"}, []string{"", "3", "-1", "open"}}},
	"client.channel.status.put": {
		"floor_status": {[]string{"0", "1", "2", "3", "47", "99"}, []string{"jam", "-1", "1.5"}},
		"lock_status":  {[]string{"-1", "0", "1", "2"}, []string{"3", "-2", "open"}},
	},
	"client.product.restock": {
		"product_ids": {[]string{`[]`, `["1"]`, `["1","2","3"]`}, []string{"", "1,2", `["a"]`, `{"1":"2"}`, `["1"`}},
		"operation":   {[]string{"0", "1"}, []string{"", "2", "yes"}},
	},
	"client.machine.config.put": {
		"price_thousands":      {[]string{"0", "1"}, []string{"2", "true"}},
		"idle_timeout":         {[]string{"30", "60", "99", "100", "180"}, []string{"29", "181", "-30", "long"}},
		"payment_wait_timeout": {[]string{"30", "180"}, []string{"29", "181", "0"}},
		"standby_ads_enabled":  {[]string{"0", "1"}, []string{"2", "on"}},
	},
	"client.pickup_codes.put": {"used": {[]string{"1"}, []string{"", "0", "2"}}},
	"client.goods.slug.put": {
		"slug":          {[]string{"a", "water-500", strings.Repeat("x", 64)}, []string{"", strings.Repeat("x", 65)}},
		"is_returnable": {[]string{"0", "1"}, []string{"2", "no"}},
	},
	"client.traffic.put": {
		"network_type": {[]string{"1", "2", "3"}, []string{"", "0", "4", "4G"}},
		"upload_bytes": {[]string{"0", "123456789012"}, []string{"", "-1", "1.5", "many"}},
	},
	"device.delivery.response": {
		"delivery_id":    {[]string{"5121763043809673"}, []string{"", "abc", "-1", "1234567890123456789"}},
		"order_id":       {[]string{"60", "61"}, []string{"", "x"}},
		"record_id":      {[]string{"78", "79"}, []string{"", "x"}},
		"deliver_status": {[]string{"0", "1"}, []string{"", "2", "1.0", "ok"}},
		"delivered":      {[]string{"0", "1", "999999"}, []string{"-1", "1000000", "one"}},
		"floor_status":   {[]string{"0", "1", "47", "99999"}, []string{"jam", "-1", "123456"}},
		"error_msg":      {[]string{"Over Current", strings.Repeat("x", 300)}, nil},
	},
}

// The document takes the values the handler takes.
func TestAsyncAPIValues(t *testing.T) {
	f := exampleShop(t)
	acting := upMessages(t)
	for method, m := range loadAsync(t).messages("ownUp") {
		if asyncValues[method] == nil {
			t.Errorf("no values for %s", method)
		}
		for name, values := range asyncValues[method] {
			check := func(value string, take bool) {
				example := maps.Clone(m.example)
				example[name] = value
				if got := m.schema.Validate(example) == nil; got != take {
					t.Errorf("%s: the document takes %s = %q: %v, want %v", method, name, value, got, take)
				}
				if _, acts := acting[method]; !acts {
					return
				}
				if reason := refusal(f, m.example, body(t, example, appKey)); take != (reason == "") {
					t.Errorf("%s: the handler on %s = %q: reason %q, want taken %v", method, name, value, reason, take)
				}
			}
			for _, value := range values.take {
				check(value, true)
			}
			for _, value := range values.refuse {
				check(value, false)
			}
		}
	}
}
