package model

import (
	"slices"
	"time"
)

// issue is a request of openapi.md §7.8 (product set) or §7.9.
type issue struct {
	machineNo string
	product   int64
	all       bool
	length    int64
	count     int64
	expiredAt string
}

// issueCodes is openapi.md §7.8 and §7.9. The codes it makes have neither id
// nor value yet.
func (w *world) issueCodes(m *merchant, req issue) (reply, []*code) {
	if req.length < 6 || req.length > 10 {
		return refuse(10031), nil
	}
	if !req.all && req.count < 1 {
		return refuse(10033), nil
	}
	if req.expiredAt != "" && !isDateTime(req.expiredAt) {
		return refuse(10032), nil
	}
	at, r := w.gated(m, req.machineNo, gate{transfer: true})
	if !r.ok() {
		return r, nil
	}
	if !at.codesEnabled {
		return refuse(10023), nil
	}
	expires := int64(0)
	if req.expiredAt != "" {
		t, _ := time.ParseInLocation("2006-01-02 15:04:05", req.expiredAt, at.zone)
		if expires = t.UnixMilli(); expires <= w.now {
			return refuse(10032), nil
		}
	}
	wanted := map[*product]int64{}
	if req.all {
		for _, p := range at.products {
			if p.hasGood && p.onSale {
				wanted[p] = 1
			}
		}
	} else {
		p, r := at.product(req.product)
		switch {
		case !r.ok():
			return r, nil
		case !p.onSale:
			return refuseProduct(60002, p.id), nil
		case req.count > p.capacity:
			return refuseWith(10033, object{"max": p.capacity}), nil
		}
		wanted[p] = req.count
	}
	var made []*code
	for _, p := range at.products {
		for range wanted[p] {
			made = append(made, &code{machine: at, product: p, quantity: 1, state: "UNUSED", created: w.now, expires: expires})
		}
	}
	at.codes = append(at.codes, made...)
	return reply{}, made
}

func isDateTime(text string) bool {
	_, err := time.Parse("2006-01-02 15:04:05", text)
	return err == nil
}

// stateAt is the state of a code with its expiry taken into account.
func (c *code) stateAt(now int64) string {
	if c.state == "UNUSED" && c.expires != 0 && now >= c.expires {
		return "EXPIRED"
	}
	return c.state
}

func (w *world) expireCodes() {
	for _, m := range w.machines {
		for _, c := range m.codes {
			if state := c.stateAt(w.now); state != c.state {
				w.note("code expired by the sweep")
				c.state, c.finished = state, c.expires
			}
		}
	}
}

// cancelCode is openapi.md §7.10.
func (w *world) cancelCode(m *merchant, machineNo string, id int64) reply {
	at, r := w.gated(m, machineNo, gate{transfer: true})
	if !r.ok() {
		return r
	}
	for _, c := range at.codes {
		if c.id != id {
			continue
		}
		if c.state == "USED" {
			return refuseWith(10025, object{"order_id": c.order.id})
		}
		w.cancel(c)
		return reply{}
	}
	return refuse(80002)
}

func (w *world) cancel(c *code) {
	if c.stateAt(w.now) == "UNUSED" {
		c.state, c.finished = "CANCELLED", w.now
		w.send(c.machine, "client.pickup_codes.delete", map[string]string{"id": digits(c.id)})
	}
}

// cancelAllCodes is openapi.md §7.11.
func (w *world) cancelAllCodes(m *merchant, machineNo string) reply {
	at, r := w.gated(m, machineNo, gate{transfer: true})
	if r.ok() {
		for _, c := range at.codes {
			w.cancel(c)
		}
	}
	return r
}

// listCodes is openapi.md §7.12.
func (w *world) listCodes(m *merchant, machineNo string, productID int64) reply {
	at, r := w.gated(m, machineNo, gate{transfer: true})
	if !r.ok() {
		return r
	}
	p, r := at.product(productID)
	if !r.ok() {
		return r
	}
	rows := []any{}
	for _, c := range at.codes { // ascending by id
		if c.product != p || c.stateAt(w.now) != "UNUSED" {
			continue
		}
		row := object{
			"id": c.id, "code": c.value, "status": "UNUSED", "created_at": at.dateTime(c.created), "quantity": c.quantity,
		}
		if c.expires != 0 {
			row["expired_at"] = at.dateTime(c.expires)
		}
		rows = append(rows, row)
	}
	return reply{data: rows}
}

// consumption is a request of openapi.md §7.13.
type consumption struct {
	machineNo, code, url, trade string
	product                     int64
}

// consume is consume.md §3, steps 15 to 30, and §4.
func (w *world) consume(m *merchant, req consumption) reply {
	at, r := w.machine(m, req.machineNo)
	if !r.ok() {
		return r
	}
	var c *code // the newest row of this value
	for _, each := range at.codes {
		if each.value == req.code {
			c = each
		}
	}
	if o := w.orderByKey(m, keyOf(req.trade)); o != nil {
		if o.machine == at && o.code != nil && o.code.value == req.code {
			w.note("consumption repeated")
			return refuseWith(10025, object{"order_id": o.id})
		}
		return refuseWith(40002, object{"order_id": o.id})
	}
	if c != nil && c.state == "USED" {
		w.note("code used before under another trade_id")
		return refuseWith(10025, object{"order_id": c.order.id})
	}
	if w.now < at.wrongLockUntil {
		w.note("wrong-code lock held")
		return refuseWith(10029, object{"retry_after": seconds(at.wrongLockUntil - w.now)})
	}
	if !at.codesEnabled {
		return refuse(10023)
	}
	if r := at.pass(gate{transfer: true, operation: true, online: true, debugHelps: true}); !r.ok() {
		return r
	}
	switch {
	case c == nil:
		return w.wrongCode(at, 10024)
	case c.stateAt(w.now) == "CANCELLED":
		return w.wrongCode(at, 10027)
	case c.stateAt(w.now) == "EXPIRED":
		return w.wrongCode(at, 10026)
	case c.product.id != req.product:
		return w.wrongCode(at, 10028)
	}
	p, r := at.sellable(c.product.id, c.quantity)
	if !r.ok() {
		return r
	}
	return w.redeem(m, at, p, c, req)
}

// wrongCode counts an answer (consume.md §5).
func (w *world) wrongCode(at *machine, code int) reply {
	at.wrong = slices.DeleteFunc(at.wrong, func(t int64) bool { return t <= w.now-600_000 })
	at.wrong = append(at.wrong, w.now)
	if len(at.wrong) >= 10 {
		at.wrong, at.wrongLockUntil = nil, w.now+600_000
	}
	return refuse(code)
}

func (w *world) redeem(m *merchant, at *machine, p *product, c *code, req consumption) reply {
	o := &order{
		owner: m, machine: at, trade: req.trade, key: keyOf(req.trade), status: pickupCode, date: at.date(w.now),
		amount: p.price * c.quantity, url: req.url, code: c,
	}
	rec := &record{order: o, product: p, quantity: c.quantity, price: o.amount, state: "WAITING_PICKED_UP"}
	o.records = []*record{rec}
	rec.take(c.quantity)
	c.state, c.finished, c.order = "USED", w.now, o
	w.orders = append(w.orders, o)
	w.send(at, "client.pickup_codes.delete", map[string]string{"id": digits(c.id)})
	return reply{learn: func(got map[string]any) any {
		w.adopt(o, number(got["order_id"]))
		return object{
			"order_id": o.id, "trade_id": shownAs(req.trade), "date": o.date, "amount": money(o.amount),
			"status": "PICKUPCODE", "pickup_code_id": c.id,
			"records": []any{object{
				"id": rec.id, "product_id": p.id, "quantity": c.quantity, "price": money(o.amount),
				"status": "未取货", "notify_sent": "0",
			}},
		}
	}}
}
