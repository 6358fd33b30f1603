package dispense_test

import (
	"errors"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

func (s *shop) debug(channel string) error {
	s.t.Helper()
	m, err := store.OwnMachine(s.t.Context(), s.Store.Queries, s.Merchant.ID, storetest.MachineNo)
	s.must(err)
	return s.Dispense.DebugChannel(s.t.Context(), m, channel)
}

// wantRefusal checks a code and its data.
func (s *shop) wantRefusal(err error, code vending.Code, data vending.Data) {
	s.t.Helper()
	var refusal *vending.Error
	if !errors.As(err, &refusal) || refusal.Code != code || len(refusal.Data) != len(data) {
		s.t.Errorf("%v, want code %d with %v", err, code, data)
		return
	}
	for name, want := range data {
		if refusal.Data[name] != want {
			s.t.Errorf("%s is %v, want %v", name, refusal.Data[name], want)
		}
	}
}

// A channel test has exactly its fields, holds the lock for the time of the
// drive, and names no delivery to who is refused meanwhile (mqtt.md §5.6).
func TestDebugChannel(t *testing.T) {
	s := newShop(t)
	o := s.newSale()
	s.must(s.debug("A5"))
	rows, err := s.Store.CommandsOfMachine(t.Context(), s.Machine.ID)
	s.must(err)
	const want = `{"addr":"1","code":"4","floor_type":"1","is_dc":"1","is_lp":"0","order_type":"test"}`
	if len(rows) != 1 || rows[0].Method != "client.channel.debugging" || rows[0].Fields != want || rows[0].DeliveryID != 0 {
		t.Fatalf("%+v", rows)
	}
	held := vending.Data{"retry_after": int64(30)}
	s.wantRefusal(o.start(false), vending.CodeMachineDispensing, held)
	s.wantRefusal(s.debug("A5"), vending.CodeMachineDispensing, held)
	s.Advance(30*time.Second - time.Millisecond)
	s.wantRefusal(o.start(false), vending.CodeMachineDispensing, vending.Data{"retry_after": int64(1)})
	s.Advance(time.Millisecond)
	s.must(o.start(false))
	if got := o.end(); got != "PENDING | IS_DELIVERING | −2 | –" {
		t.Error(got)
	}
}

// What cannot run is refused, and nothing is queued.
func TestDebugChannelRefusals(t *testing.T) {
	s := newShop(t)
	s.wantRefusal(s.debug("Z9"), vending.CodeChannelUnknown, nil)
	s.Online(t, false)
	s.wantRefusal(s.debug("A1"), vending.CodeMachineOffline, nil)
	if rows, err := s.Store.CommandsOfMachine(t.Context(), s.Machine.ID); err != nil || len(rows) != 0 {
		t.Errorf("queued %+v, %v", rows, err)
	}
	s.Online(t, true)
	o := s.newSale()
	s.must(o.start(false))
	err := s.debug("A1")
	var refusal *vending.Error
	if !errors.As(err, &refusal) || refusal.Code != vending.CodeMachineDispensing || refusal.Data["delivery_id"] == nil {
		t.Errorf("while a delivery holds the lock: %v", err)
	}
}
