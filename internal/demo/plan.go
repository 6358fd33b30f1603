package demo

import (
	"context"
	"slices"
	"time"
)

// at plans something for a time before the end.
func (h *history) at(before time.Duration, do func(context.Context) error) {
	h.events = append(h.events, event{h.end.Add(-before), do})
}

// later plans something while things happen.
func (h *history) later(after time.Duration, do func(context.Context) error) {
	e := event{h.now.Add(after), do}
	i, _ := slices.BinarySearchFunc(h.events, e, func(a, b event) int { return a.at.Compare(b.at) })
	h.events = slices.Insert(h.events, i, e)
}

// plan decides what happens. The last day has more, for it is what pages show
// first.
func (h *history) plan() {
	for ago := historyDays; ago >= 1; ago-- {
		before := time.Duration(ago) * day
		if ago%3 == 0 {
			h.at(before-time.Minute, h.issueCodes)
		}
		for i, m := range h.machines {
			if (ago+i)%2 == 0 {
				h.at(h.next(before, 9, 10+25*i), func(ctx context.Context) error { return h.visit(ctx, m) })
			}
		}
		for range 7 + h.dice.IntN(6) {
			h.planOrder(before)
		}
		if ago > 1 {
			for _, quarter := range []time.Duration{0, 6, 12, 18} {
				h.at(before-quarter*time.Hour, h.tick)
			}
		}
	}
	for range 12 {
		h.planOrder(day)
	}
	for before := day + 2*beatEvery; before > 0; before -= beatEvery {
		h.at(before, h.tick)
	}
	h.planTrouble()
}

// planOrder plans an order within the day that begins a time before the end.
func (h *history) planOrder(before time.Duration) {
	m := h.machines[h.dice.IntN(len(h.machines))]
	n := h.dice.IntN(channels)
	at := before - time.Duration(h.dice.Int64N(int64(day-10*time.Minute)))
	for h.dice.IntN(10) >= busy(h.end.Add(-at).In(h.zone).Hour()) {
		at = before - time.Duration(h.dice.Int64N(int64(day-10*time.Minute)))
	}
	how := outcomeOf(h.dice.IntN(100))
	byCode := h.dice.IntN(3) > 0
	h.at(at, func(ctx context.Context) error { return h.sell(ctx, m, n, byCode, how) })
}

// busy tells how much is sold in an hour of the day, up to 10.
func busy(hour int) int {
	switch {
	case hour < 7:
		return 1
	case hour < 11 || hour > 20:
		return 4
	case hour < 14:
		return 10
	}
	return 6
}

// next is when, before the end, a time of the day comes next after another.
func (h *history) next(before time.Duration, hour, minute int) time.Duration {
	from := h.end.Add(-before).In(h.zone)
	at := time.Date(from.Year(), from.Month(), from.Day(), hour, minute, 0, 0, h.zone)
	if at.Before(from) {
		at = at.AddDate(0, 0, 1)
	}
	return h.end.Sub(at)
}

// planTrouble plans what the pages have to point at.
func (h *history) planTrouble() {
	lobby, canteen := h.machines[1], h.machines[2]
	for _, outage := range []struct {
		machine  *pastMachine
		from, to time.Duration
	}{{canteen, 12*day - time.Hour, 12*day - 4*time.Hour}, {lobby, 9 * time.Hour, 6*time.Hour + 20*time.Minute}} {
		h.at(outage.from, func(ctx context.Context) error { return h.goOffline(ctx, outage.machine) })
		h.at(outage.from-time.Minute, h.tick)
		h.at(outage.to, func(ctx context.Context) error { return h.comeOnline(ctx, outage.machine) })
	}
	// A receiver that is down for an afternoon.
	h.at(6*day, func(context.Context) error { h.receiverDown = true; return nil })
	for i := range 4 {
		h.at(6*day-time.Duration(i)*40*time.Minute-time.Minute, func(ctx context.Context) error {
			return h.sell(ctx, h.machines[0], 4+i, false, sold)
		})
		h.at(6*day-time.Duration(i)*40*time.Minute-10*time.Minute, h.tick)
	}
	h.at(6*day-4*time.Hour, func(context.Context) error { h.receiverDown = false; return nil })
	// A spiral that jams, and is repaired by the next visit; one that waits for it.
	h.at(17*day-5*time.Hour, func(ctx context.Context) error { return h.sell(ctx, canteen, 5, false, broken) })
	h.at(4*time.Hour, func(ctx context.Context) error { return h.sell(ctx, canteen, 7, true, broken) })
	// The chocolate that everybody wants.
	for i := range int64(channelCapacity) {
		h.at(5*time.Hour-time.Duration(i)*13*time.Minute, func(ctx context.Context) error { return h.sell(ctx, canteen, 3, false, sold) })
	}
	h.at(150*time.Minute, func(ctx context.Context) error { return h.sell(ctx, h.machines[0], 9, false, unknown) })
	h.at(80*time.Minute, func(ctx context.Context) error { return h.sell(ctx, h.machines[0], 10, false, jammed) })
}
