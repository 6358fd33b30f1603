package model

import "strings"

// legalMoves are the transitions of openapi.md §6.1–§6.4 that can happen within
// one step; to stay is always legal.
func legalMoves() map[string]map[string]string {
	return map[string]map[string]string{
		"code": {"UNUSED": "USED EXPIRED CANCELLED"},
		"order": {
			"0": "1 2 3 4 5 6 9",
			"5": "1 2 3 4 6 9",
			"1": "2 3 4",
			"7": "2 3 4",
		},
		"record": {
			"WAITING_PICKED_UP": "IS_DELIVERING IS_REFUND",
			"IS_DELIVERING":     "IS_SUCCESS IS_FAILED IS_TIMEOUT IS_REFUND",
			"IS_FAILED":         "IS_DELIVERING IS_REFUND IS_SUCCESS", // the last by a late success of an older delivery
			"IS_TIMEOUT":        "IS_DELIVERING IS_REFUND IS_SUCCESS IS_FAILED",
			"IS_SUCCESS":        "IS_PICKED_UP",
		},
		"delivery": {
			"PENDING": "SENT FAILED CANCELLED SUCCESS TIMEOUT",
			"SENT":    "SUCCESS FAILED TIMEOUT",
			"TIMEOUT": "SUCCESS FAILED",
			"SUCCESS": "PICKED_UP",
		},
		"command": {"QUEUED": "DONE EXPIRED"},
	}
}

// checkTransitions compares every state with that of the last look.
func (d *driver) checkTransitions(rows []row) {
	d.t.Helper()
	moves := legalMoves()
	for _, r := range rows {
		kind, _, _ := strings.Cut(r.name, " ")
		before, known := d.states[r.name]
		d.states[r.name] = r.state
		if moves[kind] == nil || !known || before == r.state {
			continue
		}
		if !strings.Contains(" "+moves[kind][before]+" ", " "+r.state+" ") {
			d.t.Fatalf("%s went from %s to %s", r.name, before, r.state)
		}
	}
}

// checkInvariants checks what must hold whatever has happened.
func (d *driver) checkInvariants() {
	d.t.Helper()
	net := map[*product]int64{}
	for _, o := range d.orders {
		for _, r := range o.records {
			net[r.product] += r.taken - r.returned
			d.checkRecord(r)
		}
	}
	for _, m := range d.machines {
		live := map[string]bool{}
		for _, c := range m.codes {
			if c.state == "UNUSED" && live[c.value] {
				d.t.Fatalf("two live codes %s on machine %s", c.value, m.no)
			}
			live[c.value] = live[c.value] || c.state == "UNUSED"
		}
		for _, p := range m.products {
			if p.stock < 0 || p.stock > p.capacity {
				d.t.Fatalf("product %d has %d of %d", p.id, p.stock, p.capacity)
			}
			if want := p.start + p.restocked - net[p] - p.cut + p.short; p.stock != want {
				d.t.Fatalf("product %d has %d pieces, its ledger says %d", p.id, p.stock, want)
			}
		}
	}
	keys := map[string]bool{}
	for _, o := range d.orders {
		key := o.owner.appID + " " + o.key
		if keys[key] {
			d.t.Fatalf("two orders of one trade key %s", key)
		}
		keys[key] = true
	}
}

// checkRecord checks that the stock bears what has become of a record: an open
// one holds its pieces, a returned one exactly those that left the machine.
func (d *driver) checkRecord(r *record) {
	d.t.Helper()
	var left, attempts int64
	for _, each := range r.deliveries {
		left += each.delivered
		if each.delivered > 0 || each.state == "SUCCESS" {
			attempts++
		}
	}
	net := r.taken - r.returned
	wrong := false
	switch {
	case attempts > 1:
		// Attempts that overlap after a time-out may drop more than was asked
		// for. The contract takes the surplus from the stock where there are
		// two successes, and is silent on parts; never is more taken than that.
		wrong = net > r.quantity+left
	case r.state == "IS_REFUND", r.order.status == testPay && r.state == "IS_FAILED":
		wrong = net != left
	default:
		wrong = net != r.quantity
	}
	if wrong {
		d.t.Fatalf("record %d (%s, %d pieces, %d left the machine) holds %d of the stock", r.id, r.state, r.quantity, left, net)
	}
}
