package openapi_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/dispense"
)

// order makes an order of some pieces and returns its id and that of its
// record.
func (s *specAPI) order(t testing.TB, trade int, productID, quantity int) (orderID, recordID string) {
	t.Helper()
	c := specFind("POST", "/orders", "")
	c.payload = c.payload.with("trade_id", specTrade(trade), "products", []specFields{{"product_id": productID, "quantity": quantity}})
	s.want(t, 0, c)
	return s.ids(t)
}

// ids are those of the newest order and its record.
func (s *specAPI) ids(t testing.TB) (orderID, recordID string) {
	t.Helper()
	var order, record int64
	if err := s.sql.QueryRow("SELECT order_id, id FROM records ORDER BY id DESC LIMIT 1").Scan(&order, &record); err != nil {
		t.Fatal(err)
	}
	return strconv.FormatInt(order, 10), strconv.FormatInt(record, 10)
}

func specNewOrders(t *testing.T, s *specAPI) {
	c := specFind("POST", "/orders", "")
	lines := func(code, trade int, lines ...specFields) map[string]any {
		t.Helper()
		changed := c
		changed.payload = c.payload.with("trade_id", specTrade(trade), "products", lines)
		return s.want(t, code, changed)
	}
	lines(0, 1, specFields{"product_id": specCola, "quantity": 1}, specFields{"product_id": "205", "quantity": "1"})
	lines(40002, 1, specFields{"product_id": specCola, "quantity": 1})
	lines(60001, 2, specFields{"product_id": 999999, "quantity": 1})
	lines(60002, 2, specFields{"product_id": specOffSale, "quantity": 1})
	lines(60003, 2, specFields{"product_id": specCola, "quantity": 5}, specFields{"product_id": specCola, "quantity": 5})
	if got := lines(10001, 2, specFields{"product_id": specBelt, "quantity": 2}); got["reason"] != "single_item_only" {
		t.Errorf("two pieces from a belt: %v", got)
	}
	s.exec(t, "UPDATE products SET floor_status = '3' WHERE id = ?", specJammed)
	lines(60006, 2, specFields{"product_id": specJammed, "quantity": 1})
	s.exec(t, "UPDATE products SET channel_id = 0 WHERE id = ?", specOrphan)
	lines(60005, 2, specFields{"product_id": specOrphan, "quantity": 1})
}

// query and update are the calls about one order.
func specQuery(order string) specCall {
	c := specFind("POST", "/orders/{order_id}", "")
	c.value = order
	return c
}

func specUpdate(order, status string) specCall {
	c := specFind("PUT", "/orders/{order_id}", "")
	c.value, c.payload = order, c.payload.with("status", status)
	return c
}

// specOrderLife takes orders through every status and asks for them there.
func specOrderLife(t *testing.T, s *specAPI) {
	want := func(order, status string) {
		t.Helper()
		if got := s.want(t, 0, specQuery(order)); got["status"] != status {
			t.Errorf("order %s is %v, want %s", order, got["status"], status)
		}
	}
	for i, status := range []string{"SUCCESS", "REFUND", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR"} {
		order, _ := s.order(t, 10+i, specCola, 1)
		want(order, "NOTPAY")
		s.want(t, 0, specUpdate(order, strconv.Itoa(i+1)))
		s.want(t, 0, specUpdate(order, strconv.Itoa(i+1)))
		want(order, status)
		want(specTrade(10+i), status)
	}
	paid, _ := s.order(t, 20, specCola, 1)
	s.want(t, 0, specUpdate(paid, "1"))
	s.want(t, 40006, specUpdate(paid, "5"))
	s.exec(t, "UPDATE orders SET notify_send_count = 2 WHERE id = ?", paid)
	s.exec(t, "UPDATE records SET notify_sent = TRUE WHERE order_id = ?", paid)
	want(paid, "SUCCESS")

	unpaid, record := s.order(t, 21, specCola, 1)
	s.Advance(20 * time.Minute)
	s.want(t, 40005, specQuery(unpaid))
	s.want(t, 40005, specUpdate(unpaid, "1"))
	c := specFind("POST", "/deliveries", "device.delivery.put")
	c.payload = c.payload.with("order_id", unpaid, "record_id", record)
	s.want(t, 40005, c)
	s.want(t, 80002, specQuery("999999"))
	s.want(t, 80002, specQuery("x"))
	s.want(t, 80002, specUpdate("999999", "1"))
}

// deliver commands a record and returns the delivery's id.
func (s *specAPI) deliver(t testing.TB, code int, order, record string, more ...any) string {
	t.Helper()
	c := specFind("POST", "/deliveries", "device.delivery.put")
	c.payload = c.payload.with("order_id", order, "record_id", record).with(more...)
	id, _ := s.want(t, code, c)["delivery_id"].(string)
	return id
}

// report is the machine's result of a delivery.
func (s *specAPI) report(t testing.TB, delivery, order, record string, success bool) {
	t.Helper()
	r := dispense.Report{Success: success, Delivered: -1}
	if !success {
		r.ErrorMsg = "Slave Comm Error"
	}
	for text, n := range map[string]*int64{delivery: &r.DeliveryID, order: &r.OrderID, record: &r.RecordID} {
		var err error
		if *n, err = strconv.ParseInt(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.sql.QueryRow("SELECT id FROM machines WHERE machine_no = ?", specMachine).Scan(&r.MachineID); err != nil {
		t.Fatal(err)
	}
	if err := s.Dispense.TakeReport(t.Context(), r); err != nil {
		t.Fatal(err)
	}
}

// specDeliveries takes deliveries through every state and asks for them there.
func specDeliveries(t *testing.T, s *specAPI) {
	trade := 30
	paid := func(product int) (order, record string) {
		t.Helper()
		trade++
		order, record = s.order(t, trade, product, 1)
		s.want(t, 0, specUpdate(order, "1"))
		return order, record
	}
	want := func(delivery, state string) {
		t.Helper()
		c := specFind("POST", "/deliveries/{delivery_id}", "")
		c.value = delivery
		if got := s.want(t, 0, c); got["state"] != state {
			t.Errorf("delivery %s is %v, want %s", delivery, got["state"], state)
		}
	}
	unpaid, unpaidRecord := s.order(t, trade, specCola, 1)
	s.deliver(t, 40007, unpaid, unpaidRecord)
	s.deliver(t, 80002, unpaid, "999999")
	s.deliver(t, 80002, "999999", "1")
	s.want(t, 0, specUpdate(unpaid, "3"))
	s.deliver(t, 40009, unpaid, unpaidRecord)

	order, record := paid(specCola)
	done := s.deliver(t, 0, order, record)
	want(done, "PENDING")
	s.deliver(t, 40008, order, record)
	second, secondRecord := paid(specCola)
	s.deliver(t, 30005, second, secondRecord)
	s.exec(t, "UPDATE deliveries SET state = 'SENT' WHERE id = ?", done)
	want(done, "SENT")
	s.report(t, done, order, record, true)
	want(done, "SUCCESS")
	s.want(t, 0, specQuery(order))
	s.deliver(t, 40008, order, record)
	s.exec(t, "UPDATE deliveries SET state = 'PICKED_UP', pickup_at = ? WHERE id = ?", s.Now().UnixMilli(), done)
	s.exec(t, "UPDATE records SET state = 'IS_PICKED_UP' WHERE id = ?", record)
	want(done, "PICKED_UP")
	s.want(t, 0, specQuery(order))
	s.deliver(t, 40008, order, record)

	failed := s.deliver(t, 0, second, secondRecord)
	s.want(t, 0, specQuery(second))
	s.report(t, failed, second, secondRecord, false)
	want(failed, "FAILED")
	s.want(t, 0, specQuery(second))
	s.Advance(time.Second) // the ids of deliveries are in the order of time
	again := s.deliver(t, 0, second, secondRecord)
	s.Advance(2 * time.Minute)
	if err := s.Dispense.TimeoutSweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	want(again, "TIMEOUT")
	s.want(t, 0, specQuery(second))
	s.deliver(t, 40008, second, secondRecord)
	forced := s.deliver(t, 0, second, secondRecord, "force", "1")
	s.want(t, 0, specUpdate(second, "2"))
	want(forced, "CANCELLED")
	s.want(t, 0, specQuery(second))

	jammed, jammedRecord := paid(specJammed)
	s.exec(t, "UPDATE products SET floor_status = '47' WHERE id = ?", specJammed)
	s.deliver(t, 60006, jammed, jammedRecord)
	orphan, orphanRecord := paid(specOrphan)
	s.exec(t, "UPDATE products SET channel_id = 0 WHERE id = ?", specOrphan)
	s.deliver(t, 60005, orphan, orphanRecord)

	for _, id := range []string{"1234567890123456", "x", "1"} {
		c := specFind("POST", "/deliveries/{delivery_id}", "")
		c.value = id
		s.want(t, 404, c)
	}
}

func specTests(t *testing.T, s *specAPI) {
	base := specFind("POST", "/deliveries/debug", "device.delivery.put")
	try := func(code int, channel string) map[string]any {
		t.Helper()
		c := base
		c.payload = c.payload.with("channel_name", channel)
		return s.want(t, code, c)
	}
	try(60005, "Z99")
	try(60001, "A4")
	try(60003, "A3")
	delivery, _ := try(0, "A1")["delivery_id"].(string)
	try(30005, "A1")
	order, record := s.ids(t)
	if got := s.want(t, 0, specQuery(order)); got["status"] != "TESTPAY" {
		t.Errorf("the order of a test is %v", got["status"])
	}
	s.deliver(t, 40009, order, record)
	s.want(t, 40006, specUpdate(order, "2"))
	s.report(t, delivery, order, record, true)
	c := specFind("POST", "/deliveries/{delivery_id}", "")
	c.value = delivery
	s.want(t, 0, c)
	s.addCode(t, "300001", specCola)
	consume := specFind("POST", "/consumes", "event.consume.pickup_code")
	consume.payload = consume.payload.with("code", 300001)
	s.want(t, 0, consume)
	order, record = s.ids(t)
	if got := s.want(t, 0, specQuery(order)); got["status"] != "PICKUPCODE" || got["pickup_code_id"] == nil {
		t.Errorf("the order of a code: %v", got)
	}
	s.deliver(t, 0, order, record)
}

func specReplenishments(t *testing.T, s *specAPI) {
	with := func(method string, changes ...any) specCall {
		c := specFind("POST", "/replenishments", method)
		c.payload = c.payload.with(changes...)
		return c
	}
	const product, category, machine = "replenishment.product.id", "replenishment.category.id", "replenishment.machine.all"
	s.want(t, 0, with(product))
	s.want(t, 0, with(product, "current_inventory", 3, "max_total", "99"))
	s.want(t, 0, with(product, "current_inventory", specOmit, "max_total", "9"))
	s.want(t, 60004, with(product, "current_inventory", "10"))
	s.want(t, 60004, with(product, "current_inventory", "5000000"))
	s.want(t, 60001, with(product, "product_id", "999999"))
	s.want(t, 60001, with(product, "product_id", specNoGood))

	drinks := s.category(t, "Drinks")
	s.want(t, 80002, with(category, "category_id", "999999"))
	s.want(t, 0, with(category, "category_id", drinks))
	s.want(t, 0, with(category, "category_id", s.category(t, "Snacks")))
	s.want(t, 60004, with(category, "category_id", drinks, "current_inventory", "3"))
	s.want(t, 60005, with(category, "category_id", drinks, "cabinet_name", "C"))

	s.want(t, 0, with(machine))
	s.want(t, 0, with(machine, "addr", "2"))
	s.want(t, 60005, with(machine, "cabinet_name", "H"))
}
