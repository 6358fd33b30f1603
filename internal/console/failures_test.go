package console

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Texts that mean the same are one reason; what nobody knows is none of them.
func TestFailuresOf(t *testing.T) {
	row := func(product int64, state vending.DeliveryState, reason string, partly, n int64) db.DeliveriesByChannelRow {
		return db.DeliveriesByChannelRow{ProductID: product, ChannelName: "A", State: state, FailReason: reason, Partly: partly, Deliveries: n}
	}
	got := failuresOf([]db.DeliveriesByChannelRow{
		row(1, vending.DeliverySuccess, "", 0, 90),
		row(1, vending.DeliveryPickedUp, "", 0, 2),
		row(1, vending.DeliveryFailed, "Lift Limit Up", 0, 4),
		row(1, vending.DeliveryTimeout, vending.ReasonTimeout, 0, 3),
		row(1, vending.DeliveryFailed, "Lift Limit Dw", 0, 2),
		row(1, vending.DeliveryFailed, "smoke", 0, 1),
		row(1, vending.DeliveryFailed, "smoke", 1, 1),
		row(2, vending.DeliverySuccess, "", 0, 5),
	})
	want := []channelFailures{
		{1, "A", 103, 8, 3, []failureCount{{"LIFT_LIMIT", 6}, {"TIMED_OUT", 3}, {"FAULT", 1}, {"PARTLY_DISPENSED", 1}}},
		{2, "A", 5, 0, 0, []failureCount{}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
}

// Whoever sees a machine sees which of its channels fail; of another group nobody
// sees anything.
func TestMachineFailures(t *testing.T) {
	f := newFixture(t)
	_, d := f.redeem()
	f.report(d, false, "Goods are Stuck")
	f.Advance(29 * 24 * time.Hour)
	const path = "/machines/16327129/failures"
	viewer := f.as(account.Viewer, "")
	items, err := json.Marshal(viewer.want(200, "GET", path, nil)["items"])
	f.must(err)
	want := `[{"channel_name":"A1","deliveries":1,"failed":1,"product_id":131,"reasons":[{"code":"JAM","count":1}],"unknown":0}]`
	if string(items) != want {
		t.Errorf("%s\nwant %s", items, want)
	}
	f.as(account.Viewer, "north").want(404, "GET", path, nil)
	f.Advance(2 * 24 * time.Hour)
	viewer = f.signIn("viewer@shop.example")
	if got := viewer.want(200, "GET", path, nil)["items"].([]any); len(got) != 0 {
		t.Errorf("after 31 days: %v", got)
	}
}
