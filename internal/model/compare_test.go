package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vendlane/vendlane/signature"
)

// stateQuery reads everything that has a state: kind, id, state, the rest.
const stateQuery = `
SELECT 'product', id, floor_status, current_inventory || ' of ' || inventory FROM products
UNION ALL SELECT 'order', id, CAST(status AS TEXT), merchant_id || ' ' || machine_id || ' ' || trade_key || ' ' || trade_id
    || ' ' || expires_at || ' ' || amount || ' ' || notify_send_count || ' ' || pickup_code_id || ' ' || notify_url FROM orders
UNION ALL SELECT 'record', id, state, order_id || ' ' || product_id || ' ' || quantity || ' ' || price || ' ' || delivered
    || ' ' || delivery_id || ' ' || notify_sent FROM records
UNION ALL SELECT 'delivery', id, state, record_id || ' ' || quantity || ' ' || delivered || ' ' || delivered_at
    || ' ' || finished_at || ' ' || fail_reason FROM deliveries
UNION ALL SELECT 'code', id, state, machine_id || ' ' || product_id || ' ' || code || ' ' || quantity || ' ' || expired_at
    || ' ' || order_id FROM pickup_codes
UNION ALL SELECT 'lock', machine_id, 'held', delivery_id || ' ' || locked_until FROM dispense_locks WHERE locked_until > $1
UNION ALL SELECT 'wrong codes', machine_id, 'locked', CAST(locked_until AS TEXT) FROM wrong_codes WHERE locked_until > $1
UNION ALL SELECT 'machine', machine_id, 'online', CAST(is_online AS TEXT) FROM presence
UNION ALL SELECT 'command', delivery_id, state, CAST(COUNT(*) AS TEXT) FROM commands WHERE delivery_id <> 0
    GROUP BY delivery_id, state`

// row is one line of the state: its name, its state and the rest.
type row struct{ name, state, rest string }

func (d *driver) actual() []row {
	d.t.Helper()
	var all []row
	d.sys.rows(func(scan func(...any) error) error {
		var r row
		var kind string
		var id int64
		if err := scan(&kind, &id, &r.state, &r.rest); err != nil {
			return err
		}
		r.name = fmt.Sprintf("%s %d", kind, id)
		all = append(all, r)
		return nil
	}, stateQuery, d.now)
	return all
}

// wanted is the same from the world.
func (d *driver) wanted() []row {
	var all []row
	add := func(kind string, id int64, state string, rest ...any) {
		all = append(all, row{fmt.Sprintf("%s %d", kind, id), state, strings.TrimSuffix(fmt.Sprintln(rest...), "\n")})
	}
	for _, m := range d.machines {
		add("machine", m.id, "online", truth(m.online))
		if m.lockedBy != nil && d.now < m.lockUntil {
			add("lock", m.id, "held", m.lockedBy.id, m.lockUntil)
		}
		if d.now < m.wrongLockUntil {
			add("wrong codes", m.id, "locked", m.wrongLockUntil)
		}
		for _, p := range m.products {
			add("product", p.id, p.floor, p.stock, "of", p.capacity)
		}
		for _, c := range m.codes {
			add("code", c.id, c.state, m.id, c.product.id, c.value, c.quantity, c.expires, idOf(c.order))
		}
	}
	for _, o := range d.orders {
		codeID := int64(0)
		if o.code != nil {
			codeID = o.code.id
		}
		add("order", o.id, digits(o.status), o.owner.id, o.machine.id, o.key, o.trade, o.expires, o.amount,
			o.acknowledged, codeID, o.url)
		for _, r := range o.records {
			newest := int64(0)
			for _, each := range r.deliveries {
				newest = each.id
				add("delivery", each.id, each.state, r.id, each.quantity, each.delivered, each.at, each.finished, each.reason)
				add("command", each.id, commandState(each), 1)
			}
			add("record", r.id, r.state, o.id, r.product.id, r.quantity, r.price, r.delivered, newest, truth(r.notified))
		}
	}
	return all
}

func idOf(o *order) int64 {
	if o == nil {
		return 0
	}
	return o.id
}

func commandState(d *delivery) string {
	switch {
	case d.commandOpen:
		return "QUEUED"
	case d.expired:
		return "EXPIRED"
	}
	return "DONE"
}

// compare checks the whole state, the transitions that led to it, the messages
// of the step and the invariants.
func (d *driver) compare() {
	d.t.Helper()
	actual, wanted := d.actual(), d.wanted()
	if diff := difference(actual, wanted); diff != "" {
		d.t.Fatalf("the state is not what the contract makes of it:\n%s", diff)
	}
	d.checkTransitions(actual)
	d.checkCallbacks()
	d.checkCommands()
	d.checkInvariants()
	d.said, d.sent = nil, nil
}

// difference lists what is only on one side.
func difference(actual, wanted []row) string {
	count := map[row]int{}
	for _, r := range actual {
		count[r]++
	}
	for _, r := range wanted {
		count[r]--
	}
	maps.DeleteFunc(count, func(_ row, n int) bool { return n == 0 })
	var out []string
	for r, n := range count {
		side := "is    "
		if n < 0 {
			side = "wanted"
		}
		out = append(out, fmt.Sprintf("  %-24s %s %q %s", r.name, side, r.state, r.rest))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// checkCallbacks compares the new messages to merchants with the promised ones
// (consume.md §9.1, §9.2).
func (d *driver) checkCallbacks() {
	d.t.Helper()
	promised := d.said
	d.sys.rows(func(scan func(...any) error) error {
		var id, merchantID, orderID, recordID int64
		var url, body string
		if err := scan(&id, &merchantID, &orderID, &recordID, &url, &body); err != nil {
			return err
		}
		d.lastCallback = id
		i := slices.IndexFunc(promised, func(c callback) bool {
			return c.record.id == recordID && c.record.order.id == orderID && sameMembers(body, c.members())
		})
		if i < 0 {
			return fmt.Errorf("message %d was not promised: %s", id, body)
		}
		c := promised[i]
		promised = slices.Delete(slices.Clone(promised), i, i+1)
		o := c.record.order
		parsed, err := signature.ParseObject([]byte(body))
		if err != nil || !parsed.Verify(o.owner.key) || url != o.url || merchantID != o.owner.id {
			return fmt.Errorf("message %d to %s of merchant %d is not signed or addressed right: %s (%w)", id, url, merchantID, body, err)
		}
		c.record.message = &message{id: id, record: c.record}
		d.messages = append(d.messages, c.record.message)
		return nil
	}, "SELECT id, merchant_id, order_id, record_id, url, body FROM callbacks WHERE id > $1 ORDER BY id", d.lastCallback)
	for _, c := range promised {
		d.t.Fatalf("the promised message is missing: %s %v", c.expected, c.members())
	}
}

// members are those of the body but for sign.
func (c callback) members() object {
	o := c.record.order
	members := object{
		"deliver_status": digits(truth(c.success)), "error_msg": c.errorMsg, "machine_no": o.machine.no,
		"method": "device.delivery.response", "order_id": o.id, "record_id": c.record.id,
		"timestamp": digits(c.timestamp), "trade_id": o.trade,
	}
	if c.floor != "" {
		members["floor_status"] = c.floor
	}
	if c.delivery != nil {
		members["delivery_id"] = c.delivery.wireID()
	}
	return members
}

func sameMembers(body string, want object) bool {
	var got object
	if json.Unmarshal([]byte(body), &got) != nil {
		return false
	}
	delete(got, "sign")
	return text(got) == text(want)
}

// checkCommands compares the new down messages with those that must have been
// queued.
func (d *driver) checkCommands() {
	d.t.Helper()
	describe := func(machineID int64, method, fields string) string {
		if fields == "" || fields == "null" {
			fields = "{}"
		}
		return fmt.Sprintf("machine %d: %s %s", machineID, method, fields)
	}
	var got, want []string
	d.sys.rows(func(scan func(...any) error) error {
		var id, machineID int64
		var method, fields string
		if err := scan(&id, &machineID, &method, &fields); err != nil {
			return err
		}
		d.lastCommand = id
		got = append(got, describe(machineID, method, fields))
		return nil
	}, "SELECT id, machine_id, method, fields FROM commands WHERE id > $1 ORDER BY id", d.lastCommand)
	for _, c := range d.sent {
		want = append(want, describe(c.machine.id, c.method, text(c.fields)))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		d.t.Fatalf("down messages:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}
