package machineapi

import (
	"encoding/base64"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
)

// heartbeat makes a good heartbeat.
func (f *fixture) heartbeat(own map[string]any) map[string]any {
	members := f.up(methodHeartbeat, map[string]any{
		"network_type": "4G", "network_rssi": "-67", "uptime_minutes_today": "864",
	})
	maps.Copy(members, own)
	return members
}

func (f *fixture) offline(own map[string]any) map[string]any {
	members := f.up(methodOffline, map[string]any{"reason": "network_timeout"})
	maps.Copy(members, own)
	return members
}

// TestDrops shows for each check of mqtt.md §3.2 the reason, and that a message
// that fails several checks gets the reason of the first.
func TestDrops(t *testing.T) {
	base64of := func(text string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte(text))) }
	type test struct {
		topic   string // the machine's own if empty
		payload func(f *fixture) []byte
		cfg     Config
		reason  string
		method  string
	}
	signed := func(members func(f *fixture) map[string]any) func(*fixture) []byte {
		return func(f *fixture) []byte { return body(f.t, members(f), appKey) }
	}
	beat := func(own map[string]any) func(*fixture) []byte {
		return signed(func(f *fixture) map[string]any { return f.heartbeat(own) })
	}
	report := func(own map[string]any) func(*fixture) []byte {
		return signed(func(f *fixture) map[string]any {
			members := f.report(f.delivery(f.deliveryID()), "1", nil)
			maps.Copy(members, own)
			return members
		})
	}
	raw := func(payload []byte) func(*fixture) []byte { return func(*fixture) []byte { return payload } }
	tests := map[string]test{
		"empty":          {payload: raw(nil), reason: reasonMalformed},
		"not base64":     {payload: raw([]byte("{}")), reason: reasonMalformed},
		"not JSON":       {payload: raw(base64of("client.heartbeat")), reason: reasonMalformed},
		"not an object":  {payload: raw(base64of("[]")), reason: reasonMalformed},
		"not UTF-8":      {payload: raw(base64of("{\"a\":\"\xff\"}")), reason: reasonMalformed},
		"member twice":   {payload: raw(base64of(`{"a":"1","a":"1"}`)), reason: reasonMalformed},
		"over 64 KiB":    {payload: raw(base64of(`{"a":"` + strings.Repeat("x", 64<<10) + `"}`)), reason: reasonMalformed},
		"empty object":   {payload: raw(base64of(`{}`)), reason: reasonBadSign},
		"older firmware": {payload: raw(base64of(`{"method":"device.rssi.upload","client_id":"16327129"}`)), reason: reasonBadSign, method: "other"},

		"client_id of nobody":          {payload: beat(map[string]any{"client_id": "99999999"}), reason: reasonUnknownMachine, method: methodHeartbeat},
		"client_id of nobody, shared":  {topic: sharedTopic, payload: beat(map[string]any{"client_id": "99999999"}), reason: reasonUnknownMachine, method: methodHeartbeat},
		"client_id with NUL":           {payload: beat(map[string]any{"client_id": "16327129\x00"}), reason: reasonUnknownMachine, method: methodHeartbeat},
		"client_id is an object":       {payload: beat(map[string]any{"client_id": map[string]any{}}), reason: reasonUnknownMachine, method: methodHeartbeat},
		"client_id of another":         {payload: beat(map[string]any{"client_id": otherNo}), reason: reasonTopicMismatch, method: methodHeartbeat},
		"client_id of another, shared": {topic: sharedTopic, payload: beat(map[string]any{"client_id": otherNo}), reason: reasonTopicMismatch, method: methodHeartbeat},
		"topic of another":             {topic: sharedTopic + "/" + otherNo, payload: beat(nil), reason: reasonTopicMismatch, method: methodHeartbeat},
		"other topic":                  {topic: "/clients/" + machineNo, payload: beat(nil), reason: reasonTopicMismatch, method: methodHeartbeat},
		"shared topic not allowed":     {topic: sharedTopic, payload: beat(nil), cfg: Config{RequireOwnTopic: true}, reason: reasonTopicMismatch, method: methodHeartbeat},

		"signed with another key": {
			payload: func(f *fixture) []byte { return body(f.t, f.heartbeat(nil), "other") },
			reason:  reasonBadSign, method: methodHeartbeat,
		},
		"signed with the AppId": {
			payload: func(f *fixture) []byte { return body(f.t, f.heartbeat(nil), appID) },
			reason:  reasonBadSign, method: methodHeartbeat,
		},
		"signed with the machine's number as key": {
			payload: func(f *fixture) []byte { return body(f.t, f.heartbeat(nil), machineNo) },
			cfg:     Config{AcceptAppIDKey: true},
			reason:  reasonBadSign, method: methodHeartbeat,
		},

		"no timestamp":      {payload: beat(map[string]any{"timestamp": nil}), reason: reasonBadTimestamp, method: methodHeartbeat},
		"milliseconds":      {payload: beat(map[string]any{"timestamp": "1714373688000"}), reason: reasonBadTimestamp, method: methodHeartbeat},
		"9 digits":          {payload: beat(map[string]any{"timestamp": "171437368"}), reason: reasonBadTimestamp, method: methodHeartbeat},
		"beside the window": {payload: beat(map[string]any{"timestamp": "1714373587"}), cfg: Config{TimestampWindow: 100}, reason: reasonBadTimestamp, method: methodHeartbeat},

		"unknown method": {payload: beat(map[string]any{"method": "client.dance"}), reason: reasonUnknownMethod, method: "other"},
		"no method":      {payload: beat(map[string]any{"method": nil}), reason: reasonUnknownMethod},
		"method a bool":  {payload: beat(map[string]any{"method": true}), reason: reasonUnknownMethod},
		"a down method":  {payload: beat(map[string]any{"method": "device.delivery.put"}), reason: reasonUnknownMethod, method: "other"},

		"no network_type":        {payload: beat(map[string]any{"network_type": nil}), reason: reasonBadFields, method: methodHeartbeat},
		"network_type empty":     {payload: beat(map[string]any{"network_type": ""}), reason: reasonBadFields, method: methodHeartbeat},
		"network_type a bool":    {payload: beat(map[string]any{"network_type": true}), reason: reasonBadFields, method: methodHeartbeat},
		"network_type with NUL":  {payload: beat(map[string]any{"network_type": "4G\x00"}), reason: reasonBadFields, method: methodHeartbeat},
		"network_type an array":  {payload: beat(map[string]any{"network_type": []any{"4G"}}), reason: reasonBadFields, method: methodHeartbeat},
		"no network_rssi":        {payload: beat(map[string]any{"network_rssi": nil}), reason: reasonBadFields, method: methodHeartbeat},
		"network_rssi a word":    {payload: beat(map[string]any{"network_rssi": "good"}), reason: reasonBadFields, method: methodHeartbeat},
		"network_rssi too long":  {payload: beat(map[string]any{"network_rssi": "-12345"}), reason: reasonBadFields, method: methodHeartbeat},
		"no uptime":              {payload: beat(map[string]any{"uptime_minutes_today": nil}), reason: reasonBadFields, method: methodHeartbeat},
		"uptime negative":        {payload: beat(map[string]any{"uptime_minutes_today": "-1"}), reason: reasonBadFields, method: methodHeartbeat},
		"uptime with decimals":   {payload: beat(map[string]any{"uptime_minutes_today": 1.5}), reason: reasonBadFields, method: methodHeartbeat},
		"uptime beyond 64 bits":  {payload: beat(map[string]any{"uptime_minutes_today": "99999999999999999999"}), reason: reasonBadFields, method: methodHeartbeat},
		"status an object":       {payload: beat(map[string]any{"status": map[string]any{"a": "b"}}), reason: reasonBadFields, method: methodHeartbeat},
		"machine_id an array":    {payload: beat(map[string]any{"machine_id": []any{}}), reason: reasonBadFields, method: methodHeartbeat},
		"reason an object":       {payload: signed(func(f *fixture) map[string]any { return f.offline(map[string]any{"reason": map[string]any{}}) }), reason: reasonBadFields, method: methodOffline},
		"deliver_status 2":       {payload: report(map[string]any{"deliver_status": "2"}), reason: reasonBadFields, method: methodReport},
		"deliver_status missing": {payload: report(map[string]any{"deliver_status": nil}), reason: reasonBadFields, method: methodReport},
		"deliver_status true":    {payload: report(map[string]any{"deliver_status": true}), reason: reasonBadFields, method: methodReport},
		"deliver_status 1.0":     {payload: report(map[string]any{"deliver_status": "1.0"}), reason: reasonBadFields, method: methodReport},
		"no delivery_id":         {payload: report(map[string]any{"delivery_id": nil}), reason: reasonBadFields, method: methodReport},
		"delivery_id a word":     {payload: report(map[string]any{"delivery_id": "abc"}), reason: reasonBadFields, method: methodReport},
		"no order_id":            {payload: report(map[string]any{"order_id": nil}), reason: reasonBadFields, method: methodReport},
		"no record_id":           {payload: report(map[string]any{"record_id": nil}), reason: reasonBadFields, method: methodReport},
		"delivered negative":     {payload: report(map[string]any{"delivered": "-1"}), reason: reasonBadFields, method: methodReport},
		"floor_status a word":    {payload: report(map[string]any{"floor_status": "jam"}), reason: reasonBadFields, method: methodReport},
		"floor_status too long":  {payload: report(map[string]any{"floor_status": "123456"}), reason: reasonBadFields, method: methodReport},
		"floor_status with NUL":  {payload: report(map[string]any{"floor_status": "1\x00"}), reason: reasonBadFields, method: methodReport},
		"error_msg an array":     {payload: report(map[string]any{"error_msg": []any{}}), reason: reasonBadFields, method: methodReport},

		"unknown delivery": {payload: report(map[string]any{"delivery_id": "5121763043809673"}), reason: reasonUnknownDelivery, method: methodReport},

		// The order of the checks: each fails one check and all behind it.
		"order: machine first": {
			payload: func(f *fixture) []byte {
				return body(f.t, map[string]any{"client_id": "9", "method": "x"}, "other")
			},
			topic: sharedTopic + "/" + otherNo, reason: reasonUnknownMachine, method: "other",
		},
		"order: then topic": {
			payload: func(f *fixture) []byte {
				return body(f.t, map[string]any{"client_id": otherNo, "method": "x"}, "other")
			},
			reason: reasonTopicMismatch, method: "other",
		},
		"order: then sign": {
			payload: func(f *fixture) []byte { return body(f.t, map[string]any{"method": "x"}, "other") },
			reason:  reasonBadSign, method: "other",
		},
		"order: then timestamp": {
			payload: func(f *fixture) []byte { return body(f.t, map[string]any{"method": "x"}, appKey) },
			reason:  reasonBadTimestamp, method: "other",
		},
		"order: then fields": {
			payload: func(f *fixture) []byte { return body(f.t, f.up(methodHeartbeat, nil), appKey) },
			reason:  reasonBadFields, method: methodHeartbeat,
		},
	}
	fixtures := map[Config]*fixture{} // drops leave no trace, so tests can share one
	for name, test := range tests {
		f := fixtures[test.cfg]
		if f == nil {
			f = newFixture(t, test.cfg)
			f.dispenseOne()
			fixtures[test.cfg] = f
		}
		t.Run(name, func(t *testing.T) {
			m := f.message(test.payload(f))
			if test.topic != "" {
				m.Topic = test.topic
			}
			before, droppedBefore := f.state(), f.dropped(test.reason, test.method)
			if err := f.handler.OnMessage(f.ctx, m); err != nil {
				t.Fatalf("dropped message not acknowledged: %v", err)
			}
			if got := f.dropped(test.reason, test.method) - droppedBefore; got != 1 {
				t.Errorf("mqtt_dropped_total{%s,%s} grew by %v, want 1; logs:\n%s", test.reason, test.method, got, f.logs.buf.String())
			}
			if after := f.state(); after != before {
				t.Errorf("state changed\nfrom %s\nto   %s", before, after)
			}
		})
	}
}

// deliveryID returns the id of the fixture's only delivery.
func (f *fixture) deliveryID() (id int64) {
	f.t.Helper()
	f.check(f.engine.Reader().QueryRowContext(f.ctx, "SELECT id FROM deliveries").Scan(&id))
	return id
}

func TestUnknownDeliveryOfOtherMachine(t *testing.T) {
	f := newFixture(t, Config{})
	d := f.dispenseOne()
	before := f.state()
	members := f.report(d, "1", map[string]any{"client_id": otherNo})
	f.check(f.handler.OnMessage(f.ctx, devicegw.Message{
		MachineNo: otherNo, Topic: sharedTopic + "/" + otherNo, Payload: body(t, members, appKey),
	}))
	if f.dropped(reasonUnknownDelivery, methodReport) != 1 || f.state() != before {
		t.Fatal("report for the delivery of another machine had an effect")
	}
}

func TestDeletedMachineIsUnknown(t *testing.T) {
	f := newFixture(t, Config{})
	members := f.heartbeat(map[string]any{"client_id": nil})
	f.check(f.handler.OnMessage(f.ctx, devicegw.Message{
		MachineNo: "16327000", Topic: sharedTopic, Payload: body(t, members, appKey),
	}))
	if f.dropped(reasonUnknownMachine, methodHeartbeat) != 1 {
		t.Fatal("message of a machine that is gone was not dropped")
	}
}

func TestDropLogIsLimited(t *testing.T) {
	f := newFixture(t, Config{})
	drop := func(times int, payload []byte) {
		for range times {
			f.check(f.handler.OnMessage(f.ctx, f.message(payload)))
		}
	}
	const line = "message of a machine dropped"
	drop(5, []byte("?"))
	drop(5, body(t, f.heartbeat(nil), "other"))
	if got := f.logs.count(line); got != 2 {
		t.Fatalf("%d log lines for two reasons, want 2", got)
	}
	f.clock.advance(time.Minute - time.Millisecond)
	drop(1, []byte("?"))
	if got := f.logs.count(line); got != 2 {
		t.Fatalf("%d log lines within the minute, want 2", got)
	}
	f.clock.advance(time.Millisecond)
	drop(1, []byte("?"))
	if got := f.logs.count(line); got != 3 {
		t.Fatalf("%d log lines after the minute, want 3", got)
	}
	if got := f.dropped(reasonMalformed, ""); got != 7 {
		t.Fatalf("counted %v drops, want all 7", got)
	}
}

func TestBadSignAlert(t *testing.T) {
	f := newFixture(t, Config{})
	payload := body(t, f.heartbeat(nil), "other")
	send := func(times int) {
		for range times {
			f.check(f.handler.OnMessage(f.ctx, f.message(payload)))
		}
	}
	const alert = "keeps sending wrong signatures"
	send(100)
	f.clock.advance(10 * time.Minute)
	send(100)
	if got := f.logs.count(alert); got != 0 {
		t.Fatalf("%d alerts for 100 in 10 minutes, want none", got)
	}
	send(50)
	if got := f.logs.count(alert); got != 1 {
		t.Fatalf("%d alerts for more than 100, want 1", got)
	}
}

// TestStoreFailureWithholdsAcknowledgement: the machine must send again.
func TestStoreFailureWithholdsAcknowledgement(t *testing.T) {
	f := newFixture(t, Config{})
	payload := body(t, f.heartbeat(nil), appKey)
	f.check(f.deps.Store.Close())
	err := f.handler.OnMessage(f.ctx, f.message(payload))
	if d := (*drop)(nil); err == nil || errors.As(err, &d) {
		t.Fatalf("with the store down OnMessage returned %v", err)
	}
}
