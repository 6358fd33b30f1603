package model

import (
	"context"
	"errors"

	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

func (r *random) reportOpen() {
	r.reportOne(recent(r, "delivery", r.allDeliveries(func(d *delivery) bool { return d.open() || d.state == "TIMEOUT" })))
}

func (r *random) reportLate() {
	r.reportOne(oneOf(r, "delivery", r.allDeliveries(func(d *delivery) bool { return d.state == "TIMEOUT" || d.state == "CANCELLED" })))
}

func (r *random) reportAny() { r.reportOne(oneOf(r, "delivery", r.allDeliveries(anyDelivery))) }

// reportOne lets a machine report a delivery, once or twice.
func (r *random) reportOne(d *delivery) {
	if d == nil {
		return
	}
	at := d.record.order.machine
	made := result{deliveryID: d.wireID(), success: r.chance("success", 2), delivered: -1}
	if r.chance("counts", 2) {
		made.delivered = r.number("delivered", 0, d.quantity+1)
	}
	if !made.success {
		made.errorMsg = oneOf(r, "error", []string{"", "Goods are Stuck"})
	}
	made.floor = oneOf(r, "floor", []string{"", "", "", "", "1", "3"})
	switch r.number("variant", 1, 25) {
	case 25:
		made.deliveryID = "1000000000000001"
	case 24:
		at = r.anyMachine()
	}
	for range r.number("times", 1, 2) {
		r.takeReport(at, made)
	}
}

func (r *random) takeReport(at *machine, made result) {
	known := r.report(at, made)
	real := dispense.Report{
		MachineID: at.id, DeliveryID: parseDigits(made.deliveryID), Success: made.success, Delivered: made.delivered,
		FloorStatus: made.floor, ErrorMsg: made.errorMsg,
	}
	if d := r.delivery(at, made.deliveryID); d != nil {
		real.OrderID, real.RecordID = d.record.order.id, d.record.id
	}
	r.t.Logf("machine %s reports %+v", at.no, made)
	err := r.sys.dispense.TakeReport(context.Background(), real)
	if known && err != nil || !known && !errors.Is(err, dispense.ErrUnknownDelivery) {
		r.t.Fatalf("report of delivery %s, known %v: %v", made.deliveryID, known, err)
	}
}

// command deals with a dispense command that is still to be handed over.
func (r *random) command() {
	if d := recent(r, "delivery", r.allDeliveries(func(d *delivery) bool { return d.commandOpen })); d != nil {
		r.handOverOne(d)
	}
}

func (r *random) handOverOne(d *delivery) {
	how := lost
	over := r.now >= d.at+d.window*1000
	switch {
	case over && !d.acked:
		how = gaveUp
	case !r.chance("lost", 3):
		how = acknowledged
	}
	r.t.Logf("command of %s: %d", d.wireID(), how)
	r.sys.handOver(d.id, how)
	r.handOver(d, how)
}

func (r *random) heartbeat() {
	for _, m := range r.machines {
		if !r.chance("silent", 8) {
			r.t.Logf("heartbeat of %s", m.no)
			r.beat(m)
		}
	}
}

// offline is a last will, of the newest connection or of an older one.
func (r *random) offline() {
	m := r.anyMachine()
	ctx := context.Background()
	epoch := m.epoch + r.number("epoch", -1, 1)
	if epoch > m.epoch {
		r.t.Logf("machine %s connects", m.no)
		c, err := r.sys.fleet.Connected(ctx, m.no, fleet.Admission{})
		r.must(err)
		m.epoch = c.Epoch
		return
	}
	r.t.Logf("last will of %s, connection %d of %d", m.no, epoch, m.epoch)
	r.must(r.sys.fleet.GoneOffline(ctx, m.id, epoch, "test"))
	if epoch == m.epoch {
		m.online = false
	}
}

// acknowledge lets a merchant accept a message.
func (r *random) acknowledge() {
	msg := recent(r, "message", r.messages)
	if msg == nil {
		return
	}
	rec := msg.record
	r.t.Logf("message %d of record %d acknowledged", msg.id, rec.id)
	r.sys.write(func(ctx context.Context, tx *store.Tx) error {
		n, err := tx.DeliveredCallback(ctx, r.now, msg.id)
		if err != nil || n == 0 {
			return err
		}
		return errors.Join(tx.CountNotified(ctx, rec.order.id), tx.RecordNotified(ctx, rec.id, msg.id))
	})
	if !msg.acknowledged {
		msg.acknowledged = true
		rec.order.acknowledged++
		rec.notified = rec.notified || rec.message == msg
	}
}

// seconds often ends right before, at or after a whole second, where the timers
// are.
func (r *random) seconds() { r.step(max(0, r.number("seconds", 0, 40)*1000+r.number("more", -1, 1))) }
func (r *random) minutes() { r.step(r.number("minutes", 1, 12)*60_000 - r.number("less", 0, 1)) }

// clockBack sets the clock back, as a correction of the host's clock does.
func (r *random) clockBack() { r.step(-r.number("seconds", 1, 20) * 1000) }

func (r *random) hours() { r.step(r.number("hours", 1, 30) * 3_600_000) }

func (r *random) sweepOne() {
	r.sweep(oneOf(r, "sweep", []string{"unpaid", "time-outs", "codes", "silent"}))
}

func (r *random) restart() {
	r.t.Logf("restart")
	r.sys.restart()
}

// console changes what an operator can: the status of a machine, its pickup
// codes, what is on sale.
func (r *random) console() {
	m := r.anyMachine()
	p := oneOf(r, "product", m.products)
	switch r.number("what", 1, 3) {
	case 1:
		m.status = oneOf(r, "status", []string{"OPERATIONAL", "OPERATIONAL", "MAINTENANCE", "TRANSFER"})
	case 2:
		m.codesEnabled = !m.codesEnabled
	case 3:
		p.onSale = !p.onSale
	}
	r.setUp(m, p)
}

// repair brings every machine back into service.
func (r *random) repair() {
	for _, m := range r.machines {
		m.status, m.codesEnabled = "OPERATIONAL", true
		for _, p := range m.products {
			p.floor = "1"
		}
		r.setUp(m, m.products...)
	}
}

func (r *random) setUp(m *machine, products ...*product) {
	r.t.Logf("machine %s is %s, codes %v", m.no, m.status, m.codesEnabled)
	r.sys.write(func(ctx context.Context, tx *store.Tx) error {
		row, err := tx.MachineByID(ctx, m.id)
		if err != nil {
			return err
		}
		now := row.Machine
		err = tx.UpdateMachine(ctx, db.UpdateMachineParams{
			ID: m.id, ModelID: now.ModelID, Name: now.Name, Status: vending.MachineStatus(m.status), MachineType: now.MachineType,
			Timezone: now.Timezone, PickupCodeEnabled: m.codesEnabled,
		})
		for _, p := range products {
			stored, readErr := tx.ProductByID(ctx, p.id)
			_, floorErr := tx.SetFloorStatus(ctx, p.id, p.floor)
			err = errors.Join(err, readErr, floorErr, tx.UpdateProduct(ctx, db.UpdateProductParams{
				ID: p.id, GoodID: stored.GoodID, CategoryID: stored.CategoryID, OnSale: p.onSale,
				Inventory: stored.Inventory, SortID: stored.SortID,
			}))
		}
		return err
	})
}

// sweepAll is what a process does when it starts.
func (r *random) sweepAll() {
	for _, name := range []string{"unpaid", "time-outs", "codes", "silent"} {
		r.sweep(name)
	}
}
