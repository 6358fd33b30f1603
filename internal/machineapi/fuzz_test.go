package machineapi

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"testing"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/dispense"
)

// FuzzOnMessage feeds arbitrary bodies, and arbitrary JSON with a good
// signature, to the handler. It must not panic or fail, each message is either
// dropped or not, and a dropped one changes nothing.
func FuzzOnMessage(f *testing.F) {
	fx := newFixture(f, Config{})
	f.Cleanup(fx.runLog())
	fx.dispenseOne()
	id := dispense.FormatID(fx.deliveryID())
	for _, seed := range []string{
		``, `{}`, `[]`, `{"method":null}`,
		`{"method":"client.heartbeat","timestamp":"1714373688","network_type":"4G","network_rssi":null,"uptime_minutes_today":86400}`,
		`{"method":"client.heartbeat","timestamp":1714373688,"network_type":[],"network_rssi":"-","uptime_minutes_today":1e3}`,
		`{"method":"client.offline","client_id":16327129,"reason":"x"}`,
		`{"method":"client.offline","client_id":"` + otherNo + `"}`,
		`{"method":"device.delivery.response","delivery_id":"` + id + `","order_id":"60","record_id":"78","deliver_status":"0","floor_status":"3"}`,
		`{"method":"device.delivery.response","delivery_id":"` + id + `","order_id":"60","record_id":"78","deliver_status":"0","error_msg":"\u0000\u001b[2J\u202e"}`,
		`{"method":"client.goods.slug.put","timestamp":"1714373688","good_id":"1","slug":"\u0000"}`,
		`{"method":"client.heartbeat","client_id":"\u0000","timestamp":"1714373688","network_type":"\u0000","network_rssi":"4","uptime_minutes_today":"1"}`,
		`{"method":"device.delivery.response","delivery_id":"1","order_id":"60","record_id":"78","deliver_status":"1","delivered":"999999"}`,
		`{"method":"device.delivery.response","delivery_id":"` + id + `","order_id":{},"deliver_status":true}`,
		`{"method":"client.machine.env.put","timestamp":"1714373688","status":{"a":[1]}}`,
		`{"method":"client.temperature.put","timestamp":"1714373688","temperature":"-12.5"}`,
		`{"method":"client.humidity.put","timestamp":"1714373688","humidity":3276.0}`,
		`{"method":"client.product.put","timestamp":"1714373688","product_id":"131","current_inventory":"3","lock_id":"1","operation":"0"}`,
		`{"method":"client.product.restock","timestamp":"1714373688","product_ids":"[\"131\",2]","operation":"1"}`,
		`{"method":"client.channel.status.put","timestamp":"1714373688","product_id":"131","floor_status":"47","lock_status":"-1"}`,
		`{"method":"client.doorlock.status","timestamp":"1714373688","product_id":"131","operation":"0"}`,
		`{"method":"client.machine.config.put","timestamp":"1714373688","languages":"zh_CN,en_US","idle_timeout":"180"}`,
		`{"method":"client.pickup_codes.put","timestamp":"1714373688","id":"1","used":"1"}`,
		`{"method":"client.goods.slug.put","timestamp":"1714373688","good_id":"1","slug":"x","is_returnable":"0"}`,
		`{"method":"client.traffic.put","timestamp":"1714373688","network_type":"1","upload_bytes":"1","download_bytes":"2","upload_packets":"3","download_packets":"4"}`,
	} {
		for _, topic := range []byte{0, 1, 2} {
			f.Add([]byte(seed), topic, true)
		}
		f.Add([]byte(base64.StdEncoding.EncodeToString([]byte(seed))), byte(0), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, topic byte, sign bool) {
		m := devicegw.Message{MachineNo: machineNo, Epoch: 1, QoS: 1, Payload: text}
		m.Topic = []string{sharedTopic, sharedTopic + "/" + machineNo, sharedTopic + "/" + otherNo}[int(topic)%3]
		if sign {
			var members map[string]any
			decoder := json.NewDecoder(bytes.NewReader(text))
			decoder.UseNumber()
			if decoder.Decode(&members) != nil || members == nil || len(text) > 4096 {
				t.Skip()
			}
			for name, v := range members { // body leaves nil members out
				if v == nil {
					members[name] = jsonNull
				}
			}
			m.Payload = fuzzBody(t, members)
		}
		fx.t = t
		before, droppedBefore := fx.state(), fx.allDropped()
		if err := fx.handler.OnMessage(fx.ctx, m); err != nil {
			t.Fatalf("not acknowledged: %v", err)
		}
		if fx.allDropped() > droppedBefore && fx.state() != before {
			t.Fatal("a dropped message changed the state")
		}
		_ = fx.handler.CheckWill(fx.ctx, m)
	})
}

// fuzzBody is body, but skips what cannot be signed.
func fuzzBody(t *testing.T, members map[string]any) []byte {
	text, err := json.Marshal(members)
	if err != nil || bytes.Count(text, []byte("{"))+bytes.Count(text, []byte("[")) > 8 {
		t.Skip()
	}
	delete(members, "sign")
	return body(t, members, appKey)
}

func (f *fixture) allDropped() (sum float64) {
	f.t.Helper()
	families, err := f.registry.Gather()
	f.check(err)
	for _, family := range families {
		if family.GetName() != "mqtt_dropped_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			sum += metric.GetCounter().GetValue()
		}
	}
	return sum
}

// FuzzNumber checks the bounded number reader against strconv.
func FuzzNumber(f *testing.F) {
	for _, seed := range []string{"", "0", "007", "-1", "+1", "1.0", "1e3", " 1", "123456", "1234567", "١"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		object, err := parse(map[string]any{"n": text})
		if err != nil {
			t.Skip()
		}
		read := fields{object: object}
		got := read.number("n", 6)
		want, err := strconv.ParseUint(text, 10, 32)
		switch {
		case text == "":
			if got != -1 || read.err != nil {
				t.Fatalf("left out: %d, %v", got, read.err)
			}
		case err == nil && len(text) <= 6:
			if got != int64(want) || read.err != nil {
				t.Fatalf("%q: %d, %v, want %d", text, got, read.err, want)
			}
		case read.err == nil:
			t.Fatalf("%q was read as %d", text, got)
		}
	})
}
