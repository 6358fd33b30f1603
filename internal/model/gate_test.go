package model

import (
	"fmt"
	"strconv"
	"time"
)

// reply is what the contract says an endpoint answers.
type reply struct {
	code int
	data any // nil is {}
	// learn takes the ids of new rows over from a success and returns the data
	// that is expected with them.
	learn func(got map[string]any) any
}

func (r reply) ok() bool { return r.code == 0 }

type object = map[string]any

func refuse(code int) reply { return reply{code: code} }

func refuseWith(code int, data object) reply { return reply{code: code, data: data} }

func refuseProduct(code int, id int64) reply { return refuseWith(code, object{"product_id": id}) }

// gate is what an endpoint asks of a machine (openapi.md §3.2).
type gate struct{ transfer, operation, online, debugHelps bool }

// machine finds a merchant's machine by its number: 30003 for anybody else's.
func (w *world) machine(m *merchant, no string) (*machine, reply) {
	for _, each := range w.machines {
		if each.no == no && each.owner == m {
			return each, reply{}
		}
	}
	return nil, refuse(30003)
}

func (m *machine) pass(g gate) reply {
	switch {
	case g.transfer && m.status == "TRANSFER":
		return refuse(30006)
	case g.operation && m.status != "OPERATIONAL":
		return refuse(30004)
	case g.online && !m.online && (!g.debugHelps || !m.owner.debug):
		return refuse(30002)
	}
	return reply{}
}

// gated is both.
func (w *world) gated(m *merchant, no string, g gate) (*machine, reply) {
	found, r := w.machine(m, no)
	if r.ok() {
		r = found.pass(g)
	}
	return found, r
}

// product finds a product of this machine that has a good, or the refusal.
func (m *machine) product(id int64) (*product, reply) {
	for _, p := range m.products {
		if p.id == id && p.hasGood {
			return p, reply{}
		}
	}
	return nil, refuseProduct(60001, id)
}

// sellable is what orders and consumption ask of a product, in their common
// order: 60001, 60002, 60006, 60003. No channel of the shop is ever missing.
func (m *machine) sellable(id, pieces int64) (*product, reply) {
	p, r := m.product(id)
	switch {
	case !r.ok():
		return nil, r
	case !p.onSale:
		return p, refuseProduct(60002, id)
	case p.floor != "1":
		return p, refuseWith(60006, object{"floor_status": p.floor})
	case p.stock < pieces:
		return p, refuseProduct(60003, id)
	}
	return p, reply{}
}

func (m *machine) dateTime(ms int64) string {
	return time.UnixMilli(ms).In(m.zone).Format("2006-01-02 15:04:05")
}

func (m *machine) date(ms int64) string { return m.dateTime(ms)[:10] }

func money(minor int64) string { return fmt.Sprintf("%d.%02d", minor/100, minor%100) }

func seconds(ms int64) int64 { return max(1, (ms+999)/1000) }

func digits(n int64) string { return strconv.FormatInt(n, 10) }
