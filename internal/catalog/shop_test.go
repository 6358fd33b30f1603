package catalog_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Products of the machine of a shop: capacity 10, stock 4 of product. The
// second machine sells the same good as product foreign; the third, of another
// merchant, sells another.
const (
	product = 131
	bare    = 150 // has a channel and no good
	foreign = 160
)

// shop is the fixture with neighbours, and the use case with a public address.
type shop struct {
	*storetest.Fixture
	t       *testing.T
	catalog *catalog.Service
	log     bytes.Buffer
	// neighbour is the merchant's second machine.
	neighbour int64
	// opened is when the case began, in UTC milliseconds.
	opened int64
}

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{t: t, Fixture: storetest.NewFixture(t, testkit.NewDatabase(t).Open)}
	s.catalog = catalog.New(s.Store, s.Now, catalog.Config{PublicURL: "https://vm.example"},
		slog.New(slog.NewTextHandler(&s.log, nil)))
	file := storetest.File()
	own := &file.Merchants[0]
	own.Machines[0].Planogram = append(own.Machines[0].Planogram,
		provision.Channel{ProductID: bare, Motor: 20, Capacity: 10})
	own.Machines[1].Planogram = []provision.Channel{{ProductID: foreign, Good: "cola", Capacity: 10, Stock: 4}}
	other := storetest.File().Merchants[0]
	other.Slug, other.AppID = "other", "vmfedcba9876543210"
	other.Goods = []provision.Good{{Slug: "tea", Name: "tea", Price: "2"}}
	other.Machines = []provision.Machine{{MachineNo: "20000001", Name: "n", Model: "spring", Planogram: []provision.Channel{{Good: "tea", Capacity: 5}}}}
	file.Merchants = append(file.Merchants, other)
	_, err := provision.New(s.ProvisionDeps()).Apply(t.Context(), file)
	s.must(err)
	m, err := s.Store.MachineByNo(t.Context(), "16327130")
	s.must(err)
	s.neighbour = m.Machine.ID
	s.Write(t, func(tx *store.Tx) error {
		_, err := tx.SetStock(t.Context(), 4, product, 10)
		return err
	})
	s.open()
	return s
}

// open lets wantQueued, restocks and good look at nothing that was before: a
// shop serves many cases.
func (s *shop) open() {
	s.Advance(time.Hour)
	s.opened = s.Now().UnixMilli()
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// wantQueued compares what the case has queued for a machine: method and
// fields.
func (s *shop) wantQueued(machineID int64, want ...string) {
	s.t.Helper()
	rows, err := s.Store.CommandsOfMachine(s.t.Context(), machineID)
	s.must(err)
	got := []string{}
	for _, row := range rows {
		if row.CreatedAt < s.opened {
			continue
		}
		if ttl := row.ExpiresAt - row.CreatedAt; ttl != 24*60*60*1000 {
			s.t.Errorf("%s waits %d ms for its machine, want 24 hours", row.Method, ttl)
		}
		got = append(got, row.Method+" "+row.Fields)
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("queued\n%q\nwant\n%q", got, want)
	}
}

// shelf is a product as a machine may change it: stock, on sale, lock.
func (s *shop) shelf(productID int64) string {
	s.t.Helper()
	p, err := s.Store.ProductByID(s.t.Context(), productID)
	s.must(err)
	return fmt.Sprintf("%d %v %d", p.CurrentInventory, p.OnSale, p.LockID)
}

// restocks are the case's lines in the machine's restock log, oldest first.
func (s *shop) restocks() []string {
	s.t.Helper()
	rows, err := s.Store.ReplenishmentsOfMachine(s.t.Context(), s.Machine.ID, 100)
	s.must(err)
	slices.Reverse(rows)
	out := []string{}
	for _, r := range rows {
		if r.CreatedAt < s.opened {
			continue
		}
		line := fmt.Sprintf("%d: %d→%d %s %s", r.ProductID, r.PreviousLevel, r.Level, r.Type, r.Source)
		if r.IsAll {
			line += " ALL"
		}
		out = append(out, line)
	}
	return out
}
