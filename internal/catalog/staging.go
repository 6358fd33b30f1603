package catalog

import (
	"context"
	"fmt"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// PlanogramLine is what a list, a file or another machine, wants of one channel;
// nil leaves a thing as it is.
type PlanogramLine struct {
	// Line is where in a file it stands, 0 if it is from none.
	Line int
	// Channel is the name of the channel.
	Channel string
	// Good is an article code; "" empties the channel.
	Good     *string
	OnSale   *bool
	Quantity *int64
	Capacity *int64
}

// Why something cannot be done to a channel.
const (
	ReasonChannelUnknown = "channel_unknown" // the machine has none of that name
	ReasonChannelTwice   = "channel_twice"   // two lines are about it
	ReasonGoodUnknown    = "good_unknown"    // the merchant has no good with that code
	ReasonRange          = "range"           // a number is negative or too large
	ReasonAboveCapacity  = "above_capacity"  // more pieces than fit, or than would fit
	ReasonHoldsStock     = "holds_stock"     // there are pieces in it
	ReasonHoldsCodes     = "holds_codes"     // customers have usable codes for it
)

// Problem is why something cannot be done to a channel of a machine.
type Problem struct {
	// Line is that of a PlanogramLine.
	Line    int
	Channel string
	Reason  string
}

// Error implements error.
func (p Problem) Error() string { return fmt.Sprintf("channel %q: %s", p.Channel, p.Reason) }

// StagedPlanogram is what a list comes to at a machine: the edits that differ
// from what is there, the goods they name, and the lines that cannot be applied.
type StagedPlanogram struct {
	Edits    []PlanogramEdit
	Goods    []db.Good
	Problems []Problem
}

// StagePlanogram turns a list into edits for a machine and changes nothing. It
// refuses with 30003 and 30006.
func (s *Service) StagePlanogram(ctx context.Context, merchant db.Merchant, machineNo string, lines []PlanogramLine) (StagedPlanogram, error) {
	_, rows, err := s.channelsOf(ctx, merchant, machineNo)
	if err != nil {
		return StagedPlanogram{}, err
	}
	st := stager{service: s, merchantID: merchant.ID, channels: map[string]db.PlanogramRow{}, goods: map[string]int64{}}
	for _, row := range rows {
		if row.ProductID != 0 {
			st.channels[row.Channel.Name] = row
		}
	}
	staged := map[string]bool{}
	for _, l := range lines {
		reason := ReasonChannelTwice
		if !staged[l.Channel] {
			staged[l.Channel] = true
			if reason, err = st.stage(ctx, l); err != nil {
				return StagedPlanogram{}, err
			}
		}
		if reason != "" {
			st.out.Problems = append(st.out.Problems, Problem{l.Line, l.Channel, reason})
		}
	}
	return st.out, nil
}

// stager stages one list.
type stager struct {
	service    *Service
	merchantID int64
	channels   map[string]db.PlanogramRow
	goods      map[string]int64
	out        StagedPlanogram
}

// stage adds the edit that a line comes to, or returns why there is none.
func (st *stager) stage(ctx context.Context, l PlanogramLine) (reason string, err error) {
	row, known := st.channels[l.Channel]
	if !known {
		return ReasonChannelUnknown, nil
	}
	e := PlanogramEdit{ProductID: row.ProductID, OnSale: l.OnSale, Quantity: l.Quantity, Capacity: l.Capacity}
	if l.Good != nil {
		id, known, err := st.good(ctx, *l.Good)
		if err != nil || !known {
			return ReasonGoodUnknown, err
		}
		e.GoodID = &id
	}
	before := Holding{row.GoodID, row.OnSale, row.Quantity, row.Capacity}
	after := e.applied(before)
	switch {
	case after.Quantity < 0 || after.Capacity < 0 || after.Capacity > maxPieces:
		return ReasonRange, nil
	case after.Quantity > after.Capacity:
		return ReasonAboveCapacity, nil
	case after != before:
		st.out.Edits = append(st.out.Edits, difference(row.ProductID, before, after))
	}
	return "", nil
}

// good finds a good by its code; 0 is the one without.
func (st *stager) good(ctx context.Context, slug string) (id int64, known bool, err error) {
	if slug == "" {
		return 0, true, nil
	}
	if id, known = st.goods[slug]; known {
		return id, id != 0, nil
	}
	if !vending.Storable(slug) { // not every engine can look it up
		return 0, false, nil
	}
	g, known, err := store.Find(st.service.store.GoodBySlug(ctx, st.merchantID, slug))
	if err != nil {
		return 0, false, fmt.Errorf("find good: %w", err)
	}
	st.goods[slug] = g.ID
	if known {
		st.out.Goods = append(st.out.Goods, g)
	}
	return g.ID, known, nil
}

// difference is the edit that makes after of before.
func difference(productID int64, before, after Holding) PlanogramEdit {
	e := PlanogramEdit{ProductID: productID}
	if after.GoodID != before.GoodID {
		e.GoodID = &after.GoodID
	}
	if after.OnSale != before.OnSale {
		e.OnSale = &after.OnSale
	}
	if after.Quantity != before.Quantity {
		e.Quantity = &after.Quantity
	}
	if after.Capacity != before.Capacity {
		e.Capacity = &after.Capacity
	}
	return e
}

// PlanogramOf lists what a machine holds, to be staged at another: goods and
// capacities, but no stock, and nothing of what is on sale, because a channel may
// be off sale for a reason of its own. Prices are those of the goods.
func (s *Service) PlanogramOf(ctx context.Context, merchant db.Merchant, machineNo string) ([]PlanogramLine, error) {
	_, rows, err := s.channelsOf(ctx, merchant, machineNo)
	if err != nil {
		return nil, err
	}
	var lines []PlanogramLine
	for _, row := range rows {
		if row.ProductID != 0 {
			lines = append(lines, PlanogramLine{Channel: row.Channel.Name, Good: &row.GoodSlug, Capacity: &row.Capacity})
		}
	}
	return lines, nil
}

// channelsOf reads the channels of a machine and what they hold. It refuses with
// 30003 and 30006.
func (s *Service) channelsOf(ctx context.Context, merchant db.Merchant, machineNo string) (db.Machine, []db.PlanogramRow, error) {
	m, err := s.machine(ctx, merchant, machineNo, vending.ManageGate())
	if err != nil {
		return db.Machine{}, nil, err
	}
	rows, err := s.store.Planogram(ctx, s.clock.Millis(), m.ID)
	if err != nil {
		return db.Machine{}, nil, fmt.Errorf("read planogram: %w", err)
	}
	return m, rows, nil
}
