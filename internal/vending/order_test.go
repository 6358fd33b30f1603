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

// openapi.md §4.2: the lock time by floor_type, 45 s for all that is not listed.
func TestLockTimes(t *testing.T) {
	times := vending.LockTimes{Lock: 15, Motor: 30, Belt: 90, Default: 45}
	for floorType, want := range map[vending.FloorType]int64{1: 30, 2: 15, 3: 90, 4: 45, 0: 45, 99: 45} {
		if got := times.For(floorType); got != want {
			t.Errorf("floor_type %d: %d s, want %d", floorType, got, want)
		}
	}
}
