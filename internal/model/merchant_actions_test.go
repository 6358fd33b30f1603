package model

import (
	"fmt"
	"net/http"
)

func (r *random) issue() {
	m := r.anyMachine()
	req := issue{
		machineNo: r.machineNo(m), all: r.chance("all", 4), length: 6, count: r.number("count", 1, 3),
		product: r.productID(m),
	}
	payload := object{"machine_no": req.machineNo, "method": "pickup_code.product.id", "product_id": digits(req.product)}
	switch r.number("variant", 1, 12) {
	case 12:
		req.length = r.number("length", 5, 11)
		payload["code_length"] = digits(req.length)
	case 11:
		req.count = r.number("many", 0, 9)
	case 10:
		req.expiredAt = "2024-02-30 00:00:00"
	case 6, 7, 8, 9:
		req.expiredAt = m.dateTime(r.now + r.number("lives", -60, 1800)*1000)
	}
	payload["count"] = digits(req.count)
	if req.expiredAt != "" {
		payload["expired_at"] = req.expiredAt
	}
	if req.all {
		payload["method"] = "pickup_code.product.all"
		delete(payload, "product_id")
	}
	r.sendIssue(r.caller(m.owner), req, payload)
}

func (r *random) sendIssue(by *merchant, req issue, payload object) {
	want, made := r.issueCodes(by, req)
	r.call(by, http.MethodPost, "/pickup_codes", payload, want)
	r.adoptCodes(made)
	for _, c := range made {
		fields := map[string]string{
			"id": digits(c.id), "product_id": digits(c.product.id), "code": c.value, "quantity": "1", "used": "0",
		}
		if c.expires != 0 {
			fields["expired_at"], fields["expired_day"] = digits(c.expires), c.machine.dateTime(c.expires)
		}
		r.send(c.machine, "client.pickup_codes.create", fields)
		if int64(len(c.value)) != req.length {
			r.t.Fatalf("code %s has not %d digits", c.value, req.length)
		}
	}
}

func (r *random) cancelCodes() {
	m := r.anyMachine()
	no, by := r.machineNo(m), r.caller(m.owner)
	payload := object{"machine_no": no, "method": "pickup_code.delete.all"}
	if r.chance("all", 8) {
		r.call(by, http.MethodPut, "/pickup_codes", payload, r.cancelAllCodes(by, no))
		return
	}
	c := r.anyCode(m)
	if r.chance("other machine's", 10) {
		c = r.anyCode(r.anyMachine())
	}
	payload["method"], payload["id"] = "pickup_code.delete.id", digits(c.id)
	r.call(by, http.MethodPut, "/pickup_codes", payload, r.cancelCode(by, no, c.id))
}

func (r *random) list() {
	m := r.anyMachine()
	no, by, id := r.machineNo(m), r.caller(m.owner), r.productID(m)
	path := fmt.Sprintf("/products/%d/pickup_code", id)
	r.call(by, http.MethodPost, path, object{"machine_no": no}, r.listCodes(by, no, id))
}

func (r *random) consumeCode() {
	m := r.anyMachine()
	c := r.anyCode(m)
	req := consumption{
		machineNo: r.machineNo(m), code: c.value, product: c.product.id, url: r.url(), trade: r.tradeID(),
	}
	switch r.number("variant", 1, 14) {
	case 14:
		req.code = "10101010"
	case 13:
		req.product = r.productID(m)
	case 12, 11:
		if c.order != nil { // again, with its own order number
			req.trade = r.otherForm(c.order.trade)
		}
	}
	r.sendConsumption(r.caller(m.owner), req)
}

func (r *random) sendConsumption(by *merchant, req consumption) {
	r.call(by, http.MethodPost, "/consumes", object{
		"machine_no": req.machineNo, "method": "event.consume.pickup_code", "code": req.code,
		"product_id": digits(req.product), "notify_url": req.url, "trade_id": req.trade,
	}, r.consume(by, req))
}

// guess sends wrong codes until the machine may be locked.
func (r *random) guess() {
	m := r.anyMachine()
	for range r.number("guesses", 1, 11) {
		r.sendConsumption(m.owner, consumption{
			machineNo: m.no, code: "1234567", product: m.products[0].id, url: r.url(), trade: r.tradeID(),
		})
		r.step(r.number("pause", 0, 90) * 1000)
	}
}

func (r *random) order() {
	m := r.anyMachine()
	req := newOrder{machineNo: r.machineNo(m), url: r.url(), trade: r.tradeID()}
	var products []any
	for range r.number("lines", 1, 3) {
		l := line{product: r.productID(m), quantity: 1}
		if r.chance("several", 3) {
			l.quantity = r.number("quantity", 2, 4)
		}
		req.lines = append(req.lines, l)
		products = append(products, object{"product_id": l.product, "quantity": l.quantity})
	}
	r.sendOrder(r.caller(m.owner), req, products)
}

func (r *random) sendOrder(by *merchant, req newOrder, products []any) {
	r.call(by, http.MethodPost, "/orders", object{
		"machine_no": req.machineNo, "notify_url": req.url, "trade_id": req.trade, "products": products,
	}, r.createOrder(by, req))
}

func (r *random) query() {
	o := r.anyOrder()
	if o == nil {
		return
	}
	name, no, by := r.orderName(o), r.machineNo(o.machine), r.caller(o.owner)
	r.call(by, http.MethodPost, "/orders/"+name, object{"machine_no": no}, r.queryOrder(by, no, name))
}

func (r *random) pay()         { r.put([]int64{1}) }
func (r *random) putAnything() { r.put([]int64{1, 2, 3, 4, 5, 6, 7, 0}) }
func (r *random) end()         { r.put([]int64{2, 3, 4}) }

func (r *random) put(among []int64) {
	o := r.anyOrder()
	if o == nil {
		return
	}
	r.sendPut(r.caller(o.owner), r.machineNo(o.machine), r.orderName(o), oneOf(r, "status", among))
}

func (r *random) sendPut(by *merchant, no, name string, to int64) {
	r.call(by, http.MethodPut, "/orders/"+name, object{"machine_no": no, "status": digits(to)}, r.setStatus(by, no, name, to))
}

func (r *random) dispenseAny() {
	if rec := r.anyRecord(); rec != nil {
		r.dispense(rec)
	}
}

// dispenseUseful takes a record that can be dispensed, if there is one.
func (r *random) dispenseUseful() {
	var useful []*record
	for _, o := range r.orders {
		for _, rec := range o.records {
			paid := o.status == success || o.status == pickupCode
			if paid && (rec.state == "WAITING_PICKED_UP" || rec.state == "IS_FAILED" || rec.state == "IS_TIMEOUT") {
				useful = append(useful, rec)
			}
		}
	}
	if rec := recent(r, "record", useful); rec != nil {
		r.dispense(rec)
	}
}

func (r *random) dispense(rec *record) {
	orderID, recordID := rec.order.id, rec.id
	switch r.number("variant", 1, 20) {
	case 20:
		recordID = r.anyRecord().id
	case 19:
		orderID = r.anyOrder().id
	}
	r.sendDispense(r.caller(rec.order.owner), r.machineNo(rec.order.machine), orderID, recordID, r.chance("force", 2))
}

func (r *random) sendDispense(by *merchant, no string, orderID, recordID int64, force bool) {
	payload := object{
		"machine_no": no, "method": "device.delivery.put", "order_id": digits(orderID), "record_id": digits(recordID),
	}
	if force {
		payload["force"] = "1"
	}
	r.call(by, http.MethodPost, "/deliveries", payload, r.deliver(by, no, orderID, recordID, force))
}

func (r *random) test() {
	m := r.anyMachine()
	no, by, url := r.machineNo(m), r.caller(m.owner), r.url()
	channel := oneOf(r, "channel", []string{"A1", "A1", "A2", "A3", "A4", "B1", "Z9"})
	r.call(by, http.MethodPost, "/deliveries/debug", object{
		"machine_no": no, "method": "device.delivery.put", "channel_name": channel, "notify_url": url,
	}, r.debugDeliver(by, no, channel, url))
}

func (r *random) result() {
	d := recent(r, "delivery", r.allDeliveries(anyDelivery))
	if d == nil {
		return
	}
	id := d.wireID()
	if r.chance("unknown", 12) {
		id = "1000000000000001"
	}
	no, by := r.machineNo(d.record.order.machine), r.caller(d.record.order.owner)
	r.call(by, http.MethodPost, "/deliveries/"+id, object{"machine_no": no}, r.queryDelivery(by, no, id))
}

func (r *random) restock() {
	m := r.anyMachine()
	no, by, level := r.machineNo(m), r.caller(m.owner), r.number("level", 0, 7)
	addr := r.number("addr", 1, 3)
	payload := object{"machine_no": no, "addr": digits(addr)}
	var want reply
	switch r.number("kind", 1, 3) {
	case 1:
		id := r.productID(m)
		payload["method"], payload["product_id"], payload["current_inventory"] = "replenishment.product.id", digits(id), digits(level)
		want = r.replenish(by, no, id, level)
	case 2:
		id := oneOf(r, "category", []int64{m.categories["drinks"], m.categories["snacks"], 999_999})
		if r.chance("other machine's", 10) {
			id = r.anyMachine().categories["drinks"]
		}
		payload["method"], payload["category_id"], payload["current_inventory"] = "replenishment.category.id", digits(id), digits(level)
		want = r.replenishCategory(by, no, id, addr, level)
	case 3:
		payload["method"] = "replenishment.machine.all"
		want = r.replenishAll(by, no, addr)
	}
	r.call(by, http.MethodPost, "/replenishments", payload, want)
}

// shelf compares what the shop window shows of stock.
func (r *random) shelf() {
	m := r.anyMachine()
	no, by := r.machineNo(m), r.caller(m.owner)
	got := r.sys.call(by, http.MethodPost, "/products", object{"machine_no": no, "select_all": "1"})
	if page, ok := got.data.(map[string]any); ok && got.code == 0 {
		var rows []any
		for _, each := range page["data"].([]any) {
			p := each.(map[string]any)
			rows = append(rows, object{"id": p["id"], "current_inventory": p["current_inventory"], "inventory": p["inventory"]})
		}
		got.data = rows
	}
	r.expect("products of "+no, got, r.shownStock(by, no))
}
