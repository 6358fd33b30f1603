package catalog_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/vending"
)

// fail lets channels of the machine report a fault, which is an alert.
func (s *shop) fail(machineID int64, productIDs ...int64) {
	s.t.Helper()
	for _, id := range productIDs {
		s.must(s.Dispense.TakeChannelStatus(s.t.Context(), dispense.ChannelStatus{MachineID: machineID, ProductID: id, FloorStatus: "3"}))
	}
}

// openAlerts are the subjects of a machine's open channel alerts, sorted.
func (s *shop) openAlerts(machineID int64) []string {
	s.t.Helper()
	rows, err := s.Store.AlertsOfMachine(s.t.Context(), machineID, 100)
	s.must(err)
	out := []string{}
	for _, row := range rows {
		if row.ResolvedAt == 0 {
			out = append(out, row.Subject)
		}
	}
	slices.Sort(out)
	return out
}

// Repaired channels sell again, are no alerts any more, and the machine is told
// in the form of mqtt.md §5.17.
func TestClearFaults(t *testing.T) {
	s := newShop(t)
	for name, c := range map[string]struct {
		named, cleared []int64
		message        string // product_ids, none without a message
		open           []string
	}{
		"all":            {nil, []int64{132, 135}, "132,135", []string{}},
		"one":            {[]int64{135}, []int64{135}, "135", []string{"132"}},
		"named order":    {[]int64{135, 132}, []int64{135, 132}, "135,132", []string{}},
		"one that works": {[]int64{133}, []int64{133}, "133", []string{"132", "135"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.fail(s.Machine.ID, 132, 135)
			s.fail(s.neighbour, foreign)
			s.open()
			cleared, err := s.catalog.ClearFaults(t.Context(), s.Machine.ID, c.named)
			if err != nil || !slices.Equal(cleared, c.cleared) {
				t.Errorf("cleared %v, %v, want %v", cleared, err, c.cleared)
			}
			for _, id := range c.cleared {
				if p, err := s.Store.ProductByID(t.Context(), id); err != nil || p.FloorStatus != vending.FloorNormal {
					t.Errorf("product %d: floor_status %q, %v", id, p.FloorStatus, err)
				}
			}
			if got := s.openAlerts(s.Machine.ID); !slices.Equal(got, c.open) {
				t.Errorf("open alerts %q, want %q", got, c.open)
			}
			s.wantQueued(s.Machine.ID, fmt.Sprintf(`client.channel.fault.clear {"floor_status":"1","product_ids":"%s"}`, c.message))
			// The neighbour has its own faults.
			s.wantQueued(s.neighbour)
			if got := s.openAlerts(s.neighbour); !slices.Equal(got, []string{"160"}) {
				t.Errorf("the neighbour's open alerts %q", got)
			}
		})
	}
}

// Without faults there is nothing to say.
func TestClearNoFaults(t *testing.T) {
	s := newShop(t)
	if cleared, err := s.catalog.ClearFaults(t.Context(), s.Machine.ID, nil); err != nil || len(cleared) != 0 {
		t.Errorf("cleared %v, %v", cleared, err)
	}
	s.wantQueued(s.Machine.ID)
}

// A product of another machine refuses the whole call.
func TestClearFaultsRefusal(t *testing.T) {
	s := newShop(t)
	s.fail(s.Machine.ID, 132)
	s.fail(s.neighbour, foreign)
	for _, id := range []int64{foreign, 999} {
		_, err := s.catalog.ClearFaults(t.Context(), s.Machine.ID, []int64{132, id})
		if vending.CodeOf(err) != vending.CodeProductUnknown {
			t.Errorf("product %d: %v", id, err)
		}
	}
	for _, id := range []int64{132, foreign} {
		if p, err := s.Store.ProductByID(t.Context(), id); err != nil || p.FloorStatus != "3" {
			t.Errorf("product %d: floor_status %q, %v", id, p.FloorStatus, err)
		}
	}
	if got := s.openAlerts(s.Machine.ID); !slices.Equal(got, []string{"132"}) {
		t.Errorf("open alerts %q", got)
	}
	s.wantQueued(s.Machine.ID)
}
