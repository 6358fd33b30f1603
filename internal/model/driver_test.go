package model

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/vendlane/vendlane/internal/vending"
)

// driver leads the system and the world through the same steps and compares
// them.
type driver struct {
	t   tester
	sys *system
	*world
	// states are those of the last look, for legal transitions.
	states map[string]string
	// Rows up to these have been looked at.
	lastCallback, lastCommand, lastCode int64
	messages                            []*message
}

func newDriver(t tester, dir string, seed uint64) *driver {
	t.Helper()
	d := &driver{t: t, sys: newSystem(t, dir, seed), states: map[string]string{}}
	d.world = &world{now: startOfTime, seen: map[string]int{}, ids: d}
	d.readShop()
	d.lastCommand = d.newest("commands")
	for _, m := range d.machines {
		d.beat(m)
	}
	d.compare()
	return d
}

func (d *driver) newest(table string) int64 {
	return d.sys.numbers("SELECT COALESCE(MAX(id), 0) FROM " + table)[0]
}

func (d *driver) recordsOfOrder(orderID int64) []int64 {
	return d.sys.numbers("SELECT id FROM records WHERE order_id = $1 ORDER BY id", orderID)
}

func (d *driver) orderOfDelivery(deliveryID int64) int64 {
	if ids := d.sys.numbers("SELECT order_id FROM deliveries WHERE id = $1", deliveryID); len(ids) == 1 {
		return ids[0]
	}
	return 0
}

// readShop builds the world from the file the shop was made of, with the ids
// that it got.
func (d *driver) readShop() {
	ctx, floors := context.Background(), map[string]map[int64][3]int64{}
	var provisioned []*code
	for _, m := range shopFile().Merchants {
		row, err := d.sys.store.MerchantBySlug(ctx, m.Slug)
		d.must(err)
		owner := &merchant{id: row.ID, appID: m.AppID, secret: m.AppSecret, key: m.AppKey, debug: m.Debug}
		d.merchants = append(d.merchants, owner)
		for _, model := range m.Models {
			floors[model.Name] = map[int64][3]int64{}
			for _, b := range model.Boards {
				floors[model.Name][b.Addr] = [3]int64{b.FloorType, truth(b.Lift), truth(b.DropDetection)}
			}
		}
		prices := map[string]int64{"cola": 150, "nuts": 200}
		for _, file := range m.Machines {
			stored, err := d.sys.store.MachineByNo(ctx, file.MachineNo)
			d.must(err)
			at := &machine{
				id: stored.Machine.ID, no: file.MachineNo, owner: owner, status: "OPERATIONAL", codesEnabled: true,
				zone: vending.Zone(file.Timezone, defaultZone()), categories: map[string]int64{},
			}
			d.machines = append(d.machines, at)
			categories, err := d.sys.store.CategoriesOfMachine(ctx, at.id)
			d.must(err)
			for _, c := range categories {
				at.categories[c.Title] = c.ID
			}
			ids := d.sys.numbers("SELECT id FROM products WHERE machine_id = $1 ORDER BY id", at.id)
			for i, c := range file.Planogram {
				addr := max(1, c.Addr)
				board := floors[file.Model][addr]
				at.products = append(at.products, &product{
					id: ids[i], machine: at, category: at.categories[c.Category], price: prices[c.Good], hasGood: c.Good != "",
					onSale: !c.OffSale, capacity: c.Capacity, stock: c.Stock, start: c.Stock, floor: "1",
					name: fmt.Sprintf("%c%d", 'A'+addr-1, c.Motor+1), addr: addr, motor: c.Motor,
					floorType: board[0], lift: board[1] == 1, dropSeen: board[2] == 1,
				})
			}
			for _, c := range file.Codes {
				made := &code{machine: at, value: c.Code, quantity: c.Quantity, state: "UNUSED", created: startOfTime}
				for _, p := range at.products {
					if p.name == c.Channel {
						made.product = p
					}
				}
				if c.ExpiredAt != "" {
					made.expires, err = vending.ParseDateTime(c.ExpiredAt, at.zone)
					d.must(err)
				}
				at.codes = append(at.codes, made)
			}
			provisioned = append(provisioned, at.codes...)
		}
	}
	d.adoptCodes(provisioned)
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (d *driver) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatalf("%v", err)
	}
}

// adoptCodes gives codes that were just made their ids and, unless they have
// one, the values that were drawn, which must be good ones.
func (d *driver) adoptCodes(made []*code) {
	d.t.Helper()
	i := 0
	d.sys.rows(func(scan func(...any) error) error {
		var id int64
		var value string
		if err := scan(&id, &value); err != nil {
			return err
		}
		if i < len(made) {
			d.checkValue(made[i], value)
			made[i].id, made[i].value = id, value
		}
		i, d.lastCode = i+1, id
		return nil
	}, "SELECT id, code FROM pickup_codes WHERE id > $1 ORDER BY id", d.lastCode)
	if i != len(made) {
		d.t.Fatalf("%d new codes, want %d", i, len(made))
	}
}

func (d *driver) checkValue(c *code, value string) {
	d.t.Helper()
	if c.value != "" && c.value != value || value[0] == '0' {
		d.t.Fatalf("code has value %q, want %q or any that does not start with 0", value, c.value)
	}
	const ninetyDays = 90 * 24 * 3_600_000
	for _, other := range c.machine.codes {
		if other == c || other.value != value || other.id == 0 {
			continue
		}
		if other.state == "UNUSED" || other.finished > d.now-ninetyDays {
			d.t.Fatalf("value %s is drawn again within 90 days of code %d", value, other.id)
		}
		d.note("value of a code drawn again")
	}
}

// expect compares an answer with the reply of the world.
func (d *driver) expect(what string, got answer, want reply) {
	d.t.Helper()
	data := want.data
	if want.learn != nil && got.code == 0 {
		fields, _ := got.data.(map[string]any)
		data = want.learn(fields)
	}
	if data == nil {
		data = object{}
	}
	if got.status != http.StatusOK || got.code != want.code || !reflect.DeepEqual(got.data, plain(data)) {
		d.t.Fatalf("%s\n  answered %d %d %s\n  want     200 %d %s", what, got.status, got.code, text(got.data), want.code, text(data))
	}
}

// call sends a request and compares its answer and all effects.
func (d *driver) call(m *merchant, verb, path string, payload object, want reply) {
	d.t.Helper()
	what := fmt.Sprintf("%s %s of %s with %s", verb, path, m.appID, text(payload))
	d.t.Logf("%s → %d", what, want.code)
	d.expect(what, d.sys.call(m, verb, path, payload), want)
}

// plain turns a value into what reading its JSON gives.
func plain(v any) any {
	var out any
	if err := json.Unmarshal([]byte(text(v)), &out); err != nil {
		panic(err) // it was written from plain values
	}
	return out
}

func text(v any) string {
	out, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values only
	}
	return string(out)
}

// number reads a JSON number, parseDigits a decimal string; 0 if it is none.
func number(v any) int64 {
	f, _ := v.(float64)
	return int64(f)
}

func parseDigits(v any) int64 {
	s, _ := v.(string)
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || len(s) != 16 || strings.Trim(s, "0123456789") != "" {
		return 0
	}
	return n
}

// beat makes a machine send a heartbeat.
func (d *driver) beat(m *machine) {
	d.sys.heartbeat(m)
	m.online, m.lastBeat = true, d.now
}

// step moves both clocks.
func (d *driver) step(ms int64) {
	d.now += ms
	d.sys.now = d.now
	d.t.Logf("clock + %d ms", ms)
}

// sweep runs one of the periodic works on both sides.
func (d *driver) sweep(name string) {
	d.t.Helper()
	d.t.Logf("sweep %s", name)
	d.sys.sweep(name)
	switch name {
	case "unpaid":
		d.expireSweep()
	case "time-outs":
		d.timeOut()
	case "codes":
		d.expireCodes()
	case "silent":
		for _, m := range d.machines {
			if m.online && d.now-m.lastBeat >= 600_000 {
				d.note("machine fell silent")
				m.online = false
			}
		}
	}
}
