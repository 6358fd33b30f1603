package ordering_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
)

// openapi.md §7.15: by order id, or by trade_id in either form.
func TestQuery(t *testing.T) {
	f := storetest.NewFixture(t, testkit.NewDatabase(t).Open)
	ctx := t.Context()
	const bare, dashed = "800a7e9500d345c8987d3aafa412c77d", "800a7e95-00d3-45c8-987d-3aafa412c77d"
	f.AddCode(t, "1000001", 131, 0)
	f.AddCode(t, "1000002", 131, 0)
	if _, err := f.Consume(ctx, "1000001", 131, dashed); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Consume(ctx, "1000002", 131, "12345678901234567890"); err != nil {
		t.Fatal(err)
	}
	s := f.Ordering
	for name, want := range map[string]int64{"1": 1, "2": 2, bare: 1, dashed: 1, "12345678901234567890": 2} {
		found, err := s.Query(ctx, f.Merchant, storetest.MachineNo, name)
		if err != nil || found.Order.ID != want || len(found.Records) != 1 || found.Records[0].OrderID != want {
			t.Errorf("%s: %+v, %v", name, found, err)
		}
	}
	for _, name := range []string{"", "0", "3", "-1", "+1", "1 ", "x", "1x", "9223372036854775808", "1234567890123456789", "12345678901234567891", dashed + "0", "1.0", "１"} {
		if _, err := s.Query(ctx, f.Merchant, storetest.MachineNo, name); vending.CodeOf(err) != vending.CodeRecordUnknown {
			t.Errorf("%q: %v, want 80002", name, err)
		}
	}
	if _, err := s.Query(ctx, f.Merchant, "16327130", "1"); vending.CodeOf(err) != vending.CodeRecordUnknown {
		t.Errorf("on another machine: %v, want 80002", err)
	}
	if _, err := s.Query(ctx, f.Merchant, "1", "1"); vending.CodeOf(err) != vending.CodeMachineUnknown {
		t.Errorf("on no machine: %v, want 30003", err)
	}
	stranger := f.Merchant
	stranger.ID = 99
	if _, err := s.Query(ctx, stranger, storetest.MachineNo, "1"); vending.CodeOf(err) != vending.CodeMachineUnknown {
		t.Errorf("by a stranger: %v, want 30003", err)
	}
	if err := f.Store.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"1", bare} {
		if _, err := s.Query(ctx, f.Merchant, storetest.MachineNo, name); vending.CodeOf(err) != vending.CodeInternal {
			t.Errorf("from a closed store: %v", err)
		}
	}
}
