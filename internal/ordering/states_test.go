package ordering_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every order of these tests has three pieces of one product and two of
// another.
const product, otherProduct = 131, 132

// shop is the fixture, with the means to bring an order into any state.
type shop struct {
	*storetest.Fixture
	t      *testing.T
	serial int
}

func newShop(t *testing.T) *shop {
	t.Helper()
	return &shop{t: t, Fixture: storetest.NewFixture(t, testkit.NewDatabase(t).Open)}
}

func (s *shop) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) trade() vending.TradeID {
	s.serial++
	id, err := vending.ParseTradeID(fmt.Sprintf("%020d", s.serial))
	s.must(err)
	return id
}

// settle takes what other cases have left out of the way, and fills the shelf.
func (s *shop) settle() {
	s.Advance(time.Hour)
	s.must(s.Ordering.ExpireSweep(s.t.Context()))
	s.must(s.Dispense.TimeoutSweep(s.t.Context()))
	s.Write(s.t, func(tx *store.Tx) error {
		var errs []error
		for _, id := range []int64{product, otherProduct} {
			_, err := tx.SetStock(context.Background(), 5, id, s.Stock(s.t, id))
			errs = append(errs, err)
		}
		return errors.Join(errs...)
	})
}

func (s *shop) create() int64 {
	s.t.Helper()
	id, err := s.Ordering.Create(s.t.Context(), s.Merchant, ordering.Request{
		MachineNo: storetest.MachineNo, NotifyURL: "https://merchant.example/notify", TradeID: s.trade(),
		Lines: []ordering.Line{{ProductID: product, Quantity: 3}, {ProductID: otherProduct, Quantity: 2}},
	})
	s.must(err)
	return id
}

func (s *shop) put(id int64, to vending.OrderStatus) error {
	return s.Ordering.SetStatus(s.t.Context(), s.Merchant, storetest.MachineNo, strconv.FormatInt(id, 10), to)
}

// bring makes an order in the state of a row of openapi.md §6.2.
func (s *shop) bring(state string) int64 {
	s.t.Helper()
	switch state {
	case "PICKUPCODE":
		s.serial++
		code := fmt.Sprintf("%07d", 1_000_000+s.serial)
		s.AddCode(s.t, code, product, 0)
		done, err := s.Consume(s.t.Context(), code, product, s.trade().Sent)
		s.must(err)
		return done.OrderID
	case "TESTPAY":
		d, _, err := s.Dispense.StartTest(s.t.Context(), s.Merchant, dispense.TestRequest{
			MachineNo: storetest.MachineNo, ChannelName: "A1", NotifyURL: "https://merchant.example/notify",
		})
		s.must(err)
		s.must(s.Dispense.TakeReport(s.t.Context(), dispense.Report{
			MachineID: s.Machine.ID, DeliveryID: d.ID, OrderID: d.OrderID, RecordID: d.RecordID, Success: true, Delivered: -1,
		}))
		return d.OrderID
	case "EXPIRED":
		id := s.create()
		s.Advance(20 * time.Minute)
		s.must(s.Ordering.ExpireSweep(s.t.Context()))
		return id
	}
	id := s.create()
	for _, to := range map[string][]vending.OrderStatus{
		"USERPAYING": {vending.OrderUserPaying},
		"SUCCESS":    {vending.OrderSuccess},
		"REFUND":     {vending.OrderSuccess, vending.OrderRefund},
		"CLOSED":     {vending.OrderSuccess, vending.OrderClosed},
		"REVOKED":    {vending.OrderRevoked},
		"PAYERROR":   {vending.OrderPayError},
	}[state] {
		s.must(s.put(id, to))
	}
	return id
}

func (s *shop) order(id int64) (db.Order, []db.Record) {
	s.t.Helper()
	order, err := s.Store.OrderByID(s.t.Context(), id)
	s.must(err)
	records, err := s.Store.RecordsOfOrder(s.t.Context(), id)
	s.must(err)
	return order, records
}

func (s *shop) callbacks(id int64) []db.Callback {
	s.t.Helper()
	all, err := s.Store.CallbacksOfOrder(s.t.Context(), id)
	s.must(err)
	return all
}

// The whole table of openapi.md §6.2, each cell as the contract has it: the
// event's answer and status, the stock (R: what was taken comes back), the
// records, and the messages.
func TestEveryOrderTransition(t *testing.T) {
	const table = `
NOTPAY     | SUCCESS | REFUND, R | CLOSED, R | REVOKED, R | USERPAYING | PAYERROR, R | 9, R, callback
USERPAYING | SUCCESS | REFUND, R | CLOSED, R | REVOKED, R | no-op      | PAYERROR, R | 9, R, callback
SUCCESS    | no-op   | REFUND, R | CLOSED, R | REVOKED, R | 40006      | 40006       | –
PICKUPCODE | 40006   | REFUND, R | CLOSED, R | REVOKED, R | 40006      | 40006       | –
REFUND     | 40006   | no-op     | 40006     | 40006      | 40006      | 40006       | –
CLOSED     | 40006   | 40006     | no-op     | 40006      | 40006      | 40006       | –
REVOKED    | 40006   | 40006     | 40006     | no-op      | 40006      | 40006       | –
PAYERROR   | 40006   | 40006     | 40006     | 40006      | 40006      | no-op       | –
TESTPAY    | 40006   | 40006     | 40006     | 40006      | 40006      | 40006       | –
EXPIRED    | 40005   | 40005     | 40005     | 40005      | 40005      | 40005       | –`
	s := newShop(t)
	for line := range strings.SplitSeq(strings.TrimSpace(table), "\n") {
		cells := strings.Split(line, "|")
		for event := 1; event <= 7; event++ {
			from, want := strings.TrimSpace(cells[0]), strings.TrimSpace(cells[event])
			t.Run(fmt.Sprintf("%s/%d", from, event), func(t *testing.T) {
				s.t = t
				s.settle()
				if got := s.cell(from, event); got != want {
					t.Errorf("%s, want %s", got, want)
				}
			})
		}
	}
}

// cell brings an order into a state, lets an event happen and describes what
// came of it. Event 7 is the 20-minute timer, the others are PUT 1 to 6.
func (s *shop) cell(from string, event int) string {
	s.t.Helper()
	id := s.bring(from)
	before, recordsBefore := s.order(id)
	stock := s.Stock(s.t, product) + s.Stock(s.t, otherProduct)
	messages := len(s.callbacks(id))
	var err error
	if event == 7 {
		s.Advance(20 * time.Minute)
		err = s.Ordering.ExpireSweep(s.t.Context())
	} else {
		err = s.put(id, vending.OrderStatus(event))
	}
	after, records := s.order(id)
	back := s.Stock(s.t, product) + s.Stock(s.t, otherProduct) - stock
	told := len(s.callbacks(id)) - messages
	switch {
	case err != nil:
		s.checkUnchanged(before, after, recordsBefore, records, back, told)
		s.checkRefusal(err, before)
		return fmt.Sprint(vending.CodeOf(err))
	case before.Status == after.Status:
		s.checkUnchanged(before, after, recordsBefore, records, back, told)
		if event == 7 {
			return "–"
		}
		return "no-op"
	}
	out := after.Status.String()
	if after.Status == vending.OrderExpired {
		out = "9"
	}
	return out + s.describeReturn(records, back) + s.describeMessages(id, records, told)
}

func (s *shop) checkUnchanged(before, after db.Order, recordsBefore, records []db.Record, back int64, told int) {
	s.t.Helper()
	if after != before || fmt.Sprint(records) != fmt.Sprint(recordsBefore) || back != 0 || told != 0 {
		s.t.Errorf("something has changed: order %+v, records %+v, stock by %d, %d messages", after, records, back, told)
	}
}

func (s *shop) checkRefusal(err error, order db.Order) {
	s.t.Helper()
	want := vending.Data{"status": order.Status.String()}
	if order.Status == vending.OrderExpired {
		want = vending.Data{"order_id": order.ID, "trade_id": order.TradeID, "status": "CLOSED"}
	}
	var refusal *vending.Error
	if !errors.As(err, &refusal) || fmt.Sprint(refusal.Data) != fmt.Sprint(want) {
		s.t.Errorf("refused with %v, want data %v", err, want)
	}
}

// describeReturn is ", R" when all pieces came back and all records are
// IS_REFUND, "" when neither.
func (s *shop) describeReturn(records []db.Record, back int64) string {
	refunded, pieces := 0, int64(0)
	for _, r := range records {
		pieces += r.Quantity
		if r.State == vending.RecordRefund {
			refunded++
		}
	}
	switch {
	case refunded == len(records) && back == pieces:
		return ", R"
	case refunded == 0 && back == 0:
		return ""
	}
	return fmt.Sprintf(", %d records refunded and %d pieces returned", refunded, back)
}

// describeMessages is ", callback" for one expiry message per record.
func (s *shop) describeMessages(id int64, records []db.Record, told int) string {
	if told == 0 {
		return ""
	}
	about := map[int64]bool{}
	for _, c := range s.callbacks(id) {
		var body map[string]any
		s.must(json.Unmarshal([]byte(c.Body), &body))
		if body["error_msg"] == "Order Expired" && body["deliver_status"] == "0" && body["delivery_id"] == nil {
			about[c.RecordID] = true
		}
	}
	if len(about) != len(records) || told != len(records) {
		return fmt.Sprintf(", %d messages about %d records", told, len(about))
	}
	return ", callback"
}

// An order due is expired by whoever looks first, once; the sweep finds nothing
// left to do and sends nothing more.
func TestExpiryIsLazyAndOnce(t *testing.T) {
	look := map[string]func(s *shop, id int64) error{
		"query": func(s *shop, id int64) error {
			_, err := s.Ordering.Query(s.t.Context(), s.Merchant, storetest.MachineNo, strconv.FormatInt(id, 10))
			return err
		},
		"update": func(s *shop, id int64) error { return s.put(id, vending.OrderSuccess) },
		"dispense": func(s *shop, id int64) error {
			_, records := s.order(id)
			_, _, err := s.Dispense.Start(s.t.Context(), s.Merchant, dispense.Request{
				MachineNo: storetest.MachineNo, OrderID: id, RecordID: records[0].ID,
			})
			return err
		},
	}
	s := newShop(t)
	for name, do := range look {
		for _, state := range []string{"NOTPAY", "USERPAYING"} {
			t.Run(name+"/"+state, func(t *testing.T) {
				s.t = t
				s.settle()
				id := s.bring(state)
				s.Advance(20*time.Minute - time.Millisecond)
				if order, _ := s.order(id); order.Status.String() != state {
					t.Fatalf("order is %s before its time", order.Status)
				}
				s.Advance(time.Millisecond)
				for range 2 {
					if err := do(s, id); vending.CodeOf(err) != vending.CodeOrderExpired {
						t.Errorf("answered %v, want 40005", err)
					}
				}
				s.must(s.Ordering.ExpireSweep(t.Context()))
				if n := len(s.callbacks(id)); n != 2 {
					t.Errorf("%d messages for two records", n)
				}
				if a, b := s.Stock(t, product), s.Stock(t, otherProduct); a != 5 || b != 5 {
					t.Errorf("stock is %d and %d, want 5 and 5", a, b)
				}
			})
		}
	}
}

// A sweep takes orders in batches; none is left however many are due.
func TestExpireSweepTakesAll(t *testing.T) {
	s := newShop(t)
	s.Write(t, func(tx *store.Tx) error {
		for range 1001 {
			id := s.trade()
			_, err := tx.InsertOrder(context.Background(), db.InsertOrderParams{
				MerchantID: s.Merchant.ID, MachineID: s.Machine.ID, TradeID: id.Sent, TradeKey: id.Key,
				ExpiresAt: s.Now().UnixMilli(),
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	s.must(s.Ordering.ExpireSweep(t.Context()))
	left, err := s.Store.OrdersToExpire(t.Context(), s.Now().UnixMilli(), 2000)
	if err != nil || len(left) != 0 {
		t.Errorf("%d orders are left (%v)", len(left), err)
	}
}
