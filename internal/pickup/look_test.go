package pickup_test

import (
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/vending"
)

// Looking answers as redeeming does, changes nothing, and counts alike.
func TestLook(t *testing.T) {
	f := newFixture(t)
	f.AddCode(t, "5288640", 131, f.Now().Add(time.Hour).UnixMilli())
	look := func(code string, want vending.Code) {
		t.Helper()
		seen, err := f.Pickup.Look(t.Context(), f.Merchant, storetest.MachineNo, code)
		wantCode(t, err, want)
		if want == 0 && (seen.ProductID != 131 || seen.Quantity != 1) {
			t.Errorf("%+v", seen)
		}
	}
	left := func(want int) {
		t.Helper()
		if got, limited, err := f.Pickup.TriesLeft(t.Context(), f.Machine.ID); err != nil || !limited || got != want {
			t.Errorf("%d tries left, want %d (%v)", got, want, err)
		}
	}
	for range 3 {
		look("5288640", 0)
	}
	left(10)
	look("9999999", vending.CodePickupCodeUnknown)
	left(9)
	if _, err := f.Consume(t.Context(), "9999998", 131, "20240429000000000001"); vending.CodeOf(err) != vending.CodePickupCodeUnknown {
		t.Error(err)
	}
	left(8)
	_, err := f.Consume(t.Context(), "5288640", 131, "20240429000000000002")
	wantCode(t, err, 0)
	look("5288640", vending.CodePickupCodeUsed)
	left(8)
	if at, err := f.Pickup.Used(t.Context(), f.Machine.ID, "5288640"); err != nil || at != f.Now().UnixMilli() {
		t.Errorf("used at %d (%v)", at, err)
	}
	for range 8 {
		look("9999999", vending.CodePickupCodeUnknown)
	}
	left(0)
	look("9999999", vending.CodePickupCodeLocked)
}
