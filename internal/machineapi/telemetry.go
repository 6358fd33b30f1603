package machineapi

import (
	"context"
	"math"
	"regexp"
	"strconv"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// noSensor is the value from which on a reading means that there is no sensor
// (mqtt.md §4.1).
const noSensor = 3276

// decimalReading is what a sensor's value looks like.
var decimalReading = regexp.MustCompile(`^-?[0-9]{1,5}(\.[0-9]{1,4})?$`)

// takeTemperature applies client.temperature.put (mqtt.md §4.1).
func takeTemperature(ctx context.Context, h *Handler, u upMessage) error {
	reading, err := readSensor(u.object, vending.SettingTemperature)
	if err != nil {
		return err
	}
	return h.fleet.TakeTemperature(ctx, u.machine, reading)
}

// takeHumidity applies client.humidity.put (mqtt.md §4.2).
func takeHumidity(ctx context.Context, h *Handler, u upMessage) error {
	reading, err := readSensor(u.object, vending.SettingHumidity)
	if err != nil {
		return err
	}
	return h.fleet.TakeHumidity(ctx, u.machine.ID, reading)
}

func readSensor(object *signature.Object, name string) (fleet.Reading, error) {
	f := fields{object: object}
	text := f.required(name)
	if text != "" && !decimalReading.MatchString(text) {
		f.fail(name, "not a decimal number")
	}
	if err := f.done(); err != nil {
		return fleet.Reading{}, err
	}
	value, err := strconv.ParseFloat(text, 64)
	if err != nil || value >= noSensor {
		return fleet.Reading{}, err
	}
	return fleet.Reading{Text: text, Tenths: int64(math.Round(value * 10))}, nil
}

// takeEnvironment applies client.machine.env.put (mqtt.md §4.5). Deliveries
// that were sent stay so: the machine reports them itself (mqtt.md §6.4).
func takeEnvironment(ctx context.Context, h *Handler, u upMessage) error {
	f := fields{object: u.object}
	var settings []vending.Setting
	for _, name := range vending.EnvironmentSettings() {
		settings = append(settings, f.setting(name, f.required(name), vending.CheckEnvironmentSetting))
	}
	if err := f.done(); err != nil {
		return err
	}
	return h.fleet.TakeReported(ctx, u.machine.ID, settings)
}

// takeConfig applies client.machine.config.put (mqtt.md §4.10).
func takeConfig(ctx context.Context, h *Handler, u upMessage) error {
	f := fields{object: u.object}
	var settings []vending.Setting
	for _, name := range vending.DisplaySettings() {
		if value := f.text(name); value != "" {
			settings = append(settings, f.setting(name, value, vending.CheckDisplaySetting))
		}
	}
	if err := f.done(); err != nil {
		return err
	}
	return h.fleet.TakeReported(ctx, u.machine.ID, settings)
}

// setting makes a setting of a member and keeps the mistake if it is none.
func (f *fields) setting(name, value string, check func(vending.Setting) error) vending.Setting {
	s := vending.Setting{Name: name, Value: value}
	if err := check(s); err != nil {
		f.fail(name, "out of range")
	}
	return s
}

// maxCounterDigits bounds a traffic counter, so that sums of many stay in range.
const maxCounterDigits = 15

// takeTraffic applies client.traffic.put (mqtt.md §4.13).
func takeTraffic(ctx context.Context, h *Handler, u upMessage) error {
	f := fields{object: u.object}
	t := fleet.Traffic{
		NetworkType: f.requiredNumber("network_type", 1),
		Totals: fleet.Counters{
			UploadBytes:     f.requiredNumber("upload_bytes", maxCounterDigits),
			DownloadBytes:   f.requiredNumber("download_bytes", maxCounterDigits),
			UploadPackets:   f.requiredNumber("upload_packets", maxCounterDigits),
			DownloadPackets: f.requiredNumber("download_packets", maxCounterDigits),
		},
	}
	if t.NetworkType < 1 || t.NetworkType > 3 {
		f.fail("network_type", "neither 1, 2 nor 3")
	}
	if err := f.done(); err != nil {
		return err
	}
	return h.fleet.TakeTraffic(ctx, u.machine, t)
}
