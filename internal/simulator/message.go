package simulator

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// Methods of messages the machine sends or understands.
const (
	methodHeartbeat  = "client.heartbeat"
	methodOffline    = "client.offline"
	methodEnv        = "client.machine.env.put"
	methodResponse   = "device.delivery.response"
	methodDelivery   = "device.delivery.put"
	methodCodeCreate = "client.pickup_codes.create"
	methodCodeDelete = "client.pickup_codes.delete"
	methodTest       = "client.channel.debugging"

	methodTemperature = "client.temperature.put"
	methodHumidity    = "client.humidity.put"
	methodTraffic     = "client.traffic.put"
	methodProduct     = "client.product.put"
	methodRestock     = "client.product.restock"
	methodDoorlock    = "client.doorlock.status"
	methodChannel     = "client.channel.status.put"
	methodConfigPut   = "client.machine.config.put"
	methodCodeUsed    = "client.pickup_codes.put"
	methodGoodsSlug   = "client.goods.slug.put"
)

// duplicateWindow is how long a QoS 1 duplicate is recognised (mqtt.md §3.4).
const duplicateWindow = 10 * time.Minute

// encode returns the body of an up message: fields and base fields, signed
// (mqtt.md §3.1).
func (m *Machine) encode(method string, fields map[string]string) []byte {
	return m.encodeWith(m.cfg.AppKey, method, fields)
}

// encodeBadly is encode with a signature that is wrong.
func (m *Machine) encodeBadly(method string, fields map[string]string) []byte {
	return m.encodeWith("not "+m.cfg.AppKey, method, fields)
}

func (m *Machine) encodeWith(key, method string, fields map[string]string) []byte {
	all := map[string]string{
		"client_id":  m.cfg.MachineNo,
		"machine_id": m.cfg.MachineID,
		"method":     method,
		"status":     "0",
		"timestamp":  strconv.FormatInt(m.cfg.Clock().Unix(), 10),
	}
	maps.Copy(all, fields)
	return signature.EncodeMessage(all, key)
}

// jsonOf is the JSON text of a message body of ours.
func jsonOf(body []byte) string {
	text, _ := signature.DecodeBase64(body)
	return string(text)
}

func (m *Machine) heartbeatFields() map[string]string {
	now := m.cfg.Clock()
	return map[string]string{
		"network_type":         "4G",
		"network_rssi":         "-67",
		"uptime_minutes_today": strconv.Itoa(now.Hour()*60 + now.Minute()),
	}
}

func (m *Machine) offline(reason string) []byte {
	return m.encode(methodOffline, map[string]string{"reason": reason})
}

func (m *Machine) environmentFields() map[string]string {
	return map[string]string{
		"app_version":     "2.3.0",
		"android_version": "7.1.2",
		"java_version":    "1.8.0_301",
		"sdk_version":     "31",
		"device_model":    "virtual machine",
		"manufacturer":    "Vendlane",
		"serial_no":       "VL" + m.cfg.MachineNo,
		"screen_width":    "1080",
		"screen_height":   "1920",
		"brightness":      "80",
		"volume":          "60",
		"language":        "zh_CN",
	}
}

// responseFields is the report of a finished entry (mqtt.md §6.2).
func responseFields(e entry) map[string]string {
	status := "0"
	if e.Success {
		status = "1"
	}
	return map[string]string{
		"delivery_id":    e.DeliveryID,
		"order_id":       e.OrderID,
		"record_id":      e.RecordID,
		"deliver_status": status,
		"delivered":      strconv.Itoa(e.Dropped),
		"floor_status":   e.FloorStatus,
		"error_msg":      e.ErrorMsg,
	}
}

// verify reads a down message and makes the machine's checks (mqtt.md §3.4),
// all but the one for duplicates.
func (m *Machine) verify(body []byte) (*signature.Object, error) {
	o, err := signature.DecodeMessage(body)
	if err != nil {
		return nil, err
	}
	if !o.Verify(m.cfg.AppKey) {
		return nil, errors.New("bad sign")
	}
	if id := textOf(o, "client_id"); id != m.cfg.MachineNo {
		return nil, errors.New("foreign client_id")
	}
	return o, nil
}

// textOf returns a member that is a string, or "".
func textOf(o *signature.Object, name string) string {
	if v, _ := o.Lookup(name); v.Kind == signature.String {
		return v.Text
	}
	return ""
}

// duplicates recognises messages by method, timestamp and sign.
type duplicates map[string]time.Time

// seen tells whether o came before, and remembers it.
func (d duplicates) seen(o *signature.Object, now time.Time) bool {
	maps.DeleteFunc(d, func(_ string, at time.Time) bool { return now.Sub(at).Abs() > duplicateWindow })
	key := textOf(o, "method") + " " + textOf(o, "timestamp") + " " + textOf(o, "sign")
	_, known := d[key]
	d[key] = now
	return known
}

// fieldReader reads members of a message and remembers the first bad one.
type fieldReader struct {
	object *signature.Object
	err    error
}

func (f *fieldReader) fail(name string) {
	if f.err == nil {
		f.err = fmt.Errorf("bad field %s", name)
	}
}

// text reads a text of 1 to 64 bytes.
func (f *fieldReader) text(name string) string { return f.long(name, 64) }

// long reads a text of 1 to limit bytes.
func (f *fieldReader) long(name string, limit int) string {
	s := textOf(f.object, name)
	if s == "" || len(s) > limit {
		f.fail(name)
		return ""
	}
	return s
}

// time reads a time in the given layout.
func (f *fieldReader) time(name, layout string) string {
	s := f.text(name)
	if _, err := time.Parse(layout, s); err != nil {
		f.fail(name)
	}
	return s
}

// number reads a decimal number from low to high.
func (f *fieldReader) number(name string, low, high uint64) int64 {
	n, err := strconv.ParseUint(f.text(name), 10, 62)
	if err != nil || n < low || n > high {
		f.fail(name)
		return 0
	}
	return int64(n)
}

func (f *fieldReader) flag(name string) bool { return f.number(name, 0, 1) == 1 }

// parseRun reads a device.delivery.put (mqtt.md §6.1). The ids are returned
// even if other fields are bad, so that the refusal can name them.
func parseRun(o *signature.Object) (Run, error) {
	const maxNumber = 1 << 30
	f := fieldReader{object: o}
	r := Run{
		DeliveryID: f.text("delivery_id"),
		OrderID:    f.text("order_id"),
		RecordID:   f.text("record_id"),
		ProductID:  f.text("product_id"),
		Motor:      int(f.number("code", 0, maxNumber) % 100),
		Board:      int(f.number("addr", 1, 8)),
		FloorType:  int(f.number("floor_type", 1, 4)),
		Lift:       f.flag("is_lp"),
		DropSensor: f.flag("is_dc"),
		Quantity:   int(f.number("quantity", 1, 1000)),
		message:    o.JSON(),
	}
	timeout := f.number("timeout", 1, maxNumber)
	sent, ok := o.Timestamp()
	if !ok {
		f.fail("timestamp")
	}
	r.StartBefore = time.Unix(sent+timeout, 0)
	return r, f.err
}
