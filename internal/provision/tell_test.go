package provision_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/provision"
)

// told applies the shop with a change and returns what that queued for a
// machine: method and fields. The same apply again must queue nothing.
func (f *fixture) told(t testing.TB, machineNo string, change func(*provision.Merchant)) []string {
	t.Helper()
	query := "SELECT method || ' ' || fields FROM commands WHERE id > %s AND machine_id = (SELECT id FROM machines WHERE machine_no = '" + machineNo + "') ORDER BY id"
	last := func() string { return f.rows(t, "SELECT COALESCE(MAX(id), 0) FROM commands")[0] }
	before := last()
	f.apply(t, change)
	told, mark := f.rows(t, fmt.Sprintf(query, before)), last()
	f.apply(t, change)
	if again := f.rows(t, fmt.Sprintf(query, mark)); len(again) != 0 {
		t.Errorf("applying the same again queued %q", again)
	}
	return told
}

// A machine loads its data again when they are other ones, and only then; what
// has a message of its own is told by that one (mqtt.md §5.1).
func TestRefreshWhenChanged(t *testing.T) {
	const refresh = "client.machine.refresh null"
	first := func(change func(*provision.Machine)) func(*provision.Merchant) {
		return func(m *provision.Merchant) { change(&m.Machines[0]) }
	}
	slot := func(change func(*provision.Channel)) func(*provision.Merchant) {
		return first(func(m *provision.Machine) { change(&m.Planogram[0]) })
	}
	for name, c := range map[string]struct {
		change func(*provision.Merchant)
		want   []string
	}{
		"nothing":                              {func(*provision.Merchant) {}, nil},
		"merchant only":                        {func(m *provision.Merchant) { m.Title, m.TemperatureMax = "Renamed", 80 }, nil},
		"another machine":                      {func(m *provision.Merchant) { m.Machines[1].Name = "Hall" }, nil},
		"stock, which counts at creation only": {slot(func(c *provision.Channel) { c.Stock = 3 }), nil},
		"name":                                 {first(func(m *provision.Machine) { m.Name = "Hall" }), []string{refresh}},
		"status":                               {first(func(m *provision.Machine) { m.Status = "MAINTENANCE" }), []string{refresh}},
		"zone":                                 {first(func(m *provision.Machine) { m.Timezone = "Asia/Tokyo" }), []string{refresh}},
		"currency":                             {first(func(m *provision.Machine) { m.CurrencyID = 2 }), []string{refresh}},
		"announcement":                         {first(func(m *provision.Machine) { m.Announcement = &provision.Announcement{Title: "t"} }), []string{refresh}},
		"category":                             {first(func(m *provision.Machine) { m.Categories = []provision.Category{{Title: "one"}} }), []string{refresh}},
		"channel name":                         {slot(func(c *provision.Channel) { c.Name = "door" }), []string{refresh}},
		"off sale":                             {slot(func(c *provision.Channel) { c.OffSale = true }), []string{refresh}},
		"capacity":                             {slot(func(c *provision.Channel) { c.Capacity = 12 }), []string{refresh}},
		"no good":                              {slot(func(c *provision.Channel) { c.Good = "" }), []string{refresh}},
		"channel removed":                      {first(func(m *provision.Machine) { m.Planogram = m.Planogram[1:] }), []string{refresh}},
		"channel added":                        {first(func(m *provision.Machine) { m.Planogram = append(m.Planogram, provision.Channel{Motor: 50}) }), []string{refresh}},
		"price of a good":                      {func(m *provision.Merchant) { m.Goods[0].Price = "1.20" }, []string{refresh}},
		"a good nobody sells": {func(m *provision.Merchant) {
			m.Goods = append(m.Goods, provision.Good{Slug: "tea", Name: "tea", Price: "2"})
		}, nil},
		"ad": {first(func(m *provision.Machine) { m.Banners = []provision.Banner{{CoverImage: "a", Title: "t"}} }),
			[]string{`client.ads.push {"cover_image":"a","expired_at":"0","id":"1","is_visible":"1","title":"t","view_type":"0"}`}},
		"code": {first(func(m *provision.Machine) { m.Codes = []provision.Code{{Code: "5288640", Channel: "A1"}} }),
			[]string{`client.pickup_codes.create {"code":"5288640","id":"1","product_id":"131","quantity":"1","used":"0"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			if got := f.told(t, "16327129", c.change); !slices.Equal(got, c.want) && len(got)+len(c.want) > 0 {
				t.Errorf("told %q, want %q", got, c.want)
			}
			if name != "another machine" {
				if got := f.rows(t, "SELECT * FROM commands WHERE machine_id <> 1"); len(got) != 0 {
					t.Errorf("other machines are told %q", got)
				}
			}
		})
	}
}

// A machine that is new has nothing to load again; its ads and codes wait for
// it.
func TestNewMachineIsTold(t *testing.T) {
	f := newFixture(t)
	got := f.told(t, "20000001", func(m *provision.Merchant) {
		m.Machines = append(m.Machines, provision.Machine{
			MachineNo: "20000001", Name: "n", Model: "spring", ConnectType: 3,
			Banners:   []provision.Banner{{CoverImage: "a", Title: "t"}},
			Planogram: []provision.Channel{{ProductID: 200, Good: "cola", Capacity: 5}},
			Codes:     []provision.Code{{Code: "5288640", Channel: "A1"}},
		})
	})
	want := []string{
		`client.ads.push {"cover_image":"a","expired_at":"0","id":"1","is_visible":"1","title":"t","view_type":"0"}`,
		`client.pickup_codes.create {"code":"5288640","id":"1","product_id":"200","quantity":"1","used":"0"}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("told %q, want %q", got, want)
	}
}

// Ads of a file are told one by one, as they come, change and go
// (mqtt.md §5.11–§5.13); what was counted of them stays.
func TestAdsOfFile(t *testing.T) {
	f := newFixture(t)
	ads := func(banners ...provision.Banner) []string {
		t.Helper()
		return f.told(t, "16327129", func(m *provision.Merchant) { m.Machines[0].Banners = banners })
	}
	want := func(got []string, want ...string) {
		t.Helper()
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	summer := provision.Banner{CoverImage: "a", Title: "Summer", ExpiredAt: "2024-12-31 23:59:59"}
	winter := provision.Banner{CoverImage: "b", Title: "Winter", Pending: true, LockScreen: true, VideoURL: "v", LinkURL: "l"}
	want(ads(summer, winter),
		`client.ads.push {"cover_image":"a","expired_at":"1735660799","id":"1","is_visible":"1","title":"Summer","view_type":"0"}`)
	if _, err := f.sql.Exec("UPDATE banners SET hit_count = 7, views_count = 9"); err != nil {
		t.Fatal(err)
	}
	summer.Hidden, summer.ExpiredAt = true, ""
	winter.Pending = false
	want(ads(summer, winter),
		`client.ads.update {"cover_image":"a","expired_at":"0","id":"1","is_visible":"0","title":"Summer","view_type":"0"}`,
		`client.ads.push {"cover_image":"b","expired_at":"0","id":"2","is_visible":"1","link_url":"l","title":"Winter","video_url":"v","view_type":"1"}`)
	if got := f.rows(t, "SELECT hit_count, views_count FROM banners"); !slices.Equal(got, []string{"7 9", "7 9"}) {
		t.Errorf("counts %q", got)
	}
	// Another picture is another ad.
	summer.CoverImage = "c"
	want(ads(summer, winter),
		`client.ads.push {"cover_image":"c","expired_at":"0","id":"3","is_visible":"0","title":"Summer","view_type":"0"}`,
		`client.ads.delete {"id":"1"}`)
	winter.Pending = true
	want(ads(winter), `client.ads.delete {"id":"2"}`, `client.ads.delete {"id":"3"}`)
	want(ads()) // what was pending was not on the machine
	if got := f.rows(t, "SELECT * FROM banners"); len(got) != 0 {
		t.Errorf("ads %q are left", got)
	}
}

// A machine that leaves the serial port is told to reset itself
// (mqtt.md §5.16).
func TestFactoryResetOnLeavingSerialPort(t *testing.T) {
	const leftOut, mqtt, tcp, serial = 0, 1, 2, 3
	f := newFixture(t)
	for _, c := range []struct {
		from, to int64
		reset    bool
	}{
		{serial, mqtt, true}, {serial, tcp, true}, {serial, leftOut, true}, {serial, serial, false},
		{mqtt, serial, false}, {mqtt, tcp, false}, {tcp, leftOut, false}, {leftOut, serial, false},
	} {
		t.Run(fmt.Sprintf("%d to %d", c.from, c.to), func(t *testing.T) {
			f.apply(t, func(m *provision.Merchant) { m.Machines[0].ConnectType = c.from })
			told := f.told(t, "16327129", func(m *provision.Merchant) { m.Machines[0].ConnectType = c.to })
			if got := slices.Contains(told, `client.factory.reset {"reset_type":"1"}`); got != c.reset {
				t.Errorf("told %q, want a reset: %v", told, c.reset)
			}
			if got := f.rows(t, "SELECT connect_type FROM machines WHERE id = 1")[0]; got != fmt.Sprint(max(1, c.to)) {
				t.Errorf("connect_type %s", got)
			}
		})
	}
}
