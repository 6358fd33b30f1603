// Package storetest is the suite every store engine must pass. An engine's own
// test adopts it in one line; each subtest gets a fresh store.
package storetest

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/notify"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
	"golang.org/x/crypto/bcrypt"
)

// Opener opens a fresh, empty, migrated engine that the test closes.
type Opener func(t testing.TB) store.Engine

// Run runs the whole suite on engines from open.
func Run(t *testing.T, open Opener) {
	for name, test := range map[string]func(*testing.T, *Fixture){
		"Transaction/RollsBack":             testRollback,
		"Transaction/PanicIsAnError":        testPanic,
		"Transaction/BatchSurvivesOneRow":   testBatch,
		"Transaction/MassesLetOthersGo":     testInTurn,
		"Transaction/EndedContext":          testEndedContext,
		"Transaction/Concurrent":            testConcurrentWrites,
		"Transaction/WakesRelaysOnCommit":   testSignals,
		"Transaction/AfterClose":            testClosed,
		"IDs/NextID":                        testNextID,
		"Keys/CaseMatters":                  testCase,
		"Keys/TimesKeepMilliseconds":        testMillis,
		"Products/OrderAndPaging":           testPaging,
		"Consume/OneCodeManyCallers":        testOneCode,
		"Consume/OneTradeIDTwoCodes":        testOneTradeID,
		"Consume/StockNeverNegative":        testStock,
		"Consume/WrongCodesAreCountedOnce":  testWrongCodes,
		"Consume/CancelRace":                testCancelRace,
		"Codes/OneLiveValuePerMachine":      testLiveValue,
		"Codes/ExpireInBatches":             testExpire,
		"Codes/ExpireAgainstUse":            testExpireAgainstUse,
		"Orders/SharedProducts":             testSharedProducts,
		"Dispense/ReportAgainstClose":       testReportAgainstClose,
		"Dispense/CancelledAndDropped":      testCancelledAndDropped,
		"Dispense/OneLockManyCallers":       testDispenseLock,
		"Dispense/ReportAgainstTimeout":     testReportRace,
		"Outbox/EachRowIsClaimedOnce":       testClaims,
		"Outbox/LeaseRunsOut":               testLease,
		"Outbox/CallbackLeaseRunsOut":       testCallbackLease,
		"Nodes/LeaseEndsWithItsNode":        testLeaseOfDeadNode,
		"Nodes/LeaseOfAJob":                 testLeaseOfAJob,
		"Nodes/ResultAfterTheLease":         testResultAfterLease,
		"Nodes/ClaimsOfOwnMachines":         testClaimsOfNodes,
		"Nodes/OneDoesTheSweep":             testSweepLease,
		"Nodes/MachineMoves":                testMoved,
		"Presence/OlderEpochIsIgnored":      testEpochs,
		"Presence/SilentMachinesInBatches":  testSilent,
		"Outbox/OldRowsAreDeletedInBatches": testDeleteOld,
		"Outbox/MessagesAreWithdrawn":       testWithdrawMessages,
		"Machine/OnePasswordChangeWins":     testChangePassword,
		"Machine/RevokedWhileConnecting":    testRevokedWhileConnecting,
		"Machine/RefusedConnections":        testRefusedConnections,
		"Machine/OneTrafficTotalWins":       testTrafficTotal,
		"Machine/OfflineAlertIsTakenOnce":   testAlertTaken,
		"Machine/OneOpenAlert":              testOpenAlert,
		"Machine/SendersOfManyAtOnce":       testSenders,
		"Machine/SenderAsOfNow":             testSenderNow,
		"Machine/OldLogsAreDeleted":         testDeleteMachineLogs,
		"Logs/MachineLines":                 testMachineLines,
		"Logs/RequestLines":                 testRequestLines,
		"Console/ChangesAreNoted":           testNotes,
		"Console/MachinesByName":            testMachineOverview,
		"Console/OneAccountForAnAddress":    testUniqueEmail,
		"Console/DeliveriesByChannel":       testDeliveriesByChannel,
		"Console/Queues":                    testQueues,
		"Console/OneVisitForAKey":           testVisitKey,
		"Console/VisitsAndPickList":         testVisitPage,
		"Console/CommentsOfAnOrder":         testComments,
		"Jobs/CountedByState":               testJobPage,
		"Jobs/WhatWaitsIsStopped":           testStopJob,
		"Jobs/OldOnesAreDeletedInBatches":   testDeleteJobs,
		"Console/NamesOfModels":             testNamesOfModels,
		"Console/DeleteTemplate":            testDeleteTemplate,
	} {
		t.Run(name, func(t *testing.T) { test(t, NewFixture(t, open)) })
	}
}

// Fixture is a store with the shop of File in it, and use cases on top.
type Fixture struct {
	Engine   store.Engine
	Store    *store.Store
	Box      *secrets.Box
	Pickup   *pickup.Service
	Ordering *ordering.Service
	Dispense *dispense.Service
	Catalog  *catalog.Service
	Fleet    *fleet.Service
	Merchant db.Merchant
	Machine  db.Machine
	zone     *time.Location

	mu  sync.Mutex
	now time.Time
}

// MachineNo is the fixture's machine, with products 131–142 of 10 pieces each.
const MachineNo = "16327129"

// ProvisionDeps are what an applier on the fixture works with.
func (f *Fixture) ProvisionDeps() provision.Deps {
	return provision.Deps{
		Store: f.Store, Box: f.Box, Pickup: f.Pickup, Catalog: f.Catalog, Fleet: f.Fleet,
		Clock: f.Now, Random: rand.Reader, Zone: f.zone,
	}
}

// NewFixture opens an engine and fills it.
func NewFixture(t testing.TB, open Opener) *Fixture {
	t.Helper()
	engine := open(t)
	f := &Fixture{Engine: engine, Store: store.New(engine), now: time.Unix(1714353655, 0)}
	t.Cleanup(func() {
		if err := f.Store.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	var err error
	if f.Box, err = secrets.NewBox(make([]byte, secrets.KeySize), rand.Reader); err != nil {
		t.Fatal(err)
	}
	zone := time.FixedZone("GMT+8", 8*3600)
	limits := vending.WrongCodeLimits{Max: 10, Window: 600_000, Lock: 600_000}
	log := slog.New(slog.DiscardHandler)
	f.Pickup = pickup.New(f.Store, f.Now, rand.Reader, pickup.Config{Zone: zone, WrongCodes: limits}, log)
	notifier := notify.New(f.Box, rand.Reader)
	f.Ordering = ordering.New(f.Store, notifier, f.Now, ordering.Config{UnpaidTTL: 1_200_000, Zone: zone}, log)
	f.Dispense = dispense.New(f.Store, f.Ordering, notifier, f.Now, rand.Reader, dispense.Config{
		Locks: vending.LockTimes{Lock: 15, Motor: 30, Belt: 90, Default: 45}, Timeout: 120_000, Zone: zone,
	}, log)
	f.Catalog = catalog.New(f.Store, f.Now, catalog.Config{}, log)
	f.Fleet = fleet.New(f.Store, f.Box, f.Now, fleet.Config{Zone: zone, OfflineAfter: 600_000, PasswordCost: bcrypt.MinCost}, log)
	f.zone = zone
	_, err = provision.New(f.ProvisionDeps()).Apply(t.Context(), File())
	if err != nil {
		t.Fatal(err)
	}
	m, err := store.OwnMachine(t.Context(), f.Store.Queries, 1, MachineNo)
	if err != nil {
		t.Fatal(err)
	}
	f.Machine = m.Machine
	if f.Merchant, err = f.Store.MerchantByID(t.Context(), m.Machine.MerchantID); err != nil {
		t.Fatal(err)
	}
	f.Online(t, true)
	return f
}

// File is the shop: one merchant with AppKey `kva`, one machine with twelve
// channels of 10 pieces.
func File() provision.File {
	machine := provision.Machine{MachineNo: MachineNo, Name: "Lobby 1", Model: "spring", PickupCodeEnabled: true}
	for motor := range int64(12) {
		machine.Planogram = append(machine.Planogram, provision.Channel{
			ProductID: 131 + motor, Motor: motor, Good: "cola", Capacity: 10, Stock: 10,
		})
	}
	return provision.File{Merchants: []provision.Merchant{{
		Slug: "shop", Title: "Example Shop", AppID: "vm0123456789abcdef",
		AppSecret: "0123456789abcdef0123456789abcdef", AppKey: "kva",
		Models: []provision.Model{{Name: "spring", Boards: []provision.Board{{Addr: 1, FloorType: 1, DropDetection: true}}}},
		Goods:  []provision.Good{{Slug: "cola", Name: "可乐", Price: "1.00"}},
		Machines: []provision.Machine{
			machine,
			{MachineNo: "16327130", Name: "Lobby 2", Model: "spring"},
			{MachineNo: "16327131", Name: "Lobby 3", Model: "spring"},
		},
	}}}
}

// Now is the fixture's clock.
func (f *Fixture) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now
}

// Advance moves the fixture's clock.
func (f *Fixture) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.now = f.now.Add(d)
}

// Online sets whether the machine is online.
func (f *Fixture) Online(t testing.TB, online bool) {
	t.Helper()
	f.Write(t, func(tx *store.Tx) error {
		if !online {
			_, err := tx.MachineOffline(context.Background(), db.MachineOfflineParams{MachineID: f.Machine.ID, Epoch: 1 << 62})
			return err
		}
		_, err := tx.HeartbeatBack(context.Background(), db.HeartbeatBackParams{
			MachineID: f.Machine.ID, LastHeartbeatAt: f.Now().UnixMilli(),
		})
		return err
	})
}

// Write runs one transaction and fails the test if it fails.
func (f *Fixture) Write(t testing.TB, fn func(tx *store.Tx) error) {
	t.Helper()
	if err := f.Store.InTx(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

// AddCode puts a code for a product on the machine and returns its row id.
func (f *Fixture) AddCode(t testing.TB, code string, productID, expiredAt int64) int64 {
	t.Helper()
	var id int64
	f.Write(t, func(tx *store.Tx) (err error) {
		id, err = tx.InsertCode(context.Background(), db.InsertCodeParams{
			MachineID: f.Machine.ID, ProductID: productID, Code: code, Quantity: 1,
			CreatedAt: f.Now().UnixMilli(), ExpiredAt: expiredAt,
		})
		return err
	})
	return id
}

// Consume redeems a code of product 131 with the nth trade_id.
func (f *Fixture) Consume(ctx context.Context, code string, productID int64, trade string) (pickup.Consumed, error) {
	tradeID, err := vending.ParseTradeID(trade)
	if err != nil {
		return pickup.Consumed{}, err
	}
	return f.Pickup.Consume(ctx, f.Merchant, pickup.Consumption{
		MachineNo: MachineNo, Code: code, ProductID: productID,
		NotifyURL: "https://merchant.example/notify", TradeID: tradeID,
	})
}

// Stock returns the current_inventory of a product.
func (f *Fixture) Stock(t testing.TB, productID int64) int64 {
	t.Helper()
	p, err := f.Store.ProductByID(context.Background(), productID)
	if err != nil {
		t.Fatal(err)
	}
	return p.CurrentInventory
}

// race calls fn n times at once and returns the errors in the order of the
// index.
func race(n int, fn func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}
