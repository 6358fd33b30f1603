package model

import (
	"fmt"
	"strings"
)

// Order statuses of openapi.md §6.2.
const (
	notPay, success, refund, closed, revoked int64 = 0, 1, 2, 3, 4
	userPaying, payError, pickupCode         int64 = 5, 6, 7
	testPay, expired                         int64 = 8, 9
)

func statusName(s int64) string {
	return []string{
		"NOTPAY", "SUCCESS", "REFUND", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR", "PICKUPCODE", "TESTPAY", "CLOSED",
	}[s]
}

// puts is the table of openapi.md §6.2 for PUT 1 to PUT 6: "" is the new
// status, "R" also returns the stock, "=" is a no-op, "x" is 40006.
func puts() map[int64][6]string {
	return map[int64][6]string{
		notPay:     {"", "R", "R", "R", "", "R"},
		userPaying: {"", "R", "R", "R", "=", "R"},
		success:    {"=", "R", "R", "R", "x", "x"},
		pickupCode: {"x", "R", "R", "R", "x", "x"},
		refund:     {"x", "=", "x", "x", "x", "x"},
		closed:     {"x", "x", "=", "x", "x", "x"},
		revoked:    {"x", "x", "x", "=", "x", "x"},
		payError:   {"x", "x", "x", "x", "x", "="},
		testPay:    {"x", "x", "x", "x", "x", "x"},
	}
}

// keyOf is the look-up key of a trade_id (consume.md §2).
func keyOf(trade string) string {
	bare := strings.ToLower(strings.ReplaceAll(trade, "-", ""))
	if len(bare) == 32 && strings.Trim(bare, "0123456789abcdef") == "" && (len(trade) == 32 || len(trade) == 36) {
		return bare
	}
	return trade
}

// shownAs is how `consumes` shows a trade_id.
func shownAs(trade string) string {
	k := keyOf(trade)
	if len(k) != 32 || strings.Trim(k, "0123456789abcdef") != "" {
		return trade
	}
	return strings.Join([]string{k[:8], k[8:12], k[12:16], k[16:20], k[20:]}, "-")
}

func (w *world) orderByKey(m *merchant, key string) *order {
	for _, o := range w.orders {
		if o.owner == m && o.key == key {
			return o
		}
	}
	return nil
}

// line is one product of a new order.
type line struct{ product, quantity int64 }

type newOrder struct {
	machineNo, url, trade string
	lines                 []line
}

// createOrder is openapi.md §7.14.
func (w *world) createOrder(m *merchant, req newOrder) reply {
	at, r := w.machine(m, req.machineNo)
	if !r.ok() {
		return r
	}
	if old := w.orderByKey(m, keyOf(req.trade)); old != nil {
		w.note("trade_id of another order")
		return refuseWith(40002, object{"order_id": old.id})
	}
	if r := at.pass(gate{transfer: true, operation: true, online: true, debugHelps: true}); !r.ok() {
		return r
	}
	sum := map[int64]int64{}
	for _, l := range req.lines {
		sum[l.product] += l.quantity
	}
	o := &order{
		owner: m, machine: at, trade: req.trade, key: keyOf(req.trade), status: notPay, url: req.url,
		date: at.date(w.now), expires: w.now + 1_200_000,
	}
	for _, l := range req.lines {
		p, r := at.sellable(l.product, sum[l.product])
		if !r.ok() {
			return r
		}
		o.amount += p.price * l.quantity
		o.records = append(o.records, &record{
			order: o, product: p, quantity: l.quantity, price: p.price * l.quantity, state: "WAITING_PICKED_UP",
		})
	}
	for i, rec := range o.records {
		if rec.product.floorType == 3 && rec.product.dropSeen && rec.quantity > 1 {
			return refuseWith(10001, object{"field": fmt.Sprintf("products[%d].quantity", i), "reason": "single_item_only"})
		}
	}
	for _, rec := range o.records {
		rec.take(rec.quantity)
	}
	w.orders = append(w.orders, o)
	return reply{learn: func(got map[string]any) any {
		w.adopt(o, number(got["order_id"]))
		return object{"order_id": o.id}
	}}
}

// findOrder is the order a path names, for a machine: 30003, 80002, 40005.
func (w *world) findOrder(m *merchant, machineNo, name string) (*order, reply) {
	at, r := w.machine(m, machineNo)
	if !r.ok() {
		return nil, r
	}
	for _, o := range w.orders {
		if o.owner != m || o.machine != at {
			continue
		}
		if len(name) < 20 && digits(o.id) == name || len(name) >= 20 && o.key == keyOf(name) {
			return o, w.refuseExpired(o)
		}
	}
	return nil, refuse(80002)
}

// refuseExpired expires an order whose time is over, lazily.
func (w *world) refuseExpired(o *order) reply {
	if o.due(w.now) {
		w.note("order expired lazily")
		w.expire(o)
	}
	if o.status != expired {
		return reply{}
	}
	return refuseWith(40005, object{"order_id": o.id, "trade_id": o.trade, "status": "CLOSED"})
}

func (o *order) due(now int64) bool {
	return (o.status == notPay || o.status == userPaying) && now >= o.expires
}

// expire is the 20-minute timer: status 9, stock returned, one message per
// record.
func (w *world) expire(o *order) {
	o.status, o.expires = expired, 0
	for _, r := range o.records {
		r.state = "IS_REFUND"
		r.giveBack(r.quantity)
		w.tell(callback{record: r, errorMsg: "Order Expired", expected: "expiry"})
	}
}

func (w *world) expireSweep() {
	for _, o := range w.orders {
		if o.due(w.now) {
			w.note("order expired by the sweep")
			w.expire(o)
		}
	}
}

// setStatus is openapi.md §7.16 with the table of §6.2.
func (w *world) setStatus(m *merchant, machineNo, name string, to int64) reply {
	if to < 1 || to > 6 {
		return refuse(40006)
	}
	o, r := w.findOrder(m, machineNo, name)
	if !r.ok() {
		return r
	}
	switch puts()[o.status][to-1] {
	case "x":
		return refuseWith(40006, object{"status": statusName(o.status)})
	case "R":
		w.returnRecords(o)
		o.status = to
	case "":
		o.status = to
	}
	if o.status != notPay && o.status != userPaying {
		o.expires = 0
	}
	return reply{data: ""}
}

// returnRecords is "R" of openapi.md §6.2.
func (w *world) returnRecords(o *order) {
	for _, r := range o.records {
		switch r.state {
		case "WAITING_PICKED_UP", "IS_FAILED", "IS_TIMEOUT":
		case "IS_DELIVERING":
			// Only a command that has not been handed over can be withdrawn.
			d := r.newest()
			if d.state != "PENDING" || !d.commandOpen || d.written {
				w.note("order ended while a record was being dispensed")
				continue
			}
			w.note("delivery cancelled before hand-over")
			d.state, d.finished, d.commandOpen = "CANCELLED", w.now, false
			o.machine.release(d)
		default:
			continue
		}
		r.state = "IS_REFUND"
		r.giveBack(r.quantity - r.delivered)
	}
}

func (o *order) ended() bool { return o.status == refund || o.status == closed || o.status == revoked }

// queryOrder is openapi.md §7.15.
func (w *world) queryOrder(m *merchant, machineNo, name string) reply {
	o, r := w.findOrder(m, machineNo, name)
	if !r.ok() {
		return r
	}
	data := object{
		"order_id": o.id, "trade_id": o.trade, "date": o.date, "amount": money(o.amount), "status": statusName(o.status),
	}
	if o.acknowledged > 0 {
		data["notify_send_count"] = o.acknowledged
	}
	if o.code != nil {
		data["pickup_code_id"] = o.code.id
	}
	var records []any
	for _, r := range o.records {
		row := object{
			"id": r.id, "product_id": r.product.id, "quantity": r.quantity, "price": money(r.price), "notify_sent": "0",
		}
		if r.notified {
			row["notify_sent"] = "1"
		}
		if o.status != notPay && o.status != userPaying {
			row["status"] = r.state
		}
		records = append(records, row)
	}
	data["records"] = records
	return reply{data: data}
}
