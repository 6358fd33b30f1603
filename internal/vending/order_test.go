package vending_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/vending"
)

// openapi.md §6.2.
func TestOrderStatusNames(t *testing.T) {
	for i, want := range []string{"NOTPAY", "SUCCESS", "REFUND", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR", "PICKUPCODE", "TESTPAY", "CLOSED"} {
		if got := vending.OrderStatus(i).String(); got != want {
			t.Errorf("%d: %s, want %s", i, got, want)
		}
	}
	for _, s := range []vending.OrderStatus{-1, 10} {
		if got := s.String(); got != "UNKNOWN" {
			t.Errorf("%d: %s", int64(s), got)
		}
	}
}

// openapi.md §7.17, rows 4 and 5.
func TestCheckDispensable(t *testing.T) {
	for status, want := range map[vending.OrderStatus]vending.Code{
		vending.OrderNotPay: 40007, vending.OrderUserPaying: 40007, vending.OrderPayError: 40007,
		vending.OrderSuccess: 0, vending.OrderPickupCode: 0,
		vending.OrderRefund: 40009, vending.OrderClosed: 40009, vending.OrderRevoked: 40009, vending.OrderTestPay: 40009,
	} {
		if got := vending.CodeOf(status.CheckDispensable()); got != want {
			t.Errorf("%s: %d, want %d", status, got, want)
		}
	}
}

// openapi.md §6.3.
func TestRecordStates(t *testing.T) {
	for _, test := range []struct {
		state         vending.RecordState
		label         string
		plain, forced bool
	}{
		{vending.RecordWaiting, "未取货", true, true},
		{vending.RecordDelivering, "未取货", false, false},
		{vending.RecordSuccess, "已取货", false, false},
		{vending.RecordPickedUp, "已取货", false, false},
		{vending.RecordFailed, "未取货", true, true},
		{vending.RecordTimeout, "未取货", false, true},
		{vending.RecordRefund, "订单取消", false, false},
	} {
		if got := test.state.Label(); got != test.label {
			t.Errorf("%s: label %s, want %s", test.state, got, test.label)
		}
		if plain, forced := test.state.Dispensable(false), test.state.Dispensable(true); plain != test.plain || forced != test.forced {
			t.Errorf("%s: dispensable %v, with force %v", test.state, plain, forced)
		}
	}
}

// openapi.md §6.4: the newest delivery decides, but for an earlier success.
func TestSettledRecord(t *testing.T) {
	const (
		pending, sent, success = vending.DeliveryPending, vending.DeliverySent, vending.DeliverySuccess
		failed, timeout        = vending.DeliveryFailed, vending.DeliveryTimeout
		pickedUp               = vending.DeliveryPickedUp
	)
	for _, test := range []struct {
		deliveries []vending.DeliveryState
		want       vending.RecordState
	}{
		{nil, vending.RecordWaiting},
		{[]vending.DeliveryState{pending}, vending.RecordDelivering},
		{[]vending.DeliveryState{sent}, vending.RecordDelivering},
		{[]vending.DeliveryState{success}, vending.RecordSuccess},
		{[]vending.DeliveryState{failed}, vending.RecordFailed},
		{[]vending.DeliveryState{timeout}, vending.RecordTimeout},
		{[]vending.DeliveryState{pickedUp}, vending.RecordPickedUp},
		{[]vending.DeliveryState{failed, sent}, vending.RecordDelivering},
		{[]vending.DeliveryState{failed, success}, vending.RecordSuccess},
		{[]vending.DeliveryState{failed, timeout}, vending.RecordTimeout},
		{[]vending.DeliveryState{timeout, failed}, vending.RecordFailed},
		// A late success of the older one while the newer is under way, and
		// after it has ended.
		{[]vending.DeliveryState{success, pending}, vending.RecordDelivering},
		{[]vending.DeliveryState{success, failed}, vending.RecordSuccess},
		{[]vending.DeliveryState{success, timeout}, vending.RecordSuccess},
		{[]vending.DeliveryState{pickedUp, failed}, vending.RecordSuccess},
		{[]vending.DeliveryState{success, failed, timeout}, vending.RecordSuccess},
		{[]vending.DeliveryState{success, success}, vending.RecordSuccess},
	} {
		if got := vending.SettledRecord(test.deliveries); got != test.want {
			t.Errorf("%v: %s, want %s", test.deliveries, got, test.want)
		}
	}
}

func TestDeliveryStates(t *testing.T) {
	for _, test := range []struct {
		state       vending.DeliveryState
		text        string
		open, takes bool
	}{
		{vending.DeliveryPending, "未取货或正在出货", true, true},
		{vending.DeliverySent, "未取货或正在出货", true, true},
		{vending.DeliverySuccess, "出货完成", false, false},
		{vending.DeliveryFailed, "出货失败", false, false},
		{vending.DeliveryTimeout, "出货超时", false, true},
		{vending.DeliveryPickedUp, "已取货", false, false},
		{vending.DeliveryCancelled, "订单取消，退回", false, false},
	} {
		if test.state.Text() != test.text || test.state.Open() != test.open || test.state.TakesReport() != test.takes {
			t.Errorf("%s: %s, open %v, takes a report %v", test.state, test.state.Text(), test.state.Open(), test.state.TakesReport())
		}
	}
}

// openapi.md §4.2.
func TestLockTimes(t *testing.T) {
	times := vending.LockTimes{Lock: 15, Motor: 30, Belt: 90, Default: 45}
	for floorType, want := range map[vending.FloorType]int64{1: 30, 2: 15, 3: 90, 4: 45, 0: 45, 99: 45} {
		if got := times.For(floorType); got != want {
			t.Errorf("floor_type %d: %d s, want %d", floorType, got, want)
		}
	}
}
