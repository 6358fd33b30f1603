package storetest

import (
	"slices"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// testDeliveriesByChannel: what has ended is counted by product and reason; what is
// older, goes on, is a test or belongs to another merchant's orders is not.
func testDeliveriesByChannel(t *testing.T, f *Fixture) {
	ctx := t.Context()
	end := func(d db.Delivery, success bool, reason string) {
		t.Helper()
		if err := f.Dispense.TakeReport(ctx, dispense.Report{
			MachineID: f.Machine.ID, DeliveryID: d.ID, OrderID: d.OrderID, RecordID: d.RecordID,
			Success: success, Delivered: -1, ErrorMsg: reason,
		}); err != nil {
			t.Fatal(err)
		}
	}
	end(f.startDelivery(t, 0), false, "Goods are Stuck") // too old
	f.Advance(time.Minute)
	since := f.Now().UnixMilli()
	end(f.startDelivery(t, 1), true, "")
	end(f.startDelivery(t, 2), false, "Goods are Stuck")
	end(f.startDelivery(t, 3), false, "Goods are Stuck")
	test, _, err := f.Dispense.StartTest(ctx, f.Merchant, dispense.TestRequest{MachineNo: MachineNo, ChannelName: "A2"})
	if err != nil {
		t.Fatal(err)
	}
	end(test, false, "Over Current")
	f.startDelivery(t, 4)
	f.Advance(121 * time.Second)
	if err := f.Dispense.TimeoutSweep(ctx); err != nil {
		t.Fatal(err)
	}
	f.startDelivery(t, 5) // goes on

	got, err := f.Store.DeliveriesByChannel(ctx, f.Machine.ID, since, f.Merchant.ID)
	if err != nil {
		t.Fatal(err)
	}
	row := func(state vending.DeliveryState, reason string, n int64) db.DeliveriesByChannelRow {
		return db.DeliveriesByChannelRow{ProductID: 131, ChannelName: "A1", State: state, FailReason: reason, Deliveries: n}
	}
	want := []db.DeliveriesByChannelRow{
		row(vending.DeliveryFailed, "Goods are Stuck", 2),
		row(vending.DeliverySuccess, "", 1),
		row(vending.DeliveryTimeout, vending.ReasonTimeout, 1),
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if got, err := f.Store.DeliveriesByChannel(ctx, f.Machine.ID, since, f.Merchant.ID+1); err != nil || len(got) != 0 {
		t.Errorf("of another merchant: %+v (%v)", got, err)
	}
}
