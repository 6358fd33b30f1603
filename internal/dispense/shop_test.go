package dispense_test

import (
	"context"
	"encoding/json"
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

const (
	product = 131
	// shelf is the stock before an order of pieces is made; there is room
	// above it.
	shelf, pieces = 5, 2
)

// shop is the fixture with one paid order at a time.
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

// sale is an order of one record, and its attempts.
type sale struct {
	*shop
	orderID, recordID int64
	attempts          []db.Delivery
}

// newSale makes a paid order of two pieces; the stock before it is shelf.
func (s *shop) newSale() *sale {
	s.t.Helper()
	s.serial++
	s.fill()
	tradeID, err := vending.ParseTradeID(fmt.Sprintf("%020d", s.serial))
	s.must(err)
	id, err := s.Ordering.Create(s.t.Context(), s.Merchant, ordering.Request{
		MachineNo: storetest.MachineNo, NotifyURL: "https://merchant.example/notify", TradeID: tradeID,
		Lines: []ordering.Line{{ProductID: product, Quantity: pieces}},
	})
	s.must(err)
	made := &sale{shop: s, orderID: id}
	s.must(made.put(vending.OrderSuccess))
	records, err := s.Store.RecordsOfOrder(s.t.Context(), id)
	s.must(err)
	made.recordID = records[0].ID
	return made
}

// fill takes what other cases have left out of the way, puts shelf pieces into
// the channel and declares it sound.
func (s *shop) fill() {
	s.t.Helper()
	s.Advance(time.Hour)
	s.must(s.Dispense.TimeoutSweep(s.t.Context()))
	s.Write(s.t, func(tx *store.Tx) error {
		_, err := tx.SetStock(context.Background(), shelf, product, s.Stock(s.t, product))
		if err == nil {
			_, err = tx.SetFloorStatus(context.Background(), product, vending.FloorNormal)
		}
		return err
	})
}

func (o *sale) put(to vending.OrderStatus) error {
	return o.Ordering.SetStatus(o.t.Context(), o.Merchant, storetest.MachineNo, strconv.FormatInt(o.orderID, 10), to)
}

// start makes an attempt, forced if need be.
func (o *sale) start(force bool) error {
	d, _, err := o.Dispense.Start(o.t.Context(), o.Merchant, dispense.Request{
		MachineNo: storetest.MachineNo, OrderID: o.orderID, RecordID: o.recordID, Force: force,
	})
	if err == nil {
		o.attempts = append(o.attempts, d)
	}
	return err
}

// written is what the relay does to a command that leaves.
func (o *sale) written(acknowledged bool) {
	o.t.Helper()
	d := o.attempts[len(o.attempts)-1]
	o.Write(o.t, func(tx *store.Tx) error {
		now := o.Now().UnixMilli()
		rows, err := tx.ClaimCommands(context.Background(), db.ClaimCommandsParams{LeaseUntil: now, Now: now, Batch: 1000})
		if err != nil {
			return err
		}
		for _, c := range rows {
			if c.DeliveryID != d.ID {
				continue
			}
			if _, err := tx.RepeatCommand(context.Background(), db.RepeatCommandParams{DueAt: now + time.Hour.Milliseconds(), SentAt: now, ID: c.ID}); err != nil {
				return err
			}
		}
		if !acknowledged {
			return nil
		}
		return o.Dispense.MarkSent(context.Background(), tx, d.ID)
	})
}

func (o *sale) notHandedOver(attempt int) {
	o.t.Helper()
	o.Write(o.t, func(tx *store.Tx) error {
		return o.Dispense.NotHandedOver(context.Background(), tx, o.attempts[attempt].ID)
	})
}

// report says that a number of pieces has dropped.
func (o *sale) report(attempt int, success bool, delivered int64) {
	o.t.Helper()
	d := o.attempts[attempt]
	o.must(o.Dispense.TakeReport(o.t.Context(), dispense.Report{
		MachineID: o.Machine.ID, DeliveryID: d.ID, OrderID: d.OrderID, RecordID: d.RecordID,
		Success: success, Delivered: delivered,
	}))
}

func (o *sale) timeOut() {
	o.t.Helper()
	o.Advance(2 * time.Minute)
	o.must(o.Dispense.TimeoutSweep(o.t.Context()))
}

// end is how a sale stands: its newest delivery and record, what the stock has
// lost by it, and the messages in order.
func (o *sale) end() string {
	o.t.Helper()
	var states []string
	for _, a := range o.attempts {
		d, err := o.Store.DeliveryByID(o.t.Context(), a.ID)
		o.must(err)
		states = append(states, string(d.State))
	}
	r, err := o.Store.RecordByID(o.t.Context(), o.recordID)
	o.must(err)
	return fmt.Sprintf("%s | %s | −%d | %s", strings.Join(states, ", "), r.State, shelf-o.Stock(o.t, product), o.told())
}

// told are the messages: "1", "0" for a failure, "time-out", "–" for none.
func (o *sale) told() string {
	o.t.Helper()
	all, err := o.Store.CallbacksOfOrder(o.t.Context(), o.orderID)
	o.must(err)
	out := []string{}
	for _, c := range all {
		var body struct {
			Status string `json:"deliver_status"`
			Error  string `json:"error_msg"`
		}
		o.must(json.Unmarshal([]byte(c.Body), &body))
		switch body.Error {
		case "Delivery Timeout":
			out = append(out, "time-out")
		case "Publish Failed":
			out = append(out, "not sent")
		default:
			out = append(out, body.Status)
		}
	}
	if len(out) == 0 {
		return "–"
	}
	return strings.Join(out, ", ")
}

// cells splits a line of a table and evens out its spaces.
func cells(line string) []string {
	parts := strings.Split(line, "|")
	for i := range parts {
		parts[i] = strings.Join(strings.Fields(parts[i]), " ")
	}
	return parts
}

func lines(table string) []string { return strings.Split(strings.TrimSpace(table), "\n") }
