package provision_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// setPassword applies the shop with a password for its first machine and
// returns what the result shows.
func (f *fixture) setPassword(t testing.TB, password string) string {
	t.Helper()
	return f.apply(t, func(m *provision.Merchant) { m.Machines[0].Password = password }).Machines[0].Password
}

func (f *fixture) wantAccepted(t testing.TB, accepted bool, password string) {
	t.Helper()
	_, err := f.Fleet.Authenticate(t.Context(), storetest.MachineNo, password)
	if accepted && err != nil || !accepted && !errors.Is(err, fleet.ErrBadPassword) {
		t.Errorf("password %q: %v, want accepted: %v", password, err, accepted)
	}
}

// A changed password locks no machine out: the old one counts until the machine
// has used the new one, at most 24 hours (mqtt.md §5.5).
func TestPasswordOfFileOverlaps(t *testing.T) {
	f := newFixture(t)
	f.setPassword(t, "first")
	f.wantAccepted(t, true, "first") // confirms it
	if shown := f.setPassword(t, "second"); shown != "second" {
		t.Errorf("shown %q", shown)
	}
	for range 2 { // left out or said again, it stays as it is
		if shown := f.setPassword(t, "") + f.setPassword(t, "second"); shown != "" {
			t.Errorf("shown again: %q", shown)
		}
	}
	f.Advance(24*time.Hour - time.Millisecond)
	f.wantAccepted(t, true, "first")
	f.Advance(time.Millisecond)
	f.wantAccepted(t, false, "first")
	f.wantAccepted(t, true, "second")

	f.setPassword(t, "third")
	f.wantAccepted(t, true, "second")
	f.wantAccepted(t, true, "third")
	f.wantAccepted(t, false, "second")
}

// The machine is told sealed, and of the last password only; a refresh is not
// needed for it.
func TestPasswordOfFileIsToldSealed(t *testing.T) {
	f := newFixture(t)
	f.setPassword(t, "first-plain-text")
	f.setPassword(t, "second-plain-text")
	if text := f.dump(t); strings.Contains(text, "plain-text") {
		t.Errorf("a password is stored in the clear:\n%s", text)
	}
	rows, err := f.Store.CommandsOfMachine(t.Context(), f.Machine.ID)
	if err != nil {
		t.Fatal(err)
	}
	opened := []string{}
	for _, row := range rows {
		if row.Method != "client.machine.password.modified" {
			t.Errorf("told %s", row.Method)
		}
		if row.State != store.CommandQueued {
			continue
		}
		sealed := strings.TrimSuffix(strings.TrimPrefix(row.Fields, `{"password":"`), `"}`)
		plain, err := f.Box.Open(secrets.PurposeMachinePassword, sealed)
		if err != nil {
			t.Errorf("%s: %v", row.Fields, err)
		}
		opened = append(opened, plain)
	}
	if len(rows) != 2 || len(opened) != 1 || opened[0] != "second-plain-text" {
		t.Errorf("%d messages, waiting %q", len(rows), opened)
	}
}

// Limits of the temperature follow the file and are watched from then on
// (mqtt.md §4.1).
func TestTemperatureLimits(t *testing.T) {
	f := newFixture(t)
	open := func(low, high, tenths int64, text string) bool {
		t.Helper()
		f.apply(t, func(m *provision.Merchant) { m.TemperatureMin, m.TemperatureMax = low, high })
		m, err := f.Store.MachineByNo(t.Context(), storetest.MachineNo)
		if err != nil {
			t.Fatal(err)
		}
		err = f.Fleet.TakeTemperature(t.Context(), store.Sender{ID: m.Machine.ID, MerchantID: m.Machine.MerchantID}, fleet.Reading{Text: text, Tenths: tenths})
		if err != nil {
			t.Fatal(err)
		}
		return len(f.rows(t, "SELECT * FROM alerts WHERE kind = 'TEMPERATURE' AND resolved_at = 0")) == 1
	}
	for _, c := range []struct {
		low, high, tenths int64
		text              string
		want              bool
	}{
		{0, 0, 400, "40.0", false}, // nothing is watched
		{20, 80, 81, "8.1", true}, {20, 90, 81, "8.1", false}, {-180, -150, 81, "8.1", true},
		{-180, -150, -160, "-16.0", false}, {-180, -150, -181, "-18.1", true}, {0, 0, -181, "-18.1", false},
	} {
		if got := open(c.low, c.high, c.tenths, c.text); got != c.want {
			t.Errorf("%s °C within %d–%d: alert %v", c.text, c.low, c.high, got)
		}
	}
}

// Bad limits and connection types are refused before anything is written.
func TestMachineRefusals(t *testing.T) {
	f := newFixture(t)
	before := f.dump(t)
	for want, change := range map[string]func(*provision.Merchant){
		"temperature_min": func(m *provision.Merchant) { m.TemperatureMin, m.TemperatureMax = 81, 80 },
		"notify_url":      func(m *provision.Merchant) { m.NotifyURL = "ftp://shop.example" },
		"connect_type":    func(m *provision.Merchant) { m.Machines[0].ConnectType = 4 },
		"connect_type ":   func(m *provision.Merchant) { m.Machines[0].ConnectType = -1 },
		"cover_image": func(m *provision.Merchant) {
			m.Machines[0].Banners = []provision.Banner{{CoverImage: "a"}, {CoverImage: "a"}}
		},
		"machine password": func(m *provision.Merchant) { m.Machines[0].Password = strings.Repeat("x", 73) },
	} {
		file := storetest.File()
		file.Merchants[0].Description = "must not be seen"
		change(&file.Merchants[0])
		if _, err := f.applier.Apply(t.Context(), file); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("%v, want %q named", err, want)
		}
	}
	if after := f.dump(t); after != before {
		t.Errorf("after\n%s\nbefore\n%s", after, before)
	}
}
