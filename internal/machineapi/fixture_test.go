package machineapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/internal/notify"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// The machines of the fixture. Both belong to one merchant, so they share a key.
const (
	machineNo   = "16327129"
	machineID   = 10009
	otherNo     = "16327130"
	otherID     = 10010
	appKey      = "kva"
	appID       = "app-1"
	password    = "machine-password"
	productID   = 131
	startMillis = 1714373688000 // the time of mqtt.md §6.1
)

// fixture is the platform around the machine protocol, on a store of its own.
type fixture struct {
	t        testing.TB
	ctx      context.Context
	database *testkit.Database
	engine   store.Engine
	deps     Deps
	clock    *testClock
	logs     *logBuffer
	registry *prometheus.Registry
	merchant db.Merchant
	handler  *Handler
}

// testClock is a clock that starts at startMillis and either stands until it is
// moved or, in a bubble of synctest, goes with the bubble's.
type testClock struct {
	mu      sync.Mutex
	now     time.Time
	running bool
	started time.Time
}

func newTestClock() *testClock { return &testClock{now: time.UnixMilli(startMillis)} }

func (c *testClock) run() { c.running, c.started = true, time.Now() }

func (c *testClock) read() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running {
		return c.now.Add(time.Since(c.started))
	}
	return c.now
}

func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return bytes.Count(l.buf.Bytes(), []byte(text))
}

// newFixture makes a merchant with two machines; both are online.
func newFixture(t testing.TB, cfg Config) *fixture {
	t.Helper()
	f := &fixture{
		t: t, ctx: context.Background(), database: testkit.NewDatabase(t),
		clock: newTestClock(), logs: &logBuffer{},
	}
	f.open()
	t.Cleanup(func() { f.check(f.deps.Store.Close()) })
	f.provision()
	f.handler = New(f.deps, cfg)
	return f
}

// open makes everything that does not outlive a restart of the platform.
func (f *fixture) open() {
	f.t.Helper()
	engine := f.database.Open(f.t)
	box, err := secrets.NewBox(bytes.Repeat([]byte{7}, secrets.KeySize), rand.Reader)
	f.check(err)
	st, clock := store.New(engine), vending.Clock(f.clock.read)
	log := slog.New(slog.NewTextHandler(f.logs, nil))
	notifier := notify.New(box, rand.Reader)
	orders := ordering.New(st, notifier, clock, ordering.Config{UnpaidTTL: 1_200_000, Zone: time.UTC}, log)
	f.engine = engine
	f.registry = prometheus.NewRegistry()
	f.deps = Deps{
		Store: st, Box: box, Clock: clock, Log: log, Metrics: f.registry,
		Fleet:   fleet.New(st, box, clock, fleet.Config{Zone: time.UTC, OfflineAfter: 600_000, PasswordCost: 4}, log),
		Catalog: catalog.New(st, clock, catalog.Config{}, log), MachineLog: machinelog.New(st, clock, log),
		Pickup: pickup.New(st, clock, rand.Reader, pickup.Config{Zone: time.UTC}, log),
		Dispense: dispense.New(st, orders, notifier, clock, rand.Reader, dispense.Config{
			Locks:   vending.LockTimes{Lock: 15, Motor: 30, Belt: 90, Default: 45},
			Timeout: 120_000, Zone: time.UTC,
		}, log),
	}
}

func (f *fixture) check(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) inTx(fn func(tx *store.Tx) error) {
	f.t.Helper()
	f.check(f.deps.Store.InTx(f.ctx, fn))
}

func (f *fixture) provision() {
	f.t.Helper()
	sealed, err := f.deps.Box.Seal(secrets.PurposeAppKey, appKey)
	f.check(err)
	hash, err := f.deps.Fleet.HashPassword(password)
	f.check(err)
	f.check(f.deps.Store.SetNextID(f.ctx, "machines", machineID))
	f.check(f.deps.Store.SetNextID(f.ctx, "orders", 60))
	f.check(f.deps.Store.SetNextID(f.ctx, "records", 78))
	f.inTx(func(tx *store.Tx) error {
		f.merchant, err = tx.InsertMerchant(f.ctx, db.InsertMerchantParams{
			Slug: "m", Status: vending.MerchantVerified, AppID: appID, AppKeySealed: sealed,
		})
		if err != nil {
			return err
		}
		model, err := tx.InsertModel(f.ctx, f.merchant.ID, "model")
		if err != nil {
			return err
		}
		err = tx.SetModelBoard(f.ctx, db.SetModelBoardParams{
			ModelID: model.ID, Addr: 1, FloorType: int64(vending.FloorMotor), DropDetection: true,
		})
		if err != nil {
			return err
		}
		for _, no := range []string{machineNo, otherNo} {
			id, err := tx.InsertMachine(f.ctx, db.InsertMachineParams{
				MerchantID: f.merchant.ID, ModelID: model.ID, MachineNo: no,
				Status: vending.MachineOperational, PasswordHash: hash,
			})
			if err != nil {
				return err
			}
			if err := tx.InsertPresence(f.ctx, id); err != nil {
				return err
			}
		}
		return f.provisionProduct(tx)
	})
	for _, id := range []int64{machineID, otherID} {
		f.check(f.deps.Fleet.TakeHeartbeat(f.ctx, fleet.Heartbeat{MachineID: id, NetworkType: "4G"}))
	}
}

func (f *fixture) provisionProduct(tx *store.Tx) error {
	good, err := tx.InsertGood(f.ctx, db.InsertGoodParams{MerchantID: f.merchant.ID, Slug: "water", Name: "Water", Price: 100})
	if err != nil {
		return err
	}
	channel, err := tx.SetChannel(f.ctx, db.SetChannelParams{MachineID: machineID, Addr: 1, Name: "A0"})
	if err != nil {
		return err
	}
	_, err = tx.InsertProductWithID(f.ctx, db.InsertProductWithIDParams{
		ID: productID, MachineID: machineID, ChannelID: channel, GoodID: good, OnSale: true,
		Inventory: 10, CurrentInventory: 10,
	})
	return err
}

// order makes an order with one record of the product.
func (f *fixture) order() (orderID, recordID int64) {
	f.t.Helper()
	trade := fmt.Sprintf("trade-%020d", f.rows("orders"))
	f.inTx(func(tx *store.Tx) (err error) {
		orderID, err = tx.InsertOrder(f.ctx, db.InsertOrderParams{
			MerchantID: f.merchant.ID, MachineID: machineID, TradeID: trade, TradeKey: trade,
			Status: vending.OrderPickupCode, NotifyUrl: "https://merchant.example/notify",
		})
		if err != nil {
			return err
		}
		recordID, err = tx.InsertRecord(f.ctx, db.InsertRecordParams{OrderID: orderID, ProductID: productID, Quantity: 1, Price: 100})
		return err
	})
	return orderID, recordID
}

// dispenseOne commands the machine to drop one piece of a new order.
func (f *fixture) dispenseOne() db.Delivery {
	f.t.Helper()
	orderID, recordID := f.order()
	d, _, err := f.deps.Dispense.Start(f.ctx, f.merchant, dispense.Request{
		MachineNo: machineNo, OrderID: orderID, RecordID: recordID,
	})
	f.check(err)
	return d
}

// queue puts a message for a machine into the outbox, kept for a day.
func (f *fixture) queue(machine int64, method string, fields map[string]string) {
	f.t.Helper()
	now := f.deps.Clock.Millis()
	f.inTx(func(tx *store.Tx) error {
		return tx.QueueCommand(f.ctx, store.Command{
			MachineID: machine, Method: method, Fields: fields, Now: now, ExpiresAt: now + 24*3600*1000,
		})
	})
}

func (f *fixture) delivery(id int64) db.Delivery {
	f.t.Helper()
	d, err := f.deps.Store.DeliveryByID(f.ctx, id)
	f.check(err)
	return d
}

func (f *fixture) commandOf(deliveryID int64) db.Command {
	f.t.Helper()
	rows, err := f.deps.Store.CommandsOfDelivery(f.ctx, deliveryID)
	f.check(err)
	if len(rows) != 1 {
		f.t.Fatalf("delivery has %d commands, want 1", len(rows))
	}
	return rows[0]
}

func (f *fixture) presence(id int64) db.Presence {
	f.t.Helper()
	p, err := f.deps.Store.PresenceOfMachine(f.ctx, id)
	f.check(err)
	return p
}

func (f *fixture) rows(table string) (n int) {
	f.t.Helper()
	f.check(f.engine.Reader().QueryRowContext(f.ctx, "SELECT COUNT(*) FROM "+table).Scan(&n))
	return n
}

// runLog writes the machine log until stop is called.
func (f *fixture) runLog() (stop func()) {
	ctx, cancel := context.WithCancel(f.ctx)
	ended := make(chan error, 1)
	go func() { ended <- f.deps.MachineLog.Run(ctx) }()
	return func() {
		cancel()
		<-ended
	}
}

// flushLog writes what waits for the machine log.
func (f *fixture) flushLog() {
	f.t.Helper()
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	f.check(f.deps.MachineLog.Run(ctx))
}

// state returns everything a message could change, for "nothing changed".
func (f *fixture) state() string {
	f.t.Helper()
	var parts []any
	for _, table := range []string{
		"commands", "callbacks", "orders", "records", "deliveries", "pickup_codes", "goods", "replenishments",
		"machine_config", "traffic_totals", "traffic_days",
	} {
		parts = append(parts, f.rows(table))
	}
	product, err := f.deps.Store.ProductByID(f.ctx, productID)
	f.check(err)
	deliveries, err := f.deps.Store.DeliveriesOfRecord(f.ctx, 78)
	f.check(err)
	parts = append(parts, product, deliveries, f.presence(machineID), f.presence(otherID))
	return fmt.Sprintf("%+v", parts)
}

// counter returns the value of a counter, 0 if it was never counted.
func (f *fixture) counter(name string, labels map[string]string) float64 {
	f.t.Helper()
	families, err := f.registry.Gather()
	f.check(err)
	for _, family := range families {
		if family.GetName() != name {
			continue
		}
		for _, metric := range family.GetMetric() {
			have := map[string]string{}
			for _, pair := range metric.GetLabel() {
				have[pair.GetName()] = pair.GetValue()
			}
			if maps.Equal(have, labels) {
				return metric.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func (f *fixture) dropped(reason, method string) float64 {
	f.t.Helper()
	return f.counter("mqtt_dropped_total", map[string]string{"reason": reason, "method": method})
}

// up makes the fields of a message from the fixture's machine.
func (f *fixture) up(method string, own map[string]any) map[string]any {
	members := map[string]any{
		"client_id": machineNo, "machine_id": strconv.Itoa(machineID), "method": method, "status": "0",
		"timestamp": strconv.FormatInt(f.clock.read().Unix(), 10),
	}
	maps.Copy(members, own)
	return members
}

// body signs members, which may be any JSON, and packs them. A nil value leaves
// the member out.
func body(t testing.TB, members map[string]any, key string) []byte {
	t.Helper()
	members = maps.Clone(members)
	maps.DeleteFunc(members, func(_ string, v any) bool { return v == nil })
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signature.ParseObject(text)
	if err != nil {
		t.Fatal(err)
	}
	members["sign"] = object.Sign(signature.Raw, key)
	if text, err = json.Marshal(members); err != nil {
		t.Fatal(err)
	}
	return []byte(base64.StdEncoding.EncodeToString(text))
}

// send hands a message of the fixture's machine to the handler, on its own topic.
func (f *fixture) send(members map[string]any) {
	f.t.Helper()
	f.check(f.handler.OnMessage(f.ctx, f.message(body(f.t, members, appKey))))
}

func (f *fixture) message(payload []byte) devicegw.Message {
	return devicegw.Message{
		MachineNo: machineNo, Epoch: 1, Topic: sharedTopic + "/" + machineNo, Payload: payload, QoS: 1,
	}
}

// report makes the fields of a dispense report.
func (f *fixture) report(d db.Delivery, status string, own map[string]any) map[string]any {
	members := f.up(methodReport, map[string]any{
		"delivery_id": dispense.FormatID(d.ID), "order_id": strconv.FormatInt(d.OrderID, 10),
		"record_id": strconv.FormatInt(d.RecordID, 10), "deliver_status": status,
	})
	maps.Copy(members, own)
	return members
}
