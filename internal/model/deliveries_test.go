package model

// lockTime is the dispense lock time of a floor_type in seconds
// (openapi.md §4.2); what is not listed has 45.
func lockTime(floorType int64) int64 {
	if s, ok := map[int64]int64{1: 30, 2: 15, 3: 90}[floorType]; ok {
		return s
	}
	return 45
}

const timeoutAfter = 120_000

func (m *machine) release(d *delivery) {
	if m.lockedBy == d {
		m.lockedBy, m.lockUntil = nil, 0
	}
}

func (w *world) locked(m *machine) (reply, bool) {
	if m.lockedBy == nil || w.now >= m.lockUntil {
		return reply{}, false
	}
	w.note("dispense lock held")
	return refuseWith(30005, object{"delivery_id": m.lockedBy.wireID(), "retry_after": seconds(m.lockUntil - w.now)}), true
}

// deliver is openapi.md §7.17.
func (w *world) deliver(m *merchant, machineNo string, orderID, recordID int64, force bool) reply {
	at, r := w.gated(m, machineNo, gate{transfer: true, operation: true, online: true})
	if !r.ok() {
		return r
	}
	rec := w.recordOf(m, at, orderID, recordID)
	if rec == nil {
		return refuse(80002)
	}
	if r := w.refuseExpired(rec.order); !r.ok() {
		return r
	}
	switch rec.order.status {
	case notPay, userPaying, payError:
		return refuse(40007)
	case refund, closed, revoked, testPay:
		return refuse(40009)
	}
	switch {
	case rec.state == "IS_REFUND":
		return refuse(40009)
	case rec.state == "WAITING_PICKED_UP", rec.state == "IS_FAILED", rec.state == "IS_TIMEOUT" && force:
	default:
		d := rec.newest()
		return refuseWith(40008, object{"delivery_id": d.wireID(), "state": d.state})
	}
	if rec.product.floor != "1" {
		return refuseWith(60006, object{"floor_status": rec.product.floor})
	}
	if r, held := w.locked(at); held {
		return r
	}
	if rec.state == "IS_TIMEOUT" {
		w.note("new attempt after a time-out")
	}
	return w.start(rec)
}

func (w *world) recordOf(m *merchant, at *machine, orderID, recordID int64) *record {
	for _, o := range w.orders {
		if o.id != orderID || o.owner != m || o.machine != at {
			continue
		}
		for _, r := range o.records {
			if r.id == recordID {
				return r
			}
		}
	}
	return nil
}

// start accepts a dispense: delivery, record, lock and command.
func (w *world) start(rec *record) reply {
	p, at := rec.product, rec.order.machine
	d := &delivery{
		record: rec, quantity: max(1, rec.quantity-rec.delivered), state: "PENDING", at: w.now,
		commandOpen: true, window: lockTime(p.floorType),
	}
	rec.deliveries = append(rec.deliveries, d)
	rec.state = "IS_DELIVERING"
	at.lockedBy, at.lockUntil = d, w.now+d.window*1000
	return reply{learn: func(got map[string]any) any {
		d.id = parseDigits(got["delivery_id"])
		if rec.order.status == testPay {
			rec.order.trade = "TEST" + d.wireID()
			rec.order.key = rec.order.trade
			w.adopt(rec.order, w.ids.orderOfDelivery(d.id))
		}
		flag := map[bool]string{true: "1", false: "0"}
		w.send(at, "device.delivery.put", map[string]string{
			"delivery_id": d.wireID(), "order_id": digits(rec.order.id), "record_id": digits(rec.id),
			"product_id": digits(p.id), "code": digits(p.motor), "addr": digits(p.addr),
			"floor_type": digits(p.floorType), "is_lp": flag[p.lift], "is_dc": flag[p.dropSeen],
			"quantity": digits(d.quantity), "timeout": digits(d.window),
		})
		data := w.deliveryData(d)
		data["delivery_id"] = d.wireID()
		return data
	}}
}

// debugDeliver is openapi.md §7.19.
func (w *world) debugDeliver(m *merchant, machineNo, channel, url string) reply {
	at, r := w.gated(m, machineNo, gate{transfer: true, online: true})
	if !r.ok() {
		return r
	}
	var p *product
	for _, each := range at.products {
		if each.name == channel {
			p = each
		}
	}
	switch {
	case p == nil:
		return refuse(60005)
	case !p.hasGood:
		return refuseProduct(60001, p.id)
	case p.stock == 0:
		return refuseProduct(60003, p.id)
	}
	if r, held := w.locked(at); held {
		return r
	}
	o := &order{owner: m, machine: at, status: testPay, date: at.date(w.now), amount: p.price, url: url}
	rec := &record{order: o, product: p, quantity: 1, price: p.price}
	o.records = []*record{rec}
	rec.take(1)
	w.orders = append(w.orders, o)
	return w.start(rec)
}

// queryDelivery is openapi.md §7.18.
func (w *world) queryDelivery(m *merchant, machineNo, id string) reply {
	at, r := w.machine(m, machineNo)
	if !r.ok() {
		return r
	}
	d := w.delivery(at, id)
	if d == nil || d.record.order.owner != m {
		return refuse(404)
	}
	return reply{data: w.deliveryData(d)}
}

func (w *world) delivery(at *machine, id string) *delivery {
	for _, o := range w.orders {
		for _, r := range o.records {
			for _, d := range r.deliveries {
				if o.machine == at && d.wireID() == id {
					return d
				}
			}
		}
	}
	return nil
}

func (w *world) deliveryData(d *delivery) object {
	at := d.record.order.machine
	data := object{"delivered_at": at.dateTime(d.at), "state": d.state, "status": map[string]string{
		"PENDING": "未取货或正在出货", "SENT": "未取货或正在出货", "SUCCESS": "出货完成", "FAILED": "出货失败",
		"TIMEOUT": "出货超时", "CANCELLED": "订单取消，退回",
	}[d.state]}
	if d.finished != 0 {
		data["finished_at"] = at.dateTime(d.finished)
	}
	if d.reason != "" {
		data["fail_reason"] = d.reason
	}
	return data
}

// handOver is what becomes of one attempt to hand a command over
// (openapi.md §6.4, consume.md §8).
func (w *world) handOver(d *delivery, how handOver) {
	switch how {
	case acknowledged:
		d.written, d.acked = true, true
		if d.state == "PENDING" {
			d.state = "SENT"
		}
	case lost:
		d.written = true
	case gaveUp:
		d.commandOpen, d.expired = false, true
		if !d.written && d.state == "PENDING" {
			w.note("command never handed over")
			w.finish(d, "FAILED", 0, "Publish Failed", "")
		}
	}
}
