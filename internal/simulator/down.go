package simulator

import (
	"errors"
	"fmt"

	"github.com/vendlane/vendlane/signature"
)

// obey does what a message of mqtt.md §5 asks for. An error says why not, and
// nothing was changed.
func (m *Machine) obey(method string, o *signature.Object) error {
	switch method {
	case "client.machine.refresh", "client.machine.invalidate":
		m.state.note(func(s *stateStore) { s.reloads++ })
		return nil
	case "client.machine.shutdown":
		return m.turnOff(false)
	case "client.machine.reboot":
		return m.turnOff(true)
	case "client.machine.password.modified":
		return m.changePassword(o)
	case methodTest:
		return m.testChannel(o)
	case "client.power.schedule.once":
		return m.schedulePowerOnce(o)
	case "client.power.schedule.cycle":
		return m.schedulePowerCycle(o)
	case "client.power.schedule.clear":
		return m.clearPower()
	case "client.machine.config.push":
		return m.takeSettings(o)
	case "client.ads.push", "client.ads.update":
		return m.putAd(o)
	case "client.ads.delete":
		return m.removeAd(o)
	case "client.factory.reset":
		return m.reset(o)
	case "client.channel.fault.clear":
		return m.clearFaults(o)
	default:
		return errors.New("unknown method")
	}
}

// turnOff has the machine stop once the message is acknowledged (mqtt.md §5.3,
// §5.4).
func (m *Machine) turnOff(restart bool) error {
	if m.lockScreenPlays() {
		return errors.New("a lock-screen ad is playing")
	}
	m.afterAnswer = func(*link) { m.goDown(restart) }
	return nil
}

// goDown is beginStop of a machine that decides for itself: a server that does
// not answer must not keep it on. What is not acknowledged is in the journal.
func (m *Machine) goDown(restart bool) {
	m.restart = restart
	m.hurried = true
	m.beginStop()
}

// changePassword keeps the new password and connects with it (mqtt.md §5.5).
func (m *Machine) changePassword(o *signature.Object) error {
	f := fieldReader{object: o}
	password := f.long("password", 72)
	if f.err != nil {
		return f.err
	}
	if err := m.keep(func(k *kept) { k.Password = password }); err != nil {
		return err
	}
	// Not at once, or the server could see a take-over before the DISCONNECT, and
	// publish the last will.
	again := pause{wait: goodbyeTimeout, clean: true, why: "password changed"}
	m.afterAnswer = func(l *link) {
		l.put(outgoing{handed: func() { l.end(again) }})
	}
	return nil
}

// reset forgets everything but the journal, and restarts (mqtt.md §5.16, §6.4).
func (m *Machine) reset(o *signature.Object) error {
	f := fieldReader{object: o}
	if f.text("reset_type") != "1" {
		f.fail("reset_type")
		return f.err
	}
	for _, c := range m.Codes() {
		if err := m.codes.put(codeLine{Code: Code{ID: c.ID}, Removed: true}); err != nil {
			m.fail(err)
			return err
		}
	}
	if err := m.keep(func(k *kept) { *k = kept{} }); err != nil {
		return err
	}
	m.state.note(func(s *stateStore) { s.channels = nil })
	m.afterAnswer = func(*link) { m.goDown(true) }
	return nil
}

// keep changes the kept state; a machine that cannot write stops.
func (m *Machine) keep(change func(*kept)) error {
	if err := m.state.keep(change); err != nil {
		m.fail(err)
		return fmt.Errorf("not kept: %w", err)
	}
	return nil
}
