package fleet_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (f *fixture) report(t testing.TB, settings ...vending.Setting) {
	t.Helper()
	must(t, f.fleet.TakeReported(t.Context(), f.Machine.ID, settings))
}

func (f *fixture) push(t testing.TB, settings ...vending.Setting) []string {
	t.Helper()
	sent, err := f.fleet.PushConfig(t.Context(), f.Machine.ID, settings)
	must(t, err)
	return sent
}

// Only what changes is sent (mqtt.md §5.10).
func TestPushedSettings(t *testing.T) {
	f := newFixture(t)
	f.report(t, vending.Setting{Name: "language", Value: "zh_CN"}, vending.Setting{Name: "idle_timeout", Value: "60"})
	f.Advance(time.Second)
	sent := f.push(t,
		vending.Setting{Name: "language", Value: "zh_CN"}, // as reported
		vending.Setting{Name: "idle_timeout", Value: "90"},
		vending.Setting{Name: "price_digits", Value: "0"}, // never heard of
		vending.Setting{Name: "app_navbar_logo", Value: "https://x.example/logo.png"},
	)
	if want := []string{"idle_timeout", "price_digits", "app_navbar_logo"}; !slices.Equal(sent, want) {
		t.Errorf("sent %q, want %q", sent, want)
	}
	first := `client.machine.config.push {"app_navbar_logo":"https://x.example/logo.png","idle_timeout":"90","price_digits":"0"}`
	f.wantQueued(t, first)
	// Told already, although the machine has not reported it yet.
	f.Advance(time.Second)
	if sent := f.push(t, vending.Setting{Name: "idle_timeout", Value: "90"}); len(sent) != 0 {
		t.Errorf("sent again: %q", sent)
	}
	if sent := f.push(t); len(sent) != 0 {
		t.Errorf("nothing wanted, sent %q", sent)
	}
	f.wantQueued(t, first)
	// Somebody has changed it at the machine since: it is told again.
	f.Advance(time.Second)
	f.report(t, vending.Setting{Name: "idle_timeout", Value: "30"})
	f.Advance(time.Second)
	f.push(t, vending.Setting{Name: "idle_timeout", Value: "90"})
	f.wantQueued(t, first, `client.machine.config.push {"idle_timeout":"90"}`)
}

// What a machine was told stands beside what it reports; neither overwrites
// the other.
func TestDesiredBesideReported(t *testing.T) {
	f := newFixture(t)
	start := f.Now().UnixMilli()
	f.report(t, vending.Setting{Name: "language", Value: "zh_CN"})
	f.Advance(time.Second)
	f.push(t, vending.Setting{Name: "language", Value: "en_US"})
	want := db.MachineConfig{
		MachineID: f.Machine.ID, Name: "language",
		Reported: "zh_CN", ReportedAt: start, Desired: "en_US", DesiredAt: start + 1000,
	}
	if got := f.settings(t)["language"]; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	f.Advance(time.Second)
	f.report(t, vending.Setting{Name: "language", Value: "en_US"})
	want.Reported, want.ReportedAt = "en_US", start+2000
	if got := f.settings(t)["language"]; got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// One setting that is not known or out of range refuses all of them.
func TestPushRefusals(t *testing.T) {
	f := newFixture(t)
	for name, bad := range map[string]vending.Setting{
		"unknown":         {Name: "colour", Value: "red"},
		"no name":         {Value: "1"},
		"report only":     {Name: vending.SettingTemperature, Value: "4.0"},
		"environment":     {Name: "volume", Value: "60"},
		"below the range": {Name: "idle_timeout", Value: "29"},
		"above the range": {Name: "payment_wait_timeout", Value: "181"},
		"empty":           {Name: "idle_timeout"},
		"no flag":         {Name: "price_line", Value: "true"},
		"a script":        {Name: "app_navbar_logo", Value: "javascript:alert(1)"},
		"too long":        {Name: "app_home_background", Value: "https://x.example/" + strings.Repeat("a", 512)},
	} {
		good := vending.Setting{Name: "language", Value: "en_US"}
		if sent, err := f.fleet.PushConfig(t.Context(), f.Machine.ID, []vending.Setting{good, bad}); err == nil || len(sent) != 0 {
			t.Errorf("%s: sent %q, %v", name, sent, err)
		}
	}
	f.wantQueued(t)
	if got := f.settings(t); len(got) != 0 {
		t.Errorf("stored %+v", got)
	}
}
