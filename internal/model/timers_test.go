package model

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// timer is one line of openapi.md §6.6 whose effect a sweep brings about.
type timer struct {
	name string
	// set makes what the timer is about and returns its name in the state.
	set   func(d *driver) string
	after time.Duration
	sweep string
	// before and then are the states on both sides, messages how many go to
	// the merchant.
	before, then string
	messages     int64
}

func timers() []timer {
	return []timer{
		{"unpaid order", newUnpaid, 20 * time.Minute, "unpaid", "0", "9", 2},
		{"unpaid order, user paying", func(d *driver) string {
			name := newUnpaid(d)
			d.put("1", 5)
			return name
		}, 20 * time.Minute, "unpaid", "5", "9", 2},
		{"delivery", func(d *driver) string { return d.dispensed(d.machines[0]) }, 2 * time.Minute, "time-outs", "PENDING", "TIMEOUT", 1},
		{"delivery that was sent", func(d *driver) string {
			name := d.dispensed(d.machines[0])
			d.handOverLast(acknowledged)
			return name
		}, 2 * time.Minute, "time-outs", "SENT", "TIMEOUT", 1},
		// 2024-04-29 01:20:55 UTC is when time begins.
		{"code, machine in New York", func(d *driver) string {
			return d.newCode(d.machines[0], "2024-04-28 21:30:55")
		}, 10 * time.Minute, "codes", "UNUSED", "EXPIRED", 0},
		{"code, machine without a zone", func(d *driver) string {
			return d.newCode(d.machines[1], "2024-04-29 09:30:55")
		}, 10 * time.Minute, "codes", "UNUSED", "EXPIRED", 0},
		{"silent machine", func(d *driver) string {
			return fmt.Sprintf("machine %d", d.machines[0].id)
		}, 10 * time.Minute, "silent", "1", "0", 0},
	}
}

// Every timer fires when it is due, not before, and once: in a process that
// runs on, after a restart in the middle, and at the start of a process that
// was down when it fell due.
func TestTimers(t *testing.T) {
	for _, timer := range timers() {
		for _, restart := range []string{"none", "in the middle", "while it fell due"} {
			t.Run(timer.name+"/restart "+restart, func(t *testing.T) {
				d := newDriver(t, t.TempDir(), 1)
				defer func() { d.sys.stop() }()
				name := timer.set(d)
				d.compare()
				ms := timer.after.Milliseconds()
				d.step(ms / 2)
				if restart == "in the middle" {
					d.sys.restart()
				}
				d.step(ms - ms/2 - 1)
				d.sweep(timer.sweep)
				d.check(name, timer.before, 0)
				if restart == "while it fell due" {
					d.sys.stop()
				}
				d.step(1)
				if restart == "while it fell due" {
					d.step(ms) // and stays down for a while
					d.must(d.sys.start())
				}
				for range 2 {
					d.sweep(timer.sweep)
					d.check(name, timer.then, timer.messages)
				}
			})
		}
	}
}

// check compares with the world, and with what the line of the table says.
func (d *driver) check(name, state string, messages int64) {
	d.t.Helper()
	d.compare()
	got := ""
	for _, r := range d.actual() {
		if r.name == name {
			got = r.state
			if r.state == "online" {
				got = r.rest
			}
		}
	}
	if got != state {
		d.t.Fatalf("%s is %s, want %s", name, got, state)
	}
	if n := d.sys.numbers("SELECT COUNT(*) FROM callbacks")[0]; n != messages {
		d.t.Fatalf("%d messages, want %d", n, messages)
	}
}

// newUnpaid makes an order of two records on the first machine.
func newUnpaid(d *driver) string {
	m := d.machines[0]
	req := newOrder{
		machineNo: m.no, url: "https://merchant.example/notify", trade: "20240429000000000001",
		lines: []line{{m.products[0].id, 2}, {m.products[1].id, 1}},
	}
	d.call(m.owner, http.MethodPost, "/orders", object{
		"machine_no": req.machineNo, "notify_url": req.url, "trade_id": req.trade, "products": []any{
			object{"product_id": req.lines[0].product, "quantity": 2}, object{"product_id": req.lines[1].product, "quantity": 1},
		},
	}, d.createOrder(m.owner, req))
	return fmt.Sprintf("order %d", d.orders[0].id)
}

func (d *driver) put(order string, status int64) {
	m := d.machines[0]
	d.call(m.owner, http.MethodPut, "/orders/"+order, object{"machine_no": m.no, "status": digits(status)},
		d.setStatus(m.owner, m.no, order, status))
}

// tryTest asks for a test dispense of a channel.
func (d *driver) tryTest(m *machine, channel string) reply {
	const url = "https://merchant.example/notify"
	want := d.debugDeliver(m.owner, m.no, channel, url)
	d.call(m.owner, http.MethodPost, "/deliveries/debug", object{
		"machine_no": m.no, "method": "device.delivery.put", "channel_name": channel, "notify_url": url,
	}, want)
	return want
}

func (d *driver) lastDelivery() *delivery { return d.orders[len(d.orders)-1].records[0].newest() }

func (d *driver) dispensed(m *machine) string {
	d.tryTest(m, "A1")
	return fmt.Sprintf("delivery %d", d.lastDelivery().id)
}

func (d *driver) handOverLast(how handOver) {
	last := d.lastDelivery()
	d.sys.handOver(last.id, how)
	d.handOver(last, how)
}

// newCode issues a code for the machine's first product.
func (d *driver) newCode(m *machine, expiredAt string) string {
	req := issue{machineNo: m.no, product: m.products[0].id, length: 6, count: 1, expiredAt: expiredAt}
	want, made := d.issueCodes(m.owner, req)
	d.call(m.owner, http.MethodPost, "/pickup_codes", object{
		"machine_no": m.no, "method": "pickup_code.product.id", "product_id": digits(req.product), "expired_at": expiredAt,
	}, want)
	d.adoptCodes(made)
	d.lastCommand = d.newest("commands")
	return fmt.Sprintf("code %d", made[0].id)
}

// A code is expired for everybody who looks from its time on, whether or not
// the sweep has been there (openapi.md §6.1).
func TestCodeExpiryWithoutSweep(t *testing.T) {
	d := newDriver(t, t.TempDir(), 1)
	defer func() { d.sys.stop() }()
	m := d.machines[0]
	d.newCode(m, "2024-04-28 21:30:55")
	c := m.codes[len(m.codes)-1]
	look := func() int {
		path := fmt.Sprintf("/products/%d/pickup_code", c.product.id)
		d.call(m.owner, http.MethodPost, path, object{"machine_no": m.no}, d.listCodes(m.owner, m.no, c.product.id))
		req := consumption{
			machineNo: m.no, code: c.value, url: "https://merchant.example/notify", trade: "20240429000000000001", product: c.product.id,
		}
		want := d.consume(m.owner, req)
		d.call(m.owner, http.MethodPost, "/consumes", object{
			"machine_no": m.no, "method": "event.consume.pickup_code", "code": req.code,
			"product_id": digits(req.product), "notify_url": req.url, "trade_id": req.trade,
		}, want)
		d.compare()
		return want.code
	}
	d.step(10 * 60_000)
	if got := look(); got != 10026 {
		t.Fatalf("consuming the code at its time: %d, want 10026", got)
	}
	d.call(m.owner, http.MethodPut, "/pickup_codes", object{
		"machine_no": m.no, "method": "pickup_code.delete.id", "id": digits(c.id),
	}, d.cancelCode(m.owner, m.no, c.id))
	d.compare()
	d.step(-1)
	if got := look(); got != 0 {
		t.Fatalf("consuming the code a millisecond before: %d, want 0", got)
	}
}

// The dispense lock by floor_type (openapi.md §4.2, §6.5). It needs no sweep,
// runs out to the millisecond, and is kept over a restart.
func TestDispenseLock(t *testing.T) {
	for _, c := range []struct {
		machine int
		channel string
		seconds int64
	}{
		{0, "A1", 30}, {0, "B1", 90}, {1, "A1", 15}, {1, "B1", 45},
	} {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%d s, restart %v", c.seconds, restart), func(t *testing.T) {
				d := newDriver(t, t.TempDir(), 1)
				defer func() { d.sys.stop() }()
				m := d.machines[c.machine]
				d.tryTest(m, c.channel)
				d.handOverLast(acknowledged)
				if restart {
					d.sys.restart()
				}
				for _, at := range []struct{ step, left int64 }{{0, c.seconds}, {(c.seconds - 1) * 1000, 1}, {999, 1}} {
					d.step(at.step)
					got := d.tryTest(m, "A1")
					data, _ := got.data.(object)
					if got.code != 30005 || data["retry_after"] != at.left {
						t.Fatalf("with %d s left: %d %v", at.left, got.code, data)
					}
					d.compare()
				}
				d.step(1)
				if got := d.tryTest(m, "A1"); got.code != 0 {
					t.Fatalf("at its end: %d, want 0", got.code)
				}
				d.compare()
			})
		}
	}
}
