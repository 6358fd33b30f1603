package model

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"
)

// random draws the steps of one sequence.
type random struct {
	*driver
	rt *rapid.T
	// trades are the trade_ids sent so far, in whatever form.
	trades []string
	serial int
}

// oneOf draws an element; the zero value of an empty list.
func oneOf[T any](r *random, what string, all []T) T {
	if len(all) == 0 {
		var none T
		return none
	}
	return all[rapid.IntRange(0, len(all)-1).Draw(r.rt, what)]
}

// recent draws an element, the newer ones more often.
func recent[T any](r *random, what string, all []T) T {
	if len(all) > 4 && r.chance(what+" is new", 2) {
		return oneOf(r, what, all[len(all)-4:])
	}
	return oneOf(r, what, all)
}

// chance is true once in n times.
func (r *random) chance(what string, n int) bool { return r.number(what, 1, int64(n)) == int64(n) }

func (r *random) number(what string, low, high int64) int64 {
	return rapid.Int64Range(low, high).Draw(r.rt, what)
}

// caller is nearly always the owner, else the other merchant.
func (r *random) caller(owner *merchant) *merchant {
	if r.chance("foreign", 12) {
		r.note("call of the other merchant")
		for _, m := range r.merchants {
			if m != owner {
				return m
			}
		}
	}
	return owner
}

func (r *random) anyMachine() *machine { return oneOf(r, "machine", r.machines) }

// machineNo is nearly always that of the machine.
func (r *random) machineNo(m *machine) string {
	switch r.number("machine_no", 1, 25) {
	case 25:
		return "99999999"
	case 24:
		return r.anyMachine().no
	}
	return m.no
}

// productID is nearly always one of the machine, which may be wrong enough.
func (r *random) productID(m *machine) int64 {
	switch r.number("product", 1, 20) {
	case 20:
		return 999_999
	case 19:
		return oneOf(r, "product", r.anyMachine().products).id
	}
	if r.chance("not the first", 3) {
		return oneOf(r, "product", m.products).id
	}
	return m.products[0].id
}

func (r *random) url() string {
	return fmt.Sprintf("https://merchant.example/notify/%d", r.number("url", 1, 3))
}

// tradeID is mostly a new one, sometimes an old one, perhaps in another form.
func (r *random) tradeID() string {
	if len(r.trades) > 0 && r.chance("old trade_id", 10) {
		return r.otherForm(oneOf(r, "trade_id", r.trades))
	}
	r.serial++
	made := fmt.Sprintf("ORDER_%020d", r.serial)
	if r.chance("hex", 2) {
		made = fmt.Sprintf("%032X", 0xABCDEF_0000+r.serial)
	}
	r.trades = append(r.trades, made)
	return made
}

// otherForm writes a trade_id in one of the forms that mean the same, and for
// a plain text in one that does not.
func (r *random) otherForm(trade string) string {
	switch r.number("form", 1, 4) {
	case 1:
		return strings.ToLower(trade)
	case 2:
		return shownAs(trade)
	}
	return trade
}

func (r *random) anyOrder() *order { return recent(r, "order", r.orders) }

// orderName names an order in a path, or another one, or none.
func (r *random) orderName(o *order) string {
	switch r.number("name", 1, 20) {
	case 20:
		return "999999"
	case 19:
		return r.anyOrder().trade
	case 18, 17, 16, 15:
		return r.otherForm(o.trade)
	}
	return digits(o.id)
}

func (r *random) anyRecord() *record { // nil before the first order
	o := r.anyOrder()
	if o == nil {
		return nil
	}
	return oneOf(r, "record", o.records)
}

// allDeliveries are those that are wanted, order by order.
func (r *random) allDeliveries(want func(*delivery) bool) []*delivery {
	var all []*delivery
	for _, o := range r.orders {
		for _, rec := range o.records {
			for _, d := range rec.deliveries {
				if want(d) {
					all = append(all, d)
				}
			}
		}
	}
	return all
}

func anyDelivery(*delivery) bool { return true }

// anyCode is one of a machine, nearly always usable if there is such a one.
func (r *random) anyCode(m *machine) *code {
	var usable []*code
	for _, c := range m.codes {
		if c.stateAt(r.now) == "UNUSED" {
			usable = append(usable, c)
		}
	}
	if len(usable) > 0 && !r.chance("any code", 5) {
		return oneOf(r, "code", usable)
	}
	return oneOf(r, "code", m.codes)
}
