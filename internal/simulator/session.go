package simulator

import (
	"slices"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/vendlane/vendlane/signature"
)

// up opens a connection: heartbeat, environment, results that the server does
// not have yet, oldest first, and only then commands (mqtt.md §6.4 steps 3 to
// 6). Step 5 is empty: a virtual machine knows what it was told and asks for
// nothing.
func (m *Machine) up(l *link) {
	m.link = l
	m.emit(Event{Kind: Connected})
	m.sendHeartbeat()
	l.put(outgoing{body: m.encode(methodEnv, m.environmentFields()), acked: func() {}})
	m.reportAll()
	l.put(outgoing{handed: func() { m.openFor(l) }})
	if m.cfg.Telemetry > 0 {
		m.sendTelemetry()
	}
}

// openFor begins to take commands of l.
func (m *Machine) openFor(l *link) {
	l.booted = true
	held := l.held
	l.held = nil
	for _, msg := range held {
		m.receive(l, msg)
	}
}

// down is the end of the connection.
func (m *Machine) down(err error) {
	m.link = nil
	m.heartbeat.Stop()
	if m.telemetry != nil {
		m.telemetry.Stop()
	}
	for _, r := range m.reports {
		r.stop()
	}
	m.emit(Event{Kind: Disconnected, Detail: err.Error()})
	if m.leaving {
		m.ended = true
	}
}

// sendHeartbeat publishes client.heartbeat now and plans the next one.
func (m *Machine) sendHeartbeat() {
	l := m.link
	body := m.encode(methodHeartbeat, m.heartbeatFields())
	l.put(outgoing{body: body, acked: func() {
		m.emit(Event{Kind: HeartbeatAcked, Method: methodHeartbeat, Message: jsonOf(body)})
		m.beReady()
	}})
	m.heartbeat = m.after(m.cfg.Heartbeat, func() {
		if m.link == l {
			m.sendHeartbeat()
		}
	})
}

// receive takes a message from the connection.
func (m *Machine) receive(l *link, msg mqtt.Message) {
	if !l.booted {
		l.held = append(l.held, msg)
		return
	}
	m.arrive(l, msg)
}

func (m *Machine) handle(body []byte) {
	o, err := m.verify(body)
	if err != nil { // mqtt.md §6.3 row 1
		m.emit(Event{Kind: Ignored, Detail: err.Error()})
		return
	}
	method := textOf(o, "method")
	// Repeated commands are the journal's business: rows 2 and 3 of §6.3 ask
	// for more than ignoring them.
	if method != methodDelivery && m.recent.seen(o, m.cfg.Clock()) {
		m.ignoreRepeat(o, "duplicate")
		return
	}
	m.emit(Event{Kind: Received, Method: method, DeliveryID: textOf(o, "delivery_id"), Message: o.JSON()})
	switch method {
	case methodDelivery:
		m.dispense(o)
	case methodCodeCreate:
		m.storeCode(o)
	case methodCodeDelete:
		m.removeCode(o)
	default:
		if err := m.obey(method, o); err != nil {
			m.ignore(o, err.Error())
			return
		}
		m.emit(Event{Kind: Obeyed, Method: method, Message: o.JSON()})
	}
}

// ignoreRepeat ignores what came before.
func (m *Machine) ignoreRepeat(o *signature.Object, why string) {
	m.emit(Event{
		Kind: Ignored, Repeat: true, Detail: why, Message: o.JSON(),
		Method: textOf(o, "method"), DeliveryID: textOf(o, "delivery_id"),
	})
}

func (m *Machine) ignore(o *signature.Object, why string) {
	m.emit(Event{
		Kind: Ignored, Detail: why, Message: o.JSON(),
		Method: textOf(o, "method"), DeliveryID: textOf(o, "delivery_id"),
	})
}

func (m *Machine) storeCode(o *signature.Object) {
	code, err := parseCode(o)
	if err != nil {
		m.ignore(o, err.Error())
		return
	}
	if err := m.codes.put(codeLine{Code: code}); err != nil {
		m.fail(err)
		return
	}
	m.emit(Event{Kind: CodeStored, Method: methodCodeCreate, Detail: code.ID, Message: o.JSON()})
}

func (m *Machine) removeCode(o *signature.Object) {
	f := fieldReader{object: o}
	id := f.text("id")
	if f.err != nil {
		m.ignore(o, f.err.Error())
		return
	}
	if !slices.ContainsFunc(m.Codes(), func(c Code) bool { return c.ID == id }) {
		m.ignore(o, "unknown code")
		return
	}
	if err := m.codes.put(codeLine{Code: Code{ID: id}, Removed: true}); err != nil {
		m.fail(err)
		return
	}
	m.emit(Event{Kind: CodeRemoved, Method: methodCodeDelete, Detail: id, Message: o.JSON()})
}
