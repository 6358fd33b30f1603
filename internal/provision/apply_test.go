package provision_test

import (
	"crypto/rand"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the zones of the tests must not depend on the host

	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fixture is the shop of storetest, already applied once.
type fixture struct {
	*storetest.Fixture
	applier  *provision.Applier
	database *testkit.Database
	sql      *sql.DB
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	database := testkit.NewDatabase(t)
	f := &fixture{Fixture: storetest.NewFixture(t, database.Open), database: database, sql: database.SQL(t)}
	f.applier = provision.New(f.ProvisionDeps())
	return f
}

// apply applies the shop with a change and must succeed.
func (f *fixture) apply(t testing.TB, change func(*provision.Merchant)) provision.MerchantResult {
	t.Helper()
	file := storetest.File()
	change(&file.Merchants[0])
	result, err := f.applier.Apply(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	return result.Merchants[0]
}

// rows runs a query and returns each row as text.
func (f *fixture) rows(t testing.TB, query string) []string {
	t.Helper()
	rows, err := f.sql.Query(query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for rows.Next() {
		values, targets := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.TrimSuffix(fmt.Sprintln(values...), "\n"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// dump is the whole database but for the sealed AppKeys, which differ each
// time they are sealed.
func (f *fixture) dump(t testing.TB) string {
	t.Helper()
	var out strings.Builder
	for _, table := range f.database.Tables(t) {
		if table == "changes" {
			continue // what open pages are told says nothing of the shop
		}
		for _, row := range slices.Sorted(slices.Values(f.rows(t, "SELECT * FROM "+table))) {
			out.WriteString(table + " " + regexp.MustCompile(`v1:\S+`).ReplaceAllString(row, "sealed") + "\n")
		}
	}
	return out.String()
}

// everything uses every field of a file.
func everything(m *provision.Merchant) {
	m.NotifyURL = "https://shop.example/notify"
	m.Description, m.Logo, m.StoreID, m.Debug, m.Timezone, m.ExpiredAt = "d", "l", "s", true, "Europe/Berlin", "2030-01-01 00:00:00"
	m.Goods = append(m.Goods, provision.Good{
		Slug: "tea", Name: "tea", Description: "d", Content: "c", Thumb: "t", Media: []string{"a", "b"}, Price: "2.50", OriginalPrice: "3",
	})
	m.Models = append(m.Models, provision.Model{Name: "lift", Boards: []provision.Board{{Addr: 2, FloorType: 3, Lift: true, DropDetection: true}}})
	first := &m.Machines[0]
	first.Password, first.MachineType, first.Address, first.LngLat, first.CoverImage = "pass", 6, "a", "1,2", "c"
	first.Contact, first.Tel, first.Timezone, first.CurrencyID = "n", "t", "Asia/Tokyo", 2
	first.Group = "north"
	first.Announcement = &provision.Announcement{Title: "t", Content: "c", LinkURL: "u"}
	first.Categories = []provision.Category{{Title: "one", SortID: 2}, {Title: "two", Hidden: true}}
	first.Planogram[0].Category, first.Planogram[0].SortID, first.Planogram[0].Name = "one", 5, "door"
	first.Planogram[1].Good, first.Planogram[1].OffSale = "tea", true
	first.Codes = []provision.Code{
		{Code: "5288640", Channel: "door"}, {Code: "5288641", Channel: "A3", Quantity: 3, ExpiredAt: "2030-01-01 00:00:00"},
	}
}

// Applying the same file again changes nothing, whatever has passed since.
func TestApplyIsIdempotent(t *testing.T) {
	f := newFixture(t)
	for name, change := range map[string]func(*provision.Merchant){"as created": func(*provision.Merchant) {}, "with everything": everything} {
		t.Run(name, func(t *testing.T) {
			first := f.apply(t, change)
			before := f.dump(t)
			f.Advance(time.Hour)
			again := f.apply(t, change)
			if after := f.dump(t); after != before {
				t.Errorf("after\n%s\nbefore\n%s", after, before)
			}
			if again.Created || again.AppSecret != "" || again.AppKey != "" || again.WebhookSecret != "" || again.Machines[0].Password != "" {
				t.Errorf("secrets are shown again: %+v", again)
			}
			if again.AppID != first.AppID || len(again.Machines) != 3 || again.Machines[0].ID != f.Machine.ID {
				t.Errorf("%+v", again)
			}
		})
	}
}

// A merchant's secrets can be replaced: at once, the webhook secret with a day in
// which both sign (signing.md §1, consume.md §9.4). The same ones again change
// nothing.
func TestSecretsAreReplaced(t *testing.T) {
	f := newFixture(t)
	merchant := func() db.Merchant {
		t.Helper()
		m, err := f.Store.MerchantByID(t.Context(), f.Merchant.ID)
		if err != nil {
			t.Fatal(err)
		}
		m.AppKeySealed = "" // sealed anew by each apply
		return m
	}
	before := merchant()
	old, err := f.Box.Open(secrets.PurposeWebhookSecret, before.WebhookSecretSealed)
	if err != nil {
		t.Fatal(err)
	}
	const secret, webhook = "00000000000000000000000000000001", "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	f.apply(t, func(m *provision.Merchant) { m.AppSecret, m.WebhookSecret = "", "" })
	f.apply(t, func(m *provision.Merchant) { m.AppSecret, m.WebhookSecret = "", old })
	if m := merchant(); m != before {
		t.Errorf("nothing was replaced, but %+v became %+v", before, m)
	}
	f.apply(t, func(m *provision.Merchant) { m.AppSecret, m.WebhookSecret = secret, webhook })
	after := merchant()
	until := f.Now().Add(24 * time.Hour).UnixMilli()
	f.Advance(time.Hour)
	f.apply(t, func(m *provision.Merchant) { m.AppSecret, m.WebhookSecret = secret, webhook })
	if m := merchant(); m != after {
		t.Errorf("the second time %+v became %+v", after, m)
	}
	for sealed, want := range map[string]string{after.WebhookSecretSealed: webhook, after.WebhookSecretPreviousSealed: old} {
		if got, err := f.Box.Open(secrets.PurposeWebhookSecret, sealed); err != nil || got != want {
			t.Errorf("webhook secret %q, want %q (%v)", got, want, err)
		}
	}
	if after.WebhookPreviousUntil != until || !secrets.HashMatches(secret, after.AppSecretHash) {
		t.Errorf("%+v, want the new AppSecret, and the old webhook secret until %d", after, until)
	}
}

// A file that brings another AppSecret or AppKey ends what was old before, too; one
// that brings the same leaves it.
func TestApplyEndsOverlaps(t *testing.T) {
	f := newFixture(t)
	keys := credentials.New(f.Store, f.Box, f.Now, rand.Reader)
	merchant := func() db.Merchant {
		m, err := f.Store.MerchantBySlug(t.Context(), "shop")
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	rotate := func(which credentials.Which) string {
		r, err := keys.Rotate(t.Context(), merchant(), which, credentials.DefaultOverlap)
		if err != nil {
			t.Fatal(err)
		}
		return r.Secret
	}
	secret, key := rotate(credentials.AppSecret), rotate(credentials.AppKey)
	f.apply(t, func(m *provision.Merchant) { m.AppSecret, m.AppKey = secret, key })
	if m := merchant(); m.AppSecretPreviousUntil == 0 || m.AppKeyPreviousUntil == 0 {
		t.Errorf("the same ones ended the overlap: %+v", m)
	}
	f.apply(t, func(m *provision.Merchant) { m.AppSecret, m.AppKey = strings.Repeat("1", 32), "another" })
	if m := merchant(); m.AppSecretPreviousUntil != 0 || m.AppKeyPreviousUntil != 0 {
		t.Errorf("an overlap goes on: %+v", m)
	}
}

// Secrets that a file leaves out are drawn, shown once and work
// (signing.md §1).
func TestApplyDrawsSecrets(t *testing.T) {
	f := newFixture(t)
	file := provision.File{Merchants: []provision.Merchant{{
		Slug: "new", Title: "New", Models: []provision.Model{{Name: "m", Boards: []provision.Board{{Addr: 1, FloorType: 1}}}},
		Machines: []provision.Machine{{MachineNo: "20000001", Name: "n", Model: "m"}, {MachineNo: "20000002", Name: "n", Model: "m", Password: "given"}},
	}}}
	result, err := f.applier.Apply(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	r := result.Merchants[0]
	for name, form := range map[string][2]string{
		"appid": {r.AppID, `^[a-z]{2}[0-9a-f]{16}$`}, "app_secret": {r.AppSecret, `^[0-9a-f]{32}$`}, "app_key": {r.AppKey, `^[0-9a-f]{32}$`},
		"webhook_secret": {r.WebhookSecret, `^whsec_[A-Za-z0-9+/]{43}=$`}, "password": {r.Machines[0].Password, `^[0-9a-f]{16}$`},
	} {
		if !regexp.MustCompile(form[1]).MatchString(form[0]) {
			t.Errorf("%s is %q", name, form[0])
		}
	}
	m, err := f.Store.MerchantByAppID(t.Context(), r.AppID)
	if err != nil || !r.Created || !secrets.HashMatches(r.AppSecret, m.AppSecretHash) || m.Status != vending.MerchantVerified {
		t.Errorf("merchant %+v, %v", m, err)
	}
	if key, err := f.Box.Open(secrets.PurposeAppKey, m.AppKeySealed); err != nil || key != r.AppKey {
		t.Errorf("AppKey %q, %v", key, err)
	}
	if secret, err := f.Box.Open(secrets.PurposeWebhookSecret, m.WebhookSecretSealed); err != nil || secret != r.WebhookSecret {
		t.Errorf("webhook secret %q, %v", secret, err)
	}
	for i, want := range []string{r.Machines[0].Password, "given"} {
		machine, err := f.Store.MachineByNo(t.Context(), r.Machines[i].MachineNo)
		if err != nil || !fleet.PasswordMatches(want, machine.Machine.PasswordHash) || r.Machines[i].Password != want {
			t.Errorf("machine %d: %v", i, err)
		}
	}
	if strings.Contains(f.dump(t), r.AppSecret) || strings.Contains(strings.Join(f.rows(t, "SELECT * FROM merchants"), ""), r.AppKey) {
		t.Error("a secret is stored in the clear")
	}
	// A changed AppKey and a changed password are taken, and only then shown.
	file.Merchants[0].AppKey, file.Merchants[0].Machines[1].Password = "changed", "changed"
	if result, err = f.applier.Apply(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if p := result.Merchants[0].Machines; p[0].Password != "" || p[1].Password != "changed" {
		t.Errorf("%+v", p)
	}
	m, err = f.Store.MerchantByAppID(t.Context(), r.AppID)
	if err != nil {
		t.Fatal(err)
	}
	if key, err := f.Box.Open(secrets.PurposeAppKey, m.AppKeySealed); err != nil || key != "changed" {
		t.Errorf("AppKey %q, %v", key, err)
	}
	// Left out again, the AppKey stays.
	file.Merchants[0].AppKey = ""
	if _, err = f.applier.Apply(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	if m, err = f.Store.MerchantByAppID(t.Context(), r.AppID); err != nil {
		t.Fatal(err)
	}
	if key, err := f.Box.Open(secrets.PurposeAppKey, m.AppKeySealed); err != nil || key != "changed" {
		t.Errorf("AppKey %q, %v", key, err)
	}
}

// A new machine inherits the merchant's zone; an old one keeps its own
// (openapi.md §2).
func TestMachineZone(t *testing.T) {
	f := newFixture(t)
	f.apply(t, func(m *provision.Merchant) {
		m.Timezone = "Europe/Berlin"
		m.Machines = append(m.Machines,
			provision.Machine{MachineNo: "20000001", Name: "n", Model: "spring"},
			provision.Machine{MachineNo: "20000002", Name: "n", Model: "spring", Timezone: "Asia/Tokyo"})
	})
	got := strings.Join(f.rows(t, "SELECT machine_no, timezone FROM machines WHERE machine_no IN ('16327129', '20000001', '20000002') ORDER BY machine_no"), ",")
	if got != "16327129 ,20000001 Europe/Berlin,20000002 Asia/Tokyo" {
		t.Errorf("zones %s", got)
	}
}

// Stock and product ids belong to the first apply; the rest follows the file.
func TestApplyUpdates(t *testing.T) {
	f := newFixture(t)
	f.AddCode(t, "5288640", 131, 0)
	if _, err := f.Consume(t.Context(), "5288640", 131, "20240429000000000001"); err != nil {
		t.Fatal(err)
	}
	f.Advance(time.Minute)
	f.apply(t, func(m *provision.Merchant) {
		m.Title, m.Goods[0].Price = "Renamed", "1.20"
		m.Models[0].Boards = []provision.Board{{Addr: 1, FloorType: 2, Capacity: 20}}
		m.Machines[0].Name, m.Machines[0].Status = "Hall", "MAINTENANCE"
		m.Machines[0].Planogram[0].Capacity, m.Machines[0].Planogram[0].Stock, m.Machines[0].Planogram[0].OffSale = 0, 20, true
	})
	for query, want := range map[string]string{
		"SELECT title FROM merchants":                                               "Renamed",
		"SELECT price, updated_at FROM goods":                                       "120 1714353715000",
		"SELECT addr, floor_type FROM model_boards":                                 "1 2",
		"SELECT name, status FROM machines WHERE id = 1":                            "Hall MAINTENANCE",
		"SELECT inventory, current_inventory, on_sale FROM products WHERE id = 131": "20 9 0",
	} {
		if got := strings.Join(f.rows(t, query), ","); got != want && strings.ReplaceAll(got, "false", "0") != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
}

// Two channels may change names with each other.
func TestSwapChannelNames(t *testing.T) {
	f := newFixture(t)
	f.apply(t, func(m *provision.Merchant) {
		m.Machines[0].Planogram[0].Name, m.Machines[0].Planogram[1].Name = "A2", "A1"
	})
	got := strings.Join(f.rows(t, "SELECT motor, name FROM channels WHERE machine_id = 1 AND motor < 3 ORDER BY motor"), ",")
	if got != "0 A2,1 A1,2 A3" {
		t.Errorf("channels %s", got)
	}
}

// Channels the file no longer lists are retired and their codes cancelled;
// their products stay, because orders name them (openapi.md §6.1).
func TestRetireChannels(t *testing.T) {
	f := newFixture(t)
	f.AddCode(t, "1000001", 131, 0)
	f.AddCode(t, "1000002", 131, 0)
	f.AddCode(t, "1000003", 132, 0)
	if _, err := f.Consume(t.Context(), "1000002", 131, "20240429000000000001"); err != nil {
		t.Fatal(err)
	}
	f.apply(t, func(m *provision.Merchant) { m.Machines[0].Planogram = m.Machines[0].Planogram[1:] })
	for query, want := range map[string]string{
		"SELECT code, state FROM pickup_codes ORDER BY id":                                    "1000001 CANCELLED,1000002 USED,1000003 UNUSED",
		"SELECT channel_id, on_sale, current_inventory FROM products WHERE id = 131":          "0 0 9",
		"SELECT COUNT(*) FROM channels WHERE machine_id = 1 AND motor = 0":                    "0",
		"SELECT COUNT(*) FROM products WHERE machine_id = 1":                                  "12",
		"SELECT fields FROM commands WHERE method = 'client.pickup_codes.delete' ORDER BY id": `{"id":"2"},{"id":"1"}`,
	} {
		if got := strings.ReplaceAll(strings.Join(f.rows(t, query), ","), "false", "0"); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	_, err := f.Consume(t.Context(), "1000001", 131, "20240429000000000002")
	if vending.CodeOf(err) != vending.CodePickupCodeCancelled {
		t.Errorf("the code of the retired channel: %v", err)
	}
	// Machines the file does not name are left alone.
	before := f.rows(t, "SELECT * FROM machines")
	f.apply(t, func(m *provision.Merchant) { m.Machines = nil })
	if after := f.rows(t, "SELECT * FROM machines"); strings.Join(after, ",") != strings.Join(before, ",") {
		t.Errorf("machines %s", after)
	}
}

// A code's value that has ever been on the machine is never made again.
func TestCodesAreNeverRevived(t *testing.T) {
	f := newFixture(t)
	codes := func(m *provision.Merchant) {
		m.Machines[0].Codes = []provision.Code{
			{Code: "1000001", Channel: "A1"}, {Code: "1000002", Channel: "A1"}, {Code: "1000003", Channel: "A1", ExpiredAt: "2024-04-29 09:21:00"}, {Code: "1000004", Channel: "A2", Quantity: 2},
		}
	}
	f.apply(t, codes)
	if got := strings.Join(f.rows(t, "SELECT id, product_id, code, quantity, state, expired_at FROM pickup_codes ORDER BY id"), ","); got !=
		"1 131 1000001 1 UNUSED 0,2 131 1000002 1 UNUSED 0,3 131 1000003 1 UNUSED 1714353660000,4 132 1000004 2 UNUSED 0" {
		t.Fatalf("codes %s", got)
	}
	if got := len(f.rows(t, "SELECT * FROM commands WHERE method = 'client.pickup_codes.create'")); got != 4 {
		t.Errorf("%d codes were sent to the machine, want 4", got)
	}
	if _, err := f.Consume(t.Context(), "1000001", 131, "20240429000000000001"); err != nil {
		t.Fatal(err)
	}
	if err := f.Pickup.Cancel(t.Context(), f.Merchant, storetest.MachineNo, 2); err != nil {
		t.Fatal(err)
	}
	f.Advance(24 * time.Hour * 200)
	if err := f.Pickup.ExpireSweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := f.dump(t)
	f.apply(t, codes)
	if after := f.dump(t); after != before {
		t.Errorf("after\n%s\nbefore\n%s", after, before)
	}
}

// A product that gets its id from the store does not meet one whose id the file
// named.
func TestProductIDsOfFileAreSkipped(t *testing.T) {
	f := newFixture(t) // its file names 131 to 142
	f.apply(t, func(m *provision.Merchant) {
		m.Machines[1].Planogram = []provision.Channel{{Motor: 0, Good: "cola", Capacity: 1}, {Motor: 1, Good: "cola", Capacity: 1}}
	})
	if ids := f.rows(t, "SELECT id FROM products WHERE id > 142 ORDER BY id"); !slices.Equal(ids, []string{"143", "144"}) {
		t.Errorf("ids %v, want 143 and 144", ids)
	}
}
