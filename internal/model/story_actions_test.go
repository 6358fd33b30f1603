package model

import "net/http"

// The actions of this file lead on purpose into what chance alone reaches too
// seldom: several attempts for one record, and orders that end while a machine
// is busy. Every step of theirs is compared like any other.

// slowMachine pays an order and lets its dispense run into the time-out, once
// or twice; the reports may come later, from other actions.
func (r *random) slowMachine() {
	o := r.paidOrder()
	if o == nil {
		return
	}
	rec := oneOf(r, "record", o.records)
	for range r.number("attempts", 1, 3) {
		r.attempt(rec)
		r.step(121_000)
		r.then(func() { r.sweep("time-outs") })
		r.then(r.reviveAll)
	}
	if r.chance("attempt again", 2) {
		r.attempt(rec)
	}
}

// endWhileBusy ends an order whose record is being dispensed.
func (r *random) endWhileBusy() {
	o := r.paidOrder()
	if o == nil {
		return
	}
	r.attempt(oneOf(r, "record", o.records))
	r.then(func() { r.sendPut(o.owner, o.machine.no, digits(o.id), oneOf(r, "status", []int64{2, 3, 4})) })
}

// paidOrder makes an order of one record and pays it; nil if stock is short.
func (r *random) paidOrder() *order {
	r.then(r.reviveAll)
	m := r.anyMachine()
	p := oneOf(r, "product", m.products)
	req := newOrder{
		machineNo: m.no, url: r.url(), trade: r.tradeID(), lines: []line{{p.id, r.number("quantity", 1, 3)}},
	}
	before := len(r.orders)
	r.then(func() {
		r.sendOrder(m.owner, req, []any{object{"product_id": p.id, "quantity": req.lines[0].quantity}})
	})
	if len(r.orders) == before {
		return nil
	}
	o := r.orders[before]
	r.then(func() { r.sendPut(o.owner, m.no, digits(o.id), 1) })
	return o
}

// drawAgain issues codes before and after the time in which their values must
// not come back, so that two rows have one value, and looks the newer one up.
func (r *random) drawAgain() {
	r.then(r.reviveAll)
	m := r.anyMachine()
	p := m.products[0]
	issueOne := func() {
		r.sendIssue(m.owner, issue{machineNo: m.no, product: p.id, length: 6, count: 1}, object{
			"machine_no": m.no, "method": "pickup_code.product.id", "product_id": digits(p.id),
		})
	}
	r.then(issueOne)
	last := func() *code { return m.codes[len(m.codes)-1] }
	r.then(func() {
		if r.chance("used", 2) {
			r.redeemOne(m, last())
		} else {
			r.call(m.owner, http.MethodPut, "/pickup_codes", object{
				"machine_no": m.no, "method": "pickup_code.delete.id", "id": digits(last().id),
			}, r.cancelCode(m.owner, m.no, last().id))
		}
	})
	r.step(r.number("days", 85, 95) * 24 * 3_600_000)
	r.then(r.reviveAll)
	r.then(issueOne)
	r.redeemOne(m, last())
}

func (r *random) redeemOne(m *machine, c *code) {
	r.sendConsumption(m.owner, consumption{
		machineNo: m.no, code: c.value, product: c.product.id, url: r.url(), trade: r.tradeID(),
	})
}

// attempt dispenses a record, with or without a hand-over.
func (r *random) attempt(rec *record) {
	o := rec.order
	r.then(func() { r.sendDispense(o.owner, o.machine.no, o.id, rec.id, true) })
	if d := rec.newest(); d != nil && d.commandOpen && r.chance("handed over", 2) {
		r.then(func() { r.handOverOne(d) })
	}
}

// reviveAll brings every machine back into service and online.
func (r *random) reviveAll() {
	r.repair()
	for _, m := range r.machines {
		r.beat(m)
	}
}

func (r *random) then(do func()) {
	do()
	r.compare()
}
