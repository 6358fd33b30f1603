package simulator

import "time"

// reportDelays are the waits after the first, second, … publication of a result
// before the next one, the last of them for ever (mqtt.md §6.3).
var reportDelays = [...]time.Duration{5 * time.Second, 15 * time.Second, 30 * time.Second, 60 * time.Second}

// report is a result on its way to the server.
type report struct {
	sent  int // publications since the schedule began
	timer *time.Timer
}

func (r *report) stop() {
	if r.timer != nil {
		r.timer.Stop()
	}
}

// report publishes the result of a delivery, now or with the next connection,
// and repeats it until it is acknowledged.
func (m *Machine) report(deliveryID string) {
	e, _ := m.journal.lookup(deliveryID)
	if f := m.flaws[deliveryID]; e.Silent || f != nil && f.late != nil {
		return
	}
	if r := m.reports[deliveryID]; r != nil {
		r.stop()
	}
	r := &report{}
	m.reports[deliveryID] = r
	m.publish(deliveryID, r)
}

// reportAll reports everything the server does not have, oldest first.
func (m *Machine) reportAll() {
	due := m.journal.filter(func(e entry) bool {
		return e.unreported() || m.reports[e.DeliveryID] != nil
	})
	for _, e := range due {
		m.report(e.DeliveryID)
	}
}

func (m *Machine) publish(deliveryID string, r *report) {
	if m.link == nil {
		return // reportAll will do it
	}
	e, _ := m.journal.lookup(deliveryID)
	body, acked := m.encode(methodResponse, responseFields(e)), func() { m.reported(deliveryID) }
	copies := 1
	if f := m.flaws[deliveryID]; f != nil {
		if f.badSigns > 0 { // the server refuses it, whatever its PUBACK seems to say
			f.badSigns--
			body, acked = m.encodeBadly(methodResponse, responseFields(e)), func() {}
		}
		copies, f.copies = copies+f.copies, 0
	}
	for range copies {
		m.link.put(outgoing{body: body, acked: acked})
	}
	delay := reportDelays[min(r.sent, len(reportDelays)-1)]
	r.sent++
	r.timer = m.after(delay, func() {
		if m.reports[deliveryID] == r {
			m.publish(deliveryID, r)
		}
	})
	m.emit(Event{Kind: Reported, Method: methodResponse, DeliveryID: deliveryID, Message: jsonOf(body)})
}

// reported is the server's acknowledgement, of whichever copy.
func (m *Machine) reported(deliveryID string) {
	r := m.reports[deliveryID]
	if r == nil {
		return // of an earlier copy
	}
	r.stop()
	delete(m.reports, deliveryID)
	delete(m.flaws, deliveryID)
	e, _ := m.journal.lookup(deliveryID)
	if !e.Acked {
		e.Acked = true
		if err := m.journal.put(e); err != nil {
			m.fail(err)
			return
		}
	}
	m.emit(Event{Kind: Acknowledged, Method: methodResponse, DeliveryID: deliveryID})
	m.endIfReported()
}
