package simulator

import "time"

// earlyLead is how long an early report is ahead of the motor.
const earlyLead = 100 * time.Millisecond

// flaws is what goes wrong with the report of one delivery, see Result.
type flaws struct {
	late     *time.Timer // the report waits for it
	badSigns int         // reports still to be signed wrongly
	copies   int         // more copies of the next report
}

func (f *flaws) stop() {
	if f.late != nil {
		f.late.Stop()
	}
}

// spoil prepares what goes wrong with a report, if there will be one.
func (m *Machine) spoil(deliveryID string, r Result) {
	if r.Silent || r.Late <= 0 && r.BadSigns <= 0 && r.Copies <= 0 {
		return
	}
	f := &flaws{badSigns: r.BadSigns, copies: max(0, r.Copies)}
	m.flaws[deliveryID] = f
	if r.Late > 0 {
		f.late = m.after(r.Late, func() {
			f.late = nil
			m.report(deliveryID)
		})
	}
}

// reportEarly tells the result of a run before its motor starts. The journal
// knows the run as started, so that even a power loss in between cannot start
// the motor a second time.
func (m *Machine) reportEarly(a *activeRun) {
	e := a.entry.with(a.result, a.result.Dropped == a.run.Quantity)
	body := m.encode(methodResponse, responseFields(e))
	m.link.put(outgoing{body: body, acked: func() {}})
	a.timer = m.after(earlyLead, func() { m.turn(a) })
	m.emit(Event{Kind: Reported, Method: methodResponse, DeliveryID: e.DeliveryID, Message: jsonOf(body)})
}
