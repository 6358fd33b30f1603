package simulator

import (
	"errors"

	"github.com/vendlane/vendlane/signature"
)

// testChannel runs a motor once for client.channel.debugging (mqtt.md §5.6).
// Neither journal nor report know of it; it is counted apart. It takes the motor
// board, so commands wait for its end.
func (m *Machine) testChannel(o *signature.Object) error {
	f := fieldReader{object: o}
	f.number("floor_type", 1, 4)
	f.flag("is_lp")
	f.flag("is_dc")
	f.number("code", 0, 1<<30)
	f.number("addr", 1, 8)
	if f.text("order_type") != "test" {
		f.fail("order_type")
	}
	switch {
	case f.err != nil:
		return f.err
	case m.busy():
		return errors.New("a motor is running")
	}
	m.state.note(func(s *stateStore) { s.testRuns++ })
	m.test = m.after(m.cfg.RunTime, func() {
		m.test = nil
		m.next()
	})
	m.emit(Event{Kind: TestRun, Method: methodTest, Message: o.JSON()})
	return nil
}

// busy tells whether a motor is running.
func (m *Machine) busy() bool { return m.current != nil || m.test != nil }
