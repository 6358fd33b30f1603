package dispense_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// Every state of a delivery with every event (openapi.md §6.4, mqtt.md §6.5):
// what became of delivery, record and stock (two pieces of the order are taken
// from it), and the messages, those before the event included. A PENDING
// delivery is one of which nothing has been written to the machine; LEFT is one
// whose command has left and is not acknowledged, which is PENDING too.
func TestEveryDeliveryEvent(t *testing.T) {
	const table = `
PENDING   | acknowledged    | SENT      | IS_DELIVERING | −2 | –
PENDING   | not handed over | FAILED    | IS_FAILED     | −2 | not sent
PENDING   | order ended     | CANCELLED | IS_REFUND     | −0 | –
PENDING   | report 1        | SUCCESS   | IS_SUCCESS    | −2 | 1
PENDING   | report 0        | FAILED    | IS_FAILED     | −2 | 0
PENDING   | 120 s           | TIMEOUT   | IS_TIMEOUT    | −2 | time-out
LEFT      | acknowledged    | SENT      | IS_DELIVERING | −2 | –
LEFT      | order ended     | PENDING   | IS_DELIVERING | −2 | –
LEFT      | report 1        | SUCCESS   | IS_SUCCESS    | −2 | 1
LEFT      | report 0        | FAILED    | IS_FAILED     | −2 | 0
LEFT      | 120 s           | TIMEOUT   | IS_TIMEOUT    | −2 | time-out
SENT      | acknowledged    | SENT      | IS_DELIVERING | −2 | –
SENT      | not handed over | SENT      | IS_DELIVERING | −2 | –
SENT      | order ended     | SENT      | IS_DELIVERING | −2 | –
SENT      | report 1        | SUCCESS   | IS_SUCCESS    | −2 | 1
SENT      | report 0        | FAILED    | IS_FAILED     | −2 | 0
SENT      | 120 s           | TIMEOUT   | IS_TIMEOUT    | −2 | time-out
SUCCESS   | acknowledged    | SUCCESS   | IS_SUCCESS    | −2 | 1
SUCCESS   | not handed over | SUCCESS   | IS_SUCCESS    | −2 | 1
SUCCESS   | order ended     | SUCCESS   | IS_SUCCESS    | −2 | 1
SUCCESS   | report 1        | SUCCESS   | IS_SUCCESS    | −2 | 1
SUCCESS   | report 0        | SUCCESS   | IS_SUCCESS    | −2 | 1
SUCCESS   | 120 s           | SUCCESS   | IS_SUCCESS    | −2 | 1
FAILED    | acknowledged    | FAILED    | IS_FAILED     | −2 | 0
FAILED    | not handed over | FAILED    | IS_FAILED     | −2 | 0
FAILED    | order ended     | FAILED    | IS_REFUND     | −0 | 0
FAILED    | report 1        | FAILED    | IS_FAILED     | −2 | 0
FAILED    | report 0        | FAILED    | IS_FAILED     | −2 | 0
FAILED    | 120 s           | FAILED    | IS_FAILED     | −2 | 0
TIMEOUT   | acknowledged    | TIMEOUT   | IS_TIMEOUT    | −2 | time-out
TIMEOUT   | not handed over | TIMEOUT   | IS_TIMEOUT    | −2 | time-out
TIMEOUT   | order ended     | TIMEOUT   | IS_REFUND     | −0 | time-out
TIMEOUT   | report 1        | SUCCESS   | IS_SUCCESS    | −2 | time-out, 1
TIMEOUT   | report 0        | FAILED    | IS_FAILED     | −2 | time-out, 0
TIMEOUT   | 120 s           | TIMEOUT   | IS_TIMEOUT    | −2 | time-out
PICKED_UP | acknowledged    | PICKED_UP | IS_PICKED_UP  | −2 | 1
PICKED_UP | not handed over | PICKED_UP | IS_PICKED_UP  | −2 | 1
PICKED_UP | order ended     | PICKED_UP | IS_PICKED_UP  | −2 | 1
PICKED_UP | report 1        | PICKED_UP | IS_PICKED_UP  | −2 | 1
PICKED_UP | report 0        | PICKED_UP | IS_PICKED_UP  | −2 | 1
PICKED_UP | 120 s           | PICKED_UP | IS_PICKED_UP  | −2 | 1
CANCELLED | acknowledged    | CANCELLED | IS_REFUND     | −0 | –
CANCELLED | not handed over | CANCELLED | IS_REFUND     | −0 | –
CANCELLED | order ended     | CANCELLED | IS_REFUND     | −0 | –
CANCELLED | report 1        | CANCELLED | IS_REFUND     | −2 | –
CANCELLED | report 0        | CANCELLED | IS_REFUND     | −0 | –
CANCELLED | 120 s           | CANCELLED | IS_REFUND     | −0 | –`
	s := newShop(t)
	for _, line := range lines(table) {
		c := cells(line)
		t.Run(strings.Join(c[:2], "/"), func(t *testing.T) {
			s.t = t
			o := s.newSale()
			o.bring(c[0])
			o.happen(c[1])
			if got, want := o.end(), strings.Join(c[2:], " | "); got != want {
				t.Errorf("\nis   %s\nwant %s", got, want)
			}
		})
	}
}

// bring makes an attempt and gives it a state.
func (o *sale) bring(state string) {
	o.t.Helper()
	o.must(o.start(false))
	if state != "PENDING" && state != "CANCELLED" {
		o.written(state != "LEFT")
	}
	switch state {
	case "SUCCESS":
		o.report(0, true, pieces)
	case "FAILED":
		o.report(0, false, 0)
	case "TIMEOUT":
		o.timeOut()
	case "CANCELLED":
		o.must(o.put(vending.OrderRefund))
	case "PICKED_UP":
		o.report(0, true, pieces)
		o.pickUp()
	}
}

// pickUp closes the door of a lock channel; the message for it is not part of
// this package.
func (o *sale) pickUp() {
	o.t.Helper()
	o.Write(o.t, func(tx *store.Tx) error {
		ctx := context.Background()
		_, err := tx.FinishDelivery(ctx, db.FinishDeliveryParams{
			ID: o.attempts[0].ID, State: vending.DeliveryPickedUp, Delivered: pieces, OldState: vending.DeliverySuccess,
		})
		_, settleErr := tx.SettleRecord(ctx, db.SettleRecordParams{
			ID: o.recordID, State: vending.RecordPickedUp, OldState: vending.RecordSuccess,
		})
		return errors.Join(err, settleErr)
	})
}

func (o *sale) happen(event string) {
	o.t.Helper()
	switch event {
	case "acknowledged":
		o.written(true)
	case "not handed over":
		o.notHandedOver(0)
	case "order ended":
		if err := o.put(vending.OrderRefund); err != nil {
			o.t.Errorf("refund: %v", err) // also the second time
		}
	case "report 1":
		o.report(0, true, pieces)
	case "report 0":
		o.report(0, false, 0)
	case "120 s":
		o.timeOut()
	}
}

// Every state of a record with `deliveries`, without and with force
// (openapi.md §6.3, §7.17): the refusal, or the pieces of the new command.
func TestEveryRecordStateWithDeliveries(t *testing.T) {
	const table = `
WAITING_PICKED_UP | 2 pieces        | 2 pieces
IS_DELIVERING     | 40008 SENT      | 40008 SENT
IS_SUCCESS        | 40008 SUCCESS   | 40008 SUCCESS
IS_PICKED_UP      | 40008 PICKED_UP | 40008 PICKED_UP
IS_FAILED         | 1 pieces        | 1 pieces
IS_TIMEOUT        | 40008 TIMEOUT   | 2 pieces
IS_REFUND         | 40009           | 40009`
	s := newShop(t)
	for _, line := range lines(table) {
		c := cells(line)
		for i, force := range []bool{false, true} {
			t.Run(c[0]+map[bool]string{true: "/force"}[force], func(t *testing.T) {
				s.t = t
				o := s.newSale()
				o.bringRecord(c[0])
				s.Advance(time.Minute) // a lock that is held is over
				if got := o.tryStart(force); got != c[i+1] {
					t.Errorf("%s, want %s", got, c[i+1])
				}
			})
		}
	}
}

func (o *sale) bringRecord(state string) {
	o.t.Helper()
	switch state {
	case "IS_DELIVERING":
		o.bring("SENT")
	case "IS_FAILED": // one of two pieces dropped
		o.bring("SENT")
		o.report(0, false, 1)
	case "IS_SUCCESS", "IS_PICKED_UP", "IS_TIMEOUT":
		o.bring(strings.TrimPrefix(state, "IS_"))
	case "IS_REFUND":
		o.must(o.put(vending.OrderClosed))
	}
	r, err := o.Store.RecordByID(o.t.Context(), o.recordID)
	if err != nil || string(r.State) != state {
		o.t.Fatalf("record is %s, want %s (%v)", r.State, state, err)
	}
}

func (o *sale) tryStart(force bool) string {
	o.t.Helper()
	err := o.start(force)
	var refusal *vending.Error
	switch {
	case err == nil:
		return fmt.Sprintf("%d pieces", o.attempts[len(o.attempts)-1].Quantity)
	case !errors.As(err, &refusal):
		o.t.Fatal(err)
	case refusal.Code == vending.CodeAlreadyDelivered:
		return "40008 " + refusal.Data["state"].(string)
	}
	return map[vending.Code]string{vending.CodeOrderClosed: "40009"}[refusal.Code]
}

// Who wants the first attempt gets no second one, whatever became of the first.
func TestFirstAttemptOnly(t *testing.T) {
	s := newShop(t)
	for _, state := range []string{"PENDING", "SUCCESS", "FAILED", "TIMEOUT"} {
		o := s.newSale()
		o.bring(state)
		s.Advance(time.Minute) // a lock that is held is over
		_, _, err := s.Dispense.Start(t.Context(), s.Merchant, dispense.Request{
			MachineNo: storetest.MachineNo, OrderID: o.orderID, RecordID: o.recordID, First: true, Force: true,
		})
		if vending.CodeOf(err) != vending.CodeAlreadyDelivered {
			t.Errorf("after %s: %v", state, err)
		}
	}
}
