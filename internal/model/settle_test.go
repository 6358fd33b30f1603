package model

import "cmp"

// result is a machine's report of one delivery (mqtt.md §6.2). delivered is -1
// and floor "" when left out.
type result struct {
	deliveryID string
	success    bool
	delivered  int64
	floor      string
	errorMsg   string
}

// report is mqtt.md §6.5. It tells whether the delivery is known on this
// machine.
func (w *world) report(at *machine, r result) bool {
	d := w.delivery(at, r.deliveryID)
	if d == nil {
		return false
	}
	pieces, state := min(r.delivered, d.quantity), "FAILED"
	if r.success {
		state = "SUCCESS"
	}
	if r.delivered < 0 {
		pieces = map[bool]int64{true: d.quantity, false: 0}[r.success]
	}
	switch d.state {
	case "PENDING", "SENT", "TIMEOUT":
	case "CANCELLED":
		if pieces > 0 && d.delivered == 0 {
			w.note("cancelled delivery dropped goods")
			d.delivered = pieces
			d.record.correct(pieces)
		}
		return true
	default:
		w.note("report of a settled delivery")
		return true
	}
	if d.state == "TIMEOUT" {
		w.note("late report")
	}
	floor := r.floor
	if r.success {
		floor = cmp.Or(floor, "1")
	}
	if floor != "" {
		d.record.product.floor = floor
	}
	reason := ""
	if !r.success {
		reason = cmp.Or(r.errorMsg, "Unknown Error")
	}
	w.finish(d, state, pieces, reason, floor)
	return true
}

// timeOut is the 120-second timer.
func (w *world) timeOut() {
	for _, o := range w.orders {
		for _, r := range o.records {
			for _, d := range r.deliveries {
				if d.open() && w.now >= d.at+timeoutAfter {
					w.note("delivery timed out")
					w.finish(d, "TIMEOUT", 0, "Delivery Timeout", "")
				}
			}
		}
	}
}

// finish ends a delivery and settles what hangs on it (openapi.md §5,
// §6.3–§6.5).
func (w *world) finish(d *delivery, state string, pieces int64, reason, floor string) {
	r := d.record
	d.state, d.delivered, d.reason, d.finished, d.commandOpen = state, pieces, reason, w.now, false
	if state != "TIMEOUT" {
		r.order.machine.release(d)
	}
	w.tell(callback{record: r, delivery: d, success: state == "SUCCESS", errorMsg: reason, floor: floor, expected: state})
	r.delivered += pieces
	if r.state == "IS_REFUND" {
		if pieces > 0 {
			w.note("goods of a refunded record left")
		}
		r.correct(pieces) // they were returned, and have left after all
		return
	}
	successes := 0
	for _, each := range r.deliveries {
		if each.state == "SUCCESS" {
			successes++
		}
	}
	if state == "SUCCESS" && successes > 1 {
		w.note("record dispensed twice")
		r.correct(pieces)
	}
	if state == "SUCCESS" && d != r.newest() {
		w.note("late success of an older delivery")
	}
	w.settle(r, successes > 0)
	if r.order.status == testPay && state == "FAILED" {
		r.giveBack(r.quantity - r.delivered)
	}
}

// settle gives a record the state its deliveries make of it.
func (w *world) settle(r *record, succeeded bool) {
	newest := r.newest()
	switch {
	case newest.open():
		return
	case succeeded:
		r.state = "IS_SUCCESS"
	case r.order.ended():
		w.note("record of an ended order returned when its result came")
		r.state = "IS_REFUND"
		r.giveBack(r.quantity - r.delivered)
	case newest.state == "TIMEOUT":
		r.state = "IS_TIMEOUT"
	default:
		r.state = "IS_FAILED"
	}
}
