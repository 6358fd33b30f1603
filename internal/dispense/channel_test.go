package dispense_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// say is what the machine says of a channel of its own.
func (s *shop) say(productID int64, floor, lock string) {
	s.t.Helper()
	s.must(s.Dispense.TakeChannelStatus(s.t.Context(), dispense.ChannelStatus{
		MachineID: s.Machine.ID, ProductID: productID, FloorStatus: floor, LockStatus: lock,
	}))
}

// wantAlerts compares the machine's alerts, oldest first: kind, subject, state.
func (s *shop) wantAlerts(want ...string) {
	s.t.Helper()
	rows, err := s.Store.AlertsOfMachine(s.t.Context(), s.Machine.ID, 100)
	s.must(err)
	slices.Reverse(rows)
	got := []string{}
	for _, row := range rows {
		state := "open"
		if row.ResolvedAt != 0 {
			state = "resolved"
		}
		got = append(got, fmt.Sprintf("%s %s %s", row.Kind, row.Subject, state))
	}
	if !slices.Equal(got, want) {
		s.t.Errorf("alerts %q, want %q", got, want)
	}
}

// A faulty channel blocks its product with 60006 and is an alert until it is
// sound again (mqtt.md §4.8).
func TestFaultyChannelBlocks(t *testing.T) {
	s := newShop(t)
	o := s.newSale()
	s.say(product, "2", "")
	s.say(product, "47", "") // no second alert
	s.wantAlerts("CHANNEL_FAULT 131 open")
	if err := o.start(false); vending.CodeOf(err) != vending.CodeChannelFault {
		t.Errorf("dispensing from a faulty channel: %v", err)
	}
	s.say(product, "", "1") // says nothing of the channel
	if err := o.start(false); vending.CodeOf(err) != vending.CodeChannelFault {
		t.Errorf("after news of the door: %v", err)
	}
	s.say(product, "1", "")
	s.wantAlerts("CHANNEL_FAULT 131 resolved")
	s.must(o.start(false))
}

// The report of the last piece is an alert, if the product is still sold: else it
// would be over at once. While there are others, or if nothing dropped, there is none.
func TestSoldOut(t *testing.T) {
	for name, c := range map[string]struct {
		left          int64
		onSale, drops bool
		wanted        []string
	}{
		"the last":   {0, true, true, []string{"SOLD_OUT 131 open"}},
		"not yet":    {1, true, true, nil},
		"off sale":   {0, false, true, nil},
		"no success": {0, true, false, nil},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			o := s.newSale()
			s.must(o.start(false))
			o.written(true)
			s.Write(t, func(tx *store.Tx) error {
				if _, err := tx.SetStock(t.Context(), c.left, product, s.Stock(t, product)); err != nil {
					return err
				}
				return tx.SetOnSale(t.Context(), product, c.onSale)
			})
			o.report(0, c.drops, 2)
			s.wantAlerts(c.wanted...)
		})
	}
}

func TestChannelOfAnotherMachine(t *testing.T) {
	s := newShop(t)
	err := s.Dispense.TakeChannelStatus(t.Context(), dispense.ChannelStatus{
		MachineID: s.Machine.ID + 1, ProductID: product, FloorStatus: "3",
	})
	if vending.CodeOf(err) != vending.CodeProductUnknown {
		t.Errorf("%v, want 60001", err)
	}
	s.must(s.newSale().start(false))
}

// A door that closes after it was open turns the newest success of the last ten
// minutes into picked up; nothing else does (mqtt.md §4.8).
func TestPickUp(t *testing.T) {
	for name, c := range map[string]struct {
		doors []string
		after time.Duration
		want  string
	}{
		"open, closed":         {[]string{"0", "1"}, 0, "PICKED_UP | IS_PICKED_UP | −2 | 1"},
		"closed only":          {[]string{"1"}, 0, "SUCCESS | IS_SUCCESS | −2 | 1"},
		"open only":            {[]string{"0"}, 0, "SUCCESS | IS_SUCCESS | −2 | 1"},
		"fault, closed":        {[]string{"2", "1"}, 0, "SUCCESS | IS_SUCCESS | −2 | 1"},
		"no lock":              {[]string{"0", "-1"}, 0, "SUCCESS | IS_SUCCESS | −2 | 1"},
		"ten minutes later":    {[]string{"0", "1"}, 10 * time.Minute, "PICKED_UP | IS_PICKED_UP | −2 | 1"},
		"a millisecond longer": {[]string{"0", "1"}, 10*time.Minute + time.Millisecond, "SUCCESS | IS_SUCCESS | −2 | 1"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			o := s.newSale()
			o.bring("SUCCESS")
			s.Advance(c.after)
			for _, door := range c.doors {
				s.say(product, "", door)
			}
			if got := o.end(); got != c.want {
				t.Errorf("\nis   %s\nwant %s", got, c.want)
			}
		})
	}
}

// One closing is one customer: the older success waits for its own.
func TestPickUpTakesTheNewest(t *testing.T) {
	s := newShop(t)
	older := s.newSale()
	older.bring("SUCCESS")
	s.Advance(-time.Hour) // newSale moves the clock by an hour
	newer := s.newSale()
	newer.bring("SUCCESS")
	s.say(product, "", "0")
	s.say(product, "", "1")
	for o, want := range map[*sale]vending.RecordState{older: vending.RecordSuccess, newer: vending.RecordPickedUp} {
		if r, err := s.Store.RecordByID(t.Context(), o.recordID); err != nil || r.State != want {
			t.Errorf("record is %s, want %s (%v)", r.State, want, err)
		}
	}
}

// A lock has a channel of its own that products share (mqtt.md §4.6, §4.8).
func TestPickUpBehindSharedLock(t *testing.T) {
	s := newShop(t)
	o := s.newSale()
	o.bring("SUCCESS")
	const lock = 142
	s.say(lock, "", "0")
	s.say(lock, "", "1") // does not belong to the product yet
	if got := o.end(); got != "SUCCESS | IS_SUCCESS | −2 | 1" {
		t.Error(got)
	}
	p, err := s.Store.ProductByID(t.Context(), lock)
	s.must(err)
	s.Write(t, func(tx *store.Tx) error { return tx.SetLock(t.Context(), product, p.ChannelID) })
	s.say(lock, "", "0")
	s.say(lock, "", "1")
	if got := o.end(); got != "PICKED_UP | IS_PICKED_UP | −2 | 1" {
		t.Error(got)
	}
}

// A record that was refunded stays so, whatever the door does.
func TestPickUpOfRefundedRecord(t *testing.T) {
	s := newShop(t)
	o := s.newSale()
	o.bring("TIMEOUT")
	s.must(o.put(vending.OrderRefund))
	o.report(0, true, pieces)
	s.say(product, "", "0")
	s.say(product, "", "1")
	if got := o.end(); got != "SUCCESS | IS_REFUND | −2 | time-out, 1" {
		t.Error(got)
	}
}

// What a report says of a channel counts like a message about it; a failure
// that does not say leaves it (mqtt.md §6.5, row 7).
func TestChannelStatusOfReport(t *testing.T) {
	s := newShop(t)
	for _, c := range []struct {
		success     bool
		floor, want string
	}{{false, "", "1"}, {false, "3", "3"}, {true, "", "1"}, {true, "47", "47"}} {
		o := s.newSale()
		s.must(o.start(false))
		d := o.attempts[0]
		s.must(s.Dispense.TakeReport(t.Context(), dispense.Report{
			MachineID: s.Machine.ID, DeliveryID: d.ID, OrderID: d.OrderID, RecordID: d.RecordID,
			Success: c.success, Delivered: -1, FloorStatus: c.floor,
		}))
		if p, err := s.Store.ProductByID(t.Context(), product); err != nil || p.FloorStatus != c.want {
			t.Errorf("success %v with %q: floor_status %q, want %q (%v)", c.success, c.floor, p.FloorStatus, c.want, err)
		}
	}
	s.wantAlerts("CHANNEL_FAULT 131 resolved", "CHANNEL_FAULT 131 open")
}

// Which reports an operator is told of (mqtt.md §6.5, openapi.md §6.4).
func TestAlertsOfReports(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(o *sale)
		alert bool
	}{
		"success":                  {func(o *sale) { o.bring("SUCCESS") }, false},
		"time-out, late success":   {func(o *sale) { o.bring("TIMEOUT"); o.report(0, true, pieces) }, false},
		"success twice":            {func(o *sale) { o.bring("SUCCESS"); o.report(0, true, pieces) }, false},
		"success, failure":         {func(o *sale) { o.bring("SUCCESS"); o.report(0, false, 0) }, true},
		"failure, success":         {func(o *sale) { o.bring("FAILED"); o.report(0, true, pieces) }, true},
		"picked up, success":       {func(o *sale) { o.bring("PICKED_UP"); o.report(0, true, pieces) }, false},
		"picked up, failure":       {func(o *sale) { o.bring("PICKED_UP"); o.report(0, false, 0) }, true},
		"cancelled, failure":       {func(o *sale) { o.bring("CANCELLED"); o.happen("order ended"); o.report(0, false, 0) }, false},
		"cancelled, success":       {func(o *sale) { o.bring("CANCELLED"); o.happen("order ended"); o.report(0, true, pieces) }, true},
		"refunded, late success":   {func(o *sale) { o.bring("TIMEOUT"); o.happen("order ended"); o.report(0, true, pieces) }, true},
		"refunded, late failure":   {func(o *sale) { o.bring("TIMEOUT"); o.happen("order ended"); o.report(0, false, 0) }, false},
		"late success, newer runs": {func(o *sale) { o.bring("TIMEOUT"); o.must(o.start(true)); o.report(0, true, pieces) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			o := s.newSale()
			c.do(o)
			want := []string{}
			if c.alert {
				want = append(want, "DELIVERY_CONFLICT "+fmt.Sprintf("%016s", strconv.FormatInt(o.attempts[0].ID, 10))+" open")
			}
			s.wantAlerts(want...)
		})
	}
}
