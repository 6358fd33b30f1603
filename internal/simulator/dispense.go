package simulator

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// maxQueue bounds the commands that wait for the current run.
const maxQueue = 100

// activeRun is a run while the motor turns.
type activeRun struct {
	run    Run
	entry  entry
	result Result
	pieces int           // turns in all: pieces that drop, and the one that does not
	turned int           // turns so far
	turn   time.Duration // of one piece
	timer  *time.Timer
	loss   *time.Timer // of power, in mid-run
}

func (a *activeRun) stop() {
	a.timer.Stop()
	if a.loss != nil {
		a.loss.Stop()
	}
}

// dispense treats a device.delivery.put by the rows of mqtt.md §6.3.
func (m *Machine) dispense(o *signature.Object) {
	run, bad := parseRun(o)
	if run.DeliveryID == "" {
		m.ignore(o, bad.Error()) // nothing that could be answered
		return
	}
	known, inJournal := m.journal.lookup(run.DeliveryID)
	switch {
	case inJournal && known.State == stateFinished: // row 2
		m.ignoreRepeat(o, "finished before, result goes out again")
		m.report(run.DeliveryID)
	case inJournal: // row 3
		m.ignoreRepeat(o, "run is going on")
	case slices.ContainsFunc(m.queue, func(r Run) bool { return r.DeliveryID == run.DeliveryID }):
		m.ignoreRepeat(o, "waits already")
	case bad != nil: // row 4
		m.cfg.Log.Warn("command cannot be interpreted", "delivery_id", run.DeliveryID, "error", bad)
		m.refuse(run, errBadCommand)
	default:
		m.begin(run)
	}
}

// begin is rows 5 to 7 of mqtt.md §6.3.
func (m *Machine) begin(run Run) {
	switch {
	case !m.cfg.ClockUnsynced && m.cfg.Clock().After(run.StartBefore):
		m.refuse(run, errExpired)
	case !m.busy():
		m.startMotor(run)
	case len(m.queue) < maxQueue:
		m.queue = append(m.queue, run)
		m.emit(Event{Kind: Queued, Method: methodDelivery, DeliveryID: run.DeliveryID})
	default:
		m.emit(Event{Kind: Ignored, Method: methodDelivery, DeliveryID: run.DeliveryID, Detail: "queue is full"})
	}
}

// refuse is a result without a run (rows 4 and 5).
func (m *Machine) refuse(run Run, why string) {
	m.finish(m.newEntry(run), Result{ErrorMsg: why}, false)
}

func (m *Machine) newEntry(run Run) entry {
	return entry{
		DeliveryID: run.DeliveryID,
		OrderID:    run.OrderID,
		RecordID:   run.RecordID,
		Command:    json.RawMessage(run.message),
	}
}

// startMotor is row 7. The number of starts continues from the journal, so that
// a second start, should there ever be one, shows there.
func (m *Machine) startMotor(run Run) {
	e := m.newEntry(run)
	known, _ := m.journal.lookup(run.DeliveryID)
	e.State, e.At, e.Starts = stateStarted, m.cfg.Clock().Unix(), known.Starts+1
	if err := m.journal.put(e); err != nil {
		m.fail(err)
		return
	}
	result := m.cfg.Behaviour(run)
	result.Dropped = max(0, min(result.Dropped, run.Quantity))
	a := &activeRun{run: run, entry: e, result: result, pieces: min(result.Dropped+1, run.Quantity), turn: m.cfg.RunTime}
	if result.Took > 0 {
		a.turn = result.Took / time.Duration(a.pieces)
	}
	m.current = a
	if result.Early && m.link != nil {
		m.reportEarly(a)
		return
	}
	m.turn(a)
}

// turn is the motor's start.
func (m *Machine) turn(a *activeRun) {
	a.timer = m.after(a.turn, func() { m.turned(a) })
	if a.result.PowerLoss {
		a.loss = time.AfterFunc(a.turn*time.Duration(a.pieces)/2, m.kill)
	}
	if a.result.Offline > 0 && m.link != nil {
		m.link.end(pause{wait: a.result.Offline, why: "offline"})
	}
	m.emit(Event{Kind: MotorStarted, Method: methodDelivery, DeliveryID: a.run.DeliveryID, Starts: a.entry.Starts})
}

// turned is the end of one piece. Pieces that dropped are journaled at once, for
// a power loss before the end (mqtt.md §6.4 step 2); the last one comes with the
// result.
func (m *Machine) turned(a *activeRun) {
	a.turned++
	if a.turned == a.pieces {
		m.current = nil
		m.state.setChannel(a.run.ProductID, a.result.FloorStatus)
		m.finish(a.entry, a.result, a.result.Dropped == a.run.Quantity)
		m.next()
		return
	}
	a.entry.Dropped = a.turned
	if err := m.journal.put(a.entry); err != nil {
		m.fail(err)
		return
	}
	a.timer = m.after(a.turn, func() { m.turned(a) })
}

// finish is row 8, and the end of rows 4 and 5.
func (m *Machine) finish(e entry, r Result, success bool) {
	e.State, e.At = stateFinished, m.cfg.Clock().Unix()
	e = e.with(r, success)
	if err := m.journal.put(e); err != nil {
		m.fail(err)
		return
	}
	m.emitFinished(e)
	m.spoil(e.DeliveryID, r)
	m.report(e.DeliveryID)
}

func (m *Machine) emitFinished(e entry) {
	m.emit(Event{
		Kind: Finished, Method: methodDelivery, DeliveryID: e.DeliveryID, Starts: e.Starts,
		Result: &Result{Dropped: e.Dropped, FloorStatus: e.FloorStatus, ErrorMsg: e.ErrorMsg, Silent: e.Silent},
	})
}

// next gives the queue its turn when a run is over.
func (m *Machine) next() {
	for !m.busy() && len(m.queue) > 0 && !m.ended {
		run := m.queue[0]
		m.queue = m.queue[1:]
		m.begin(run)
	}
	if m.stopping && !m.busy() && !m.ended {
		m.sayGoodbye()
	}
}
