package fleet_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/fleet"
)

// Outside the merchant's limits is an alert, raised once and resolved by the
// next value within them; the limits themselves are within (mqtt.md §4.1).
func TestTemperatureAlert(t *testing.T) {
	f := newFixture(t)
	f.exec(t, "UPDATE merchants SET temperature_min = -180, temperature_max = 80")
	take := func(text string, tenths int64) {
		t.Helper()
		must(t, f.fleet.TakeTemperature(t.Context(), f.sender(t), fleet.Reading{Text: text, Tenths: tenths}))
		if got := f.settings(t)["temperature"].Reported; got != text {
			t.Errorf("stored %q, want %q", got, text)
		}
	}
	take("8.0", 80)
	take("-18.0", -180)
	f.wantAlerts(t)
	take("8.1", 81)
	take("9.0", 90)
	f.wantAlerts(t, `TEMPERATURE "8.1 °C" open`)
	take("8.0", 80)
	f.wantAlerts(t, `TEMPERATURE "8.1 °C" resolved`)
	take("-18.1", -181)
	f.wantAlerts(t, `TEMPERATURE "8.1 °C" resolved`, `TEMPERATURE "-18.1 °C" open`)
	// Limits that are lifted watch nothing any more.
	f.exec(t, "UPDATE merchants SET temperature_min = 0, temperature_max = 0")
	take("40.0", 400)
	f.wantAlerts(t, `TEMPERATURE "8.1 °C" resolved`, `TEMPERATURE "-18.1 °C" resolved`)
}

// Without a sensor the value is empty, which is no temperature of 0.
func TestNoSensor(t *testing.T) {
	f := newFixture(t)
	ctx := t.Context()
	f.exec(t, "UPDATE merchants SET temperature_min = 20, temperature_max = 80")
	must(t, f.fleet.TakeTemperature(ctx, f.sender(t), fleet.Reading{Text: "4.0", Tenths: 40}))
	must(t, f.fleet.TakeHumidity(ctx, f.Machine.ID, fleet.Reading{Text: "55.5", Tenths: 555}))
	if got := f.settings(t); got["temperature"].Reported != "4.0" || got["humidity"].Reported != "55.5" {
		t.Errorf("%+v", got)
	}
	must(t, f.fleet.TakeTemperature(ctx, f.sender(t), fleet.Reading{}))
	must(t, f.fleet.TakeHumidity(ctx, f.Machine.ID, fleet.Reading{}))
	for _, name := range []string{"temperature", "humidity"} {
		if got, known := f.settings(t)[name]; !known || got.Reported != "" || got.ReportedAt != f.Now().UnixMilli() {
			t.Errorf("%s: %+v", name, got)
		}
	}
	f.wantAlerts(t)
}
