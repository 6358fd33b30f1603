package machineapi

import (
	"context"
	"errors"
	"strconv"

	"github.com/vendlane/vendlane/internal/crashpoint"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// Up methods with special rules elsewhere in the package.
const (
	methodHeartbeat = "client.heartbeat"
	methodOffline   = "client.offline"
	methodReport    = "device.delivery.response"
)

// method says what an up method means here.
type method struct {
	// untimed methods are sent late on purpose, their timestamp is not looked
	// at (mqtt.md §3.2, row 5).
	untimed bool
	// handle checks the fields and applies the message. It returns a *drop for
	// a message that must have no effect; a refusal of a use case becomes one.
	handle func(ctx context.Context, h *Handler, u upMessage) error
}

// methods returns every up method of the contract (mqtt.md §4, §6.2).
func methods() map[string]method {
	return map[string]method{
		methodHeartbeat:             {handle: takeHeartbeat},
		methodOffline:               {handle: takeOffline, untimed: true},
		methodReport:                {handle: takeReport, untimed: true},
		"client.temperature.put":    {handle: takeTemperature},
		"client.humidity.put":       {handle: takeHumidity},
		"client.machine.env.put":    {handle: takeEnvironment},
		"client.product.put":        {handle: takeProduct},
		"client.doorlock.status":    {handle: takeDoorLock},
		"client.channel.status.put": {handle: takeChannelStatus},
		"client.product.restock":    {handle: takeRestock},
		"client.machine.config.put": {handle: takeConfig},
		"client.pickup_codes.put":   {handle: takeCodeUse},
		"client.goods.slug.put":     {handle: takeSlug},
		"client.traffic.put":        {handle: takeTraffic},
	}
}

// Bounds of what machines say of themselves.
const (
	maxNetworkType   = 32 // characters
	maxUptimeDigits  = 9
	maxIDDigits      = 18
	maxPiecesDigits  = 6
	maxStatusDigits  = 5
	minutesOfADay    = 24 * 60
	defaultOffReason = "network_timeout"
)

// takeHeartbeat applies client.heartbeat (mqtt.md §4.3).
func takeHeartbeat(ctx context.Context, h *Handler, u upMessage) error {
	beat, err := readHeartbeat(u)
	if err != nil {
		return err
	}
	return h.fleet.TakeHeartbeat(ctx, beat)
}

// readHeartbeat reads the fields of client.heartbeat, with the tolerances for
// what is seen in the field: a signal strength of null, which is unknown, and
// an uptime in seconds.
func readHeartbeat(u upMessage) (fleet.Heartbeat, error) {
	f := fields{object: u.object}
	beat := fleet.Heartbeat{
		MachineID:     u.machine.ID,
		NetworkType:   cut(f.required("network_type"), maxNetworkType),
		NetworkRSSI:   readRSSI(&f),
		UptimeMinutes: f.requiredNumber("uptime_minutes_today", maxUptimeDigits),
	}
	if beat.UptimeMinutes > minutesOfADay {
		beat.UptimeMinutes /= 60
	}
	return beat, f.done()
}

func readRSSI(f *fields) string {
	const name = "network_rssi"
	if v, _ := f.object.Lookup(name); v.Kind == signature.Null || v.Kind == signature.String && v.Text == "null" {
		return ""
	}
	rssi := f.required(name)
	if !isSignal(rssi) {
		f.fail(name, "neither a level nor dBm")
	}
	return rssi
}

// takeOffline applies client.offline, sent by the machine itself or as its last
// will (mqtt.md §4.4).
func takeOffline(ctx context.Context, h *Handler, u upMessage) error {
	reason, err := readOffline(u.object)
	if err != nil {
		return err
	}
	return h.fleet.GoneOffline(ctx, u.machine.ID, u.epoch, reason)
}

func readOffline(object *signature.Object) (reason string, err error) {
	f := fields{object: object}
	reason = f.free("reason", vending.MaxReasonLength)
	if reason == "" {
		reason = defaultOffReason
	}
	return reason, f.done()
}

// takeReport applies device.delivery.response (mqtt.md §6.2, §6.5).
func takeReport(ctx context.Context, h *Handler, u upMessage) error {
	report, err := readReport(u.object)
	if err != nil {
		return err
	}
	report.MachineID = u.machine.ID
	err = h.dispense.TakeReport(ctx, report)
	crashpoint.Hit("report_committed")
	if errors.Is(err, dispense.ErrUnknownDelivery) {
		return dropFor(reasonUnknownDelivery, err)
	}
	return err
}

func readReport(object *signature.Object) (dispense.Report, error) {
	f := fields{object: object}
	r := dispense.Report{
		DeliveryID: f.requiredNumber("delivery_id", maxIDDigits),
		OrderID:    f.requiredNumber("order_id", maxIDDigits),
		RecordID:   f.requiredNumber("record_id", maxIDDigits),
		Delivered:  f.number("delivered", maxPiecesDigits),
		ErrorMsg:   f.free("error_msg", vending.MaxReasonLength),
	}
	switch f.required("deliver_status") {
	case "1":
		r.Success = true
	case "0":
	default:
		f.fail("deliver_status", "neither 0 nor 1")
	}
	if status := f.number("floor_status", maxStatusDigits); status >= 0 {
		r.FloorStatus = strconv.FormatInt(status, 10)
	}
	return r, f.done()
}
