package pickuppage

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	home    = Prefix + storetest.MachineNo
	phone   = "020-1234-5678"
	product = 131
	code    = "5288640"
	notify  = "https://merchant.example/notify"
)

// fixture is the page on a store with the shop of storetest, whose machine has a
// telephone number, and a rival's machine.
type fixture struct {
	*storetest.Fixture
	t      *testing.T
	server *Server
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{Fixture: storetest.NewFixture(t, testkit.NewDatabase(t).Open), t: t}
	shop := storetest.File()
	shop.Merchants[0].NotifyURL = notify
	shop.Merchants[0].Machines[0].Tel = phone
	for i := range shop.Merchants[0].Machines {
		shop.Merchants[0].Machines[i].PickupCodeEnabled = true
	}
	shop.Merchants = append(shop.Merchants, provision.Merchant{
		Slug: "rival", Title: "Rival",
		Models:   []provision.Model{{Name: "spring", Boards: []provision.Board{{Addr: 1, FloorType: 1}}}},
		Machines: []provision.Machine{{MachineNo: "26327129", Name: "Rival lobby", Model: "spring", PickupCodeEnabled: true}},
	})
	_, err := provision.New(f.ProvisionDeps()).Apply(t.Context(), shop)
	f.must(err)
	f.server, err = New(f.Store, UseCases{Pickup: f.Pickup, Dispense: f.Dispense}, f.Now, rand.Reader,
		Config{PublicURL: "https://vm.example", Zone: time.FixedZone("GMT+8", 8*3600)}, slog.New(slog.DiscardHandler))
	f.must(err)
	return f
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// customer is a phone.
type customer struct {
	f       *fixture
	address string
	lang    string
	header  http.Header
	// again sends the last request once more. A phone may send several at once.
	again func() screen
	mu    sync.Mutex
}

func (f *fixture) customer(lang string) *customer {
	return &customer{f: f, address: "192.0.2.1:1234", lang: lang, header: http.Header{}}
}

// screen is what the phone shows.
type screen struct {
	status            int
	kind, title, text string
	ref, location     string
}

var (
	kindIn  = regexp.MustCompile(`data-kind="(\w+)"`)
	titleIn = regexp.MustCompile(`<h1>(.*?)</h1>`)
	refIn   = regexp.MustCompile(`name="ref" value="(\w+)"`)
)

func (c *customer) send(verb, path string, form url.Values) screen {
	c.f.t.Helper()
	c.mu.Lock()
	c.again = func() screen { return c.send(verb, path, form) }
	c.mu.Unlock()
	r := httptest.NewRequestWithContext(c.f.t.Context(), verb, path, strings.NewReader(form.Encode()))
	r.RemoteAddr = c.address
	r.Header.Set("Accept-Language", c.lang)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range c.header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	c.f.server.ServeHTTP(w, r)
	s := screen{status: w.Code, text: w.Body.String(), location: w.Header().Get("Location")}
	first := func(re *regexp.Regexp) string {
		if m := re.FindStringSubmatch(s.text); m != nil {
			return m[1]
		}
		return ""
	}
	s.kind, s.title, s.ref = first(kindIn), first(titleIn), first(refIn)
	return s
}

func (c *customer) get(path string) screen { c.f.t.Helper(); return c.send(http.MethodGet, path, nil) }

func (c *customer) look(code string) screen {
	c.f.t.Helper()
	return c.send(http.MethodPost, home, url.Values{"code": {code}})
}

func (c *customer) redeem(code, ref string) screen {
	c.f.t.Helper()
	return c.send(http.MethodPost, home+"/redeem", url.Values{"code": {code}, "ref": {ref}})
}

// take goes all the way to the page of the result.
func (c *customer) take(code string) screen {
	c.f.t.Helper()
	confirmed := c.look(code)
	if confirmed.kind != "confirm" {
		c.f.t.Fatalf("looking at %s: %s %q", code, confirmed.kind, confirmed.title)
	}
	done := c.redeem(code, confirmed.ref)
	if done.status != http.StatusSeeOther {
		c.f.t.Fatalf("redeeming %s: HTTP %d, %s %q", code, done.status, done.kind, done.title)
	}
	return done
}

// takePath is where the result is, in whatever language.
func (c *customer) takePath(code string) string {
	c.f.t.Helper()
	path, _, _ := strings.Cut(c.take(code).location, "?")
	return path
}

// addCode issues a code of some pieces.
func (f *fixture) addCode(value string, quantity, expiredAt int64) {
	f.t.Helper()
	f.Write(f.t, func(tx *store.Tx) error {
		_, err := tx.InsertCode(context.Background(), db.InsertCodeParams{
			MachineID: f.Machine.ID, ProductID: product, Code: value, Quantity: quantity, CreatedAt: f.Now().UnixMilli(), ExpiredAt: expiredAt,
		})
		return err
	})
}

// order is the only one there is, with its record.
func (f *fixture) order(path string) (db.Order, db.Record) {
	f.t.Helper()
	ref, _, _ := strings.Cut(path[strings.LastIndexByte(path, '/')+1:], "?")
	o, err := f.Store.OrderByTradeKey(f.t.Context(), f.Merchant.ID, ref)
	f.must(err)
	records, err := f.Store.RecordsOfOrder(f.t.Context(), o.ID)
	f.must(err)
	return o, records[0]
}

// report is what the machine says of the delivery at a path.
func (f *fixture) report(path string, success bool, delivered int64, floor string) {
	f.t.Helper()
	o, record := f.order(path)
	f.must(f.Dispense.TakeReport(f.t.Context(), dispense.Report{
		MachineID: f.Machine.ID, DeliveryID: record.DeliveryID, OrderID: o.ID, RecordID: record.ID,
		Success: success, Delivered: delivered, FloorStatus: floor,
	}))
}

// sent acknowledges the command for the machine.
func (f *fixture) sent(path string) {
	f.t.Helper()
	_, record := f.order(path)
	f.Write(f.t, func(tx *store.Tx) error {
		_, err := tx.DeliverySent(context.Background(), record.DeliveryID)
		return err
	})
}

// occupy makes the machine busy with a test of a channel.
func (f *fixture) occupy() {
	f.t.Helper()
	m, err := f.Store.MachineByNo(f.t.Context(), storetest.MachineNo)
	f.must(err)
	f.must(f.Dispense.DebugChannel(f.t.Context(), m, "A5"))
}

// reserved redeems a code on a machine that is busy by then, and returns the path
// of the result.
func (f *fixture) reserved(c *customer) string {
	f.t.Helper()
	f.addCode(code, 1, 0)
	ref := c.look(code).ref
	tradeID, err := vending.ParseTradeID(ref)
	f.must(err)
	_, err = f.Pickup.Consume(f.t.Context(), f.Merchant, pickup.Consumption{
		MachineNo: storetest.MachineNo, Code: code, AnyProduct: true, TradeID: tradeID,
	})
	f.must(err)
	f.occupy()
	return home + "/" + ref
}

// reported redeems a code of two pieces and has the machine report.
func (f *fixture) reported(c *customer, success bool, delivered int64, floor string) screen {
	f.t.Helper()
	f.addCode(code, 2, 0)
	path := c.takePath(code)
	f.report(path, success, delivered, floor)
	return c.get(path)
}

// codeElsewhere issues the code at another machine.
func (f *fixture) codeElsewhere(machineNo string) {
	f.t.Helper()
	m, err := f.Store.MachineByNo(f.t.Context(), machineNo)
	f.must(err)
	f.Write(f.t, func(tx *store.Tx) error {
		_, err := tx.InsertCode(context.Background(), db.InsertCodeParams{
			MachineID: m.Machine.ID, ProductID: product, Code: code, Quantity: 1, CreatedAt: f.Now().UnixMilli(),
		})
		return err
	})
}
