package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
)

func (e onceEngine) Sets() store.Sets {
	return storetest.WrapSets(e.Engine, func(sets store.Sets) store.Sets { return onceSets{sets, e.t} })
}

// onceSets fails the test when a set had to be broken up, but for a wait that
// took long because the machine is busy. Tests detect a deadlock before.
type onceSets struct {
	store.Sets
	t testing.TB
}

func (s onceSets) Merchants(ctx context.Context, appIDs []string) ([]db.Merchant, error) {
	merchants, err := s.Sets.Merchants(ctx, appIDs)
	s.check(err)
	return merchants, err
}

func (s onceSets) Redeem(ctx context.Context, requests []store.RedeemRequest) ([]store.Verdict, error) {
	verdicts, err := s.Sets.Redeem(ctx, requests)
	s.check(err)
	return verdicts, err
}

func (s onceSets) check(err error) {
	var failure *pgconn.PgError
	if err != nil && (!errors.As(err, &failure) || failure.Code != "55P03") {
		s.t.Errorf("a set failed: %v", err)
	}
}

// The way that all engines have, on PostgreSQL.
func TestStorePortable(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Engine {
		return onceEngine{store.Portable(testkit.NewPostgres(t).Open(t)), t}
	})
}

func TestSets(t *testing.T) {
	for name, engine := range map[string]func(store.Engine) store.Engine{
		"set": func(e store.Engine) store.Engine { return e }, "portable": store.Portable,
	} {
		t.Run(name, func(t *testing.T) {
			storetest.RunSets(t, func(t testing.TB) storetest.Opener {
				database := testkit.NewPostgres(t)
				return func(t testing.TB) store.Engine { return onceEngine{engine(database.Open(t)), t} }
			})
		})
	}
}

// Two nodes on one database, and 64 callers who all want the same codes of eight
// products, with the same trade_ids, in any order: nobody waits in a circle, no
// code and no piece is given out twice.
func TestNodesShareProducts(t *testing.T) {
	const workers, codes, products = 64, 96, 8
	database := testkit.NewPostgres(t)
	if err := database.Open(t).Close(); err != nil { // has a schema now
		t.Fatal(err)
	}
	// A deadlock is noticed before a set gives up its wait.
	dsn := with(database.DSN(), "options", "-c deadlock_timeout=20ms")
	nodes := make([]*storetest.Fixture, 2)
	for i := range nodes {
		nodes[i] = storetest.NewFixture(t, func(t testing.TB) store.Engine {
			engine, err := postgres.Open(t.Context(), dsn, postgres.Options{})
			if err != nil {
				t.Fatal(err)
			}
			return onceEngine{engine, t}
		})
	}
	for i := range codes {
		nodes[0].AddCode(t, fmt.Sprint(1_000_000+i), 131+int64(i%products), 0)
	}
	var (
		mu    sync.Mutex
		taken = map[int64]int64{}
		wg    sync.WaitGroup
	)
	for worker := range workers {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(2, uint64(worker)))
			for _, i := range random.Perm(codes) {
				product := 131 + int64(i%products)
				_, err := nodes[worker%2].Consume(t.Context(), fmt.Sprint(1_000_000+i), product, fmt.Sprintf("2024042900000000%04d", i/2))
				switch code := vending.CodeOf(err); code {
				case 0:
					mu.Lock()
					taken[product]++
					mu.Unlock()
				case vending.CodePickupCodeUsed, vending.CodeTradeIDExists, vending.CodeStock:
				default:
					t.Errorf("code %d: %v", i, err)
				}
			}
		})
	}
	wg.Wait()
	total := int64(0)
	for product := int64(131); product < 131+products; product++ {
		total += taken[product]
		if left := nodes[0].Stock(t, product); left != 10-taken[product] {
			t.Errorf("product %d: %d redeemed and %d left of 10", product, taken[product], left)
		}
	}
	var whole int64
	err := database.SQL(t).QueryRow(`SELECT COUNT(*) FROM orders o JOIN pickup_codes c ON c.id = o.pickup_code_id AND c.order_id = o.id
		AND c.state = 'USED' JOIN records r ON r.order_id = o.id AND r.product_id = c.product_id
		WHERE (SELECT COUNT(*) FROM orders) = (SELECT COUNT(*) FROM commands)`).Scan(&whole)
	if err != nil || whole != total || total != codes/2 {
		t.Errorf("%d whole orders of %d redemptions, want %d (%v)", whole, total, codes/2, err)
	}
}

// redemption is a request that makes an order out of a code of product 131.
func redemption(f *storetest.Fixture, code, trade string, change func(*store.Redemption)) store.RedeemRequest {
	return store.RedeemRequest{
		Query: store.FactsQuery{MachineNo: storetest.MachineNo, Code: code, MerchantID: f.Merchant.ID, TradeKey: trade},
		Decide: func(facts store.Facts) (store.Redemption, error) {
			r := store.Redemption{
				Order: db.InsertOrderParams{
					MerchantID: f.Merchant.ID, MachineID: facts.MachineID, TradeID: trade, TradeKey: trade,
					Status: vending.OrderPickupCode, PickupCodeID: facts.CodeID, CreatedAt: f.Now().UnixMilli(),
				},
				Withdrawal: store.Message(facts.MachineID, "client.pickup_codes.delete", nil, f.Now().UnixMilli()),
			}
			change(&r)
			return r, nil
		},
	}
}

func unchanged(*store.Redemption) {}

// What the server refuses fails its whole set, and nothing is changed. Through
// the store each is then tried alone, so that only the culprit fails.
func TestRefusedRowFailsAlone(t *testing.T) {
	database := testkit.NewPostgres(t)
	f := storetest.NewFixture(t, database.Open)
	requests := make([]store.RedeemRequest, 8)
	for i := range requests {
		code := fmt.Sprint(1_000_000 + i)
		f.AddCode(t, code, 131, 0)
		requests[i] = redemption(f, code, code, func(r *store.Redemption) {
			if i == 3 {
				r.Order.NotifyUrl = "\x00"
			}
		})
	}
	engine := database.Open(t)
	defer engine.Close()
	if verdicts, err := engine.Sets().Redeem(t.Context(), requests); err == nil || f.Stock(t, 131) != 10 {
		t.Fatalf("%v, %v, stock %d", verdicts, err, f.Stock(t, 131))
	}
	errs := make([]error, len(requests))
	var wg sync.WaitGroup
	for i, r := range requests {
		wg.Go(func() { _, errs[i] = f.Store.Redeem(t.Context(), r) })
	}
	wg.Wait()
	for i, err := range errs {
		if (err != nil) != (i == 3) || errors.Is(err, store.ErrLostRace) {
			t.Errorf("redemption %d: %v", i, err)
		}
	}
	if got := f.Stock(t, 131); got != 3 {
		t.Errorf("stock %d, want 3", got)
	}
}

// If something lets a locked code not be used, nothing of its set is done.
func TestUnusableCodeFailsAll(t *testing.T) {
	database := testkit.NewPostgres(t)
	f := storetest.NewFixture(t, database.Open)
	f.AddCode(t, "1000001", 131, 0)
	f.AddCode(t, "1000002", 131, 0)
	for _, query := range []string{
		"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
		"CREATE TRIGGER refuse BEFORE UPDATE ON pickup_codes FOR EACH ROW WHEN (old.code = '1000002') EXECUTE FUNCTION refuse()",
	} {
		if _, err := database.SQL(t).Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	engine := database.Open(t)
	defer engine.Close()
	verdicts, err := engine.Sets().Redeem(t.Context(), []store.RedeemRequest{
		redemption(f, "1000001", "x", unchanged), redemption(f, "1000002", "y", unchanged),
	})
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || errors.Is(err, store.ErrOutcomeUnknown) || f.Stock(t, 131) != 10 {
		t.Errorf("%+v, %v, stock %d", verdicts, err, f.Stock(t, 131))
	}
}

// A decision that panics is an error of its own redemption.
func TestDecisionPanics(t *testing.T) {
	database := testkit.NewPostgres(t)
	f := storetest.NewFixture(t, database.Open)
	f.AddCode(t, "1000001", 131, 0)
	bad := redemption(f, "1000002", "x", func(*store.Redemption) { panic("oops") })
	engine := database.Open(t)
	defer engine.Close()
	verdicts, err := engine.Sets().Redeem(t.Context(), []store.RedeemRequest{bad, redemption(f, "1000001", "y", unchanged)})
	if err != nil || verdicts[0].Err == nil || verdicts[1].Err != nil {
		t.Errorf("%+v, %v", verdicts, err)
	}
	if got := f.Stock(t, 131); got != 9 {
		t.Errorf("stock %d, want 9", got)
	}
}

// One row that the server does not take leaves nothing behind, and a connection that
// is dead only costs another try.
func TestInsert(t *testing.T) {
	database := testkit.NewPostgres(t)
	f := fixtureOn(t, database.DSN())
	insert := func(payloads ...string) error {
		lines := make([]db.InsertMachineLogParams, len(payloads))
		for i, payload := range payloads {
			lines[i] = db.InsertMachineLogParams{MachineID: f.Machine.ID, Payload: payload}
		}
		_, err := f.Store.AddMachineLines(t.Context(), lines)
		return err
	}
	const untold = "\x00" // no text on PostgreSQL
	if err := insert("a", untold, "b"); err == nil {
		t.Error("a row was taken that is none")
	}
	killIdle(t, f, database)
	if err := insert("c", "d"); err != nil {
		t.Error(err)
	}
	rows, err := f.Store.MachineLogPage(t.Context(), f.Machine.ID, 0, 10)
	if err != nil || len(rows) != 2 || rows[0].Payload != "d" || rows[1].Payload != "c" {
		t.Errorf("%+v, %v", rows, err)
	}
}

// A product that somebody else holds holds up only those who want it.
func TestHeldProduct(t *testing.T) {
	database := testkit.NewPostgres(t)
	f := storetest.NewFixture(t, database.Open)
	f.AddCode(t, "1000001", 131, 0)
	f.AddCode(t, "1000002", 132, 0)
	held, err := database.SQL(t).Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Rollback() }()
	if _, err := held.Exec("UPDATE products SET current_inventory = 5 WHERE id = 131"); err != nil {
		t.Fatal(err)
	}
	waits := make(chan error, 1)
	go func() {
		_, err := f.Consume(t.Context(), "1000001", 131, "20240429000000000001")
		waits <- err
	}()
	if _, err := f.Consume(t.Context(), "1000002", 132, "20240429000000000002"); err != nil {
		t.Error(err)
	}
	select {
	case err := <-waits:
		t.Errorf("got past the lock: %v", err)
	default:
	}
	if err := held.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-waits; err != nil || f.Stock(t, 131) != 4 {
		t.Errorf("%v, stock %d, want 4", err, f.Stock(t, 131))
	}
}
