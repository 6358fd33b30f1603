package callback

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/testkit"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The secret and message of consume.md §9.4.
const (
	vectorSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	vectorBody   = `{"deliver_status":"0","delivery_id":"5121763043809673","error_msg":"Slave Comm Error","floor_status":"3","machine_no":"16327129","method":"device.delivery.response","order_id":60,"record_id":78,"sign":"424AE1E683C52BDD26B2BC4E25D1F3B5","timestamp":"1714373692","trade_id":"800a7e9500d345c8987d3aafa412c77d"}`
)

// fakeClock stands still until it is moved.
type fakeClock struct {
	mu  sync.Mutex
	now time.Time
}

func newFakeClock() *fakeClock { return &fakeClock{now: time.Unix(1714373697, 0)} }

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// fixture is a store with one merchant and its machine.
type fixture struct {
	t        testing.TB
	database *testkit.Database
	store    *store.Store
	box      *secrets.Box
	now      func() time.Time
	merchant int64
	machine  int64
	orders   int
	messages int
}

func newFixture(t testing.TB, now func() time.Time) *fixture {
	t.Helper()
	box, err := secrets.NewBox(make([]byte, secrets.KeySize), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{t: t, database: testkit.NewDatabase(t), box: box, now: now}
	f.store = store.New(f.database.Open(t))
	t.Cleanup(func() {
		if err := f.store.Close(); err != nil {
			t.Error(err)
		}
	})
	f.write(func(ctx context.Context, tx *store.Tx) error {
		merchant, err := tx.InsertMerchant(ctx, db.InsertMerchantParams{
			Slug: "m", AppID: "a", Status: "VERIFIED", WebhookSecretSealed: f.seal(vectorSecret),
		})
		if err != nil {
			return err
		}
		f.merchant = merchant.ID
		model, err := tx.InsertModel(ctx, merchant.ID, "model")
		if err != nil {
			return err
		}
		f.machine, err = tx.InsertMachine(ctx, db.InsertMachineParams{
			MerchantID: merchant.ID, ModelID: model.ID, MachineNo: "16327129", Status: "OPERATIONAL",
		})
		return err
	})
	return f
}

func (f *fixture) seal(secret string) string {
	f.t.Helper()
	sealed, err := f.box.Seal(secrets.PurposeWebhookSecret, secret)
	if err != nil {
		f.t.Fatal(err)
	}
	return sealed
}

func (f *fixture) write(fn func(ctx context.Context, tx *store.Tx) error) {
	f.t.Helper()
	ctx := context.Background()
	if err := f.store.InTx(ctx, func(tx *store.Tx) error { return fn(ctx, tx) }); err != nil {
		f.t.Fatal(err)
	}
}

// exec changes what no query changes yet, beside the store.
func (f *fixture) exec(query string, args ...any) {
	f.t.Helper()
	if _, err := f.database.SQL(f.t).ExecContext(context.Background(), query, args...); err != nil {
		f.t.Fatal(err)
	}
}

// relay makes a relay that may reach this machine and has no jitter.
func (f *fixture) relay(cfg Config) *Relay {
	f.t.Helper()
	cfg.AllowPrivate = true
	if cfg.Random == nil {
		cfg.Random = func() float64 { return 0.5 }
	}
	r := New(f.store, f.box, f.now, cfg, slog.New(slog.DiscardHandler))
	f.t.Cleanup(r.transport.CloseIdleConnections)
	return r
}

// order makes an order with one record.
func (f *fixture) order() (orderID, recordID int64) {
	f.t.Helper()
	f.orders++
	f.write(func(ctx context.Context, tx *store.Tx) (err error) {
		trade := fmt.Sprintf("trade-%d", f.orders)
		orderID, err = tx.InsertOrder(ctx, db.InsertOrderParams{
			MerchantID: f.merchant, MachineID: f.machine, TradeID: trade, TradeKey: trade,
		})
		if err != nil {
			return err
		}
		recordID, err = tx.InsertRecord(ctx, db.InsertRecordParams{OrderID: orderID, Quantity: 1})
		return err
	})
	return orderID, recordID
}

// queue writes the newest message of a record.
func (f *fixture) queue(url string, orderID, recordID int64) (id int64) {
	f.t.Helper()
	f.write(func(ctx context.Context, tx *store.Tx) (err error) {
		id, err = f.queueIn(ctx, tx, url, orderID, recordID)
		return err
	})
	return id
}

// queueMany writes n messages without an order in one transaction.
func (f *fixture) queueMany(url string, n int) {
	f.t.Helper()
	f.write(func(ctx context.Context, tx *store.Tx) error {
		for range n {
			if _, err := f.queueIn(ctx, tx, url, 0, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

func (f *fixture) queueIn(ctx context.Context, tx *store.Tx, url string, orderID, recordID int64) (int64, error) {
	f.messages++
	id, err := tx.QueueCallback(ctx, db.InsertCallbackParams{
		WebhookID: fmt.Sprintf("msg_%016d", f.messages), MerchantID: f.merchant, OrderID: orderID,
		RecordID: recordID, Url: url, Body: vectorBody, Now: f.now().UnixMilli(),
	})
	if err != nil {
		return 0, err
	}
	return id, tx.RecordCallback(ctx, recordID, id)
}

func (f *fixture) row(id int64) db.Callback {
	f.t.Helper()
	row, err := f.store.CallbackByID(context.Background(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	return row
}

func (f *fixture) attempts(id int64) []db.CallbackAttempt {
	f.t.Helper()
	attempts, err := f.store.AttemptsOfCallback(context.Background(), id)
	if err != nil {
		f.t.Fatal(err)
	}
	return attempts
}

// notified returns what the merchant sees of its messages.
func (f *fixture) notified(orderID, recordID int64) (sendCount int64, sent bool) {
	f.t.Helper()
	order, err := f.store.OrderByID(context.Background(), orderID)
	if err != nil {
		f.t.Fatal(err)
	}
	record, err := f.store.RecordByID(context.Background(), recordID)
	if err != nil {
		f.t.Fatal(err)
	}
	return order.NotifySendCount, record.NotifySent
}

// runOnce sends everything that is due and returns when all of it is recorded.
func runOnce(t testing.TB, r *Relay) {
	t.Helper()
	d := newDispatcher(r)
	d.lookAround(t.Context())
	d.advance(t.Context())
	for d.inFlight > 0 {
		d.settle(<-d.results)
		d.advance(t.Context())
	}
}

// received is a request as the sink saw it.
type received struct {
	at     time.Time
	method string
	header http.Header
	body   []byte
}

// sink is a receiver: it keeps what came and answers what it is told to.
type sink struct {
	mu     sync.Mutex
	now    func() time.Time
	got    []received
	status int
}

func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, received{at: s.now(), method: r.Method, header: r.Header, body: body})
	w.WriteHeader(s.status)
}

func (s *sink) answer(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *sink) all() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}
