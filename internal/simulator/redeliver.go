package simulator

import (
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// overtakeWait is how long a message waits for one that overtakes it.
const overtakeWait = 200 * time.Millisecond

// Redelivery is what a server that repeats QoS 1 messages does to one of them.
// It happens below the machine's filter for duplicates.
type Redelivery struct {
	Twice     bool // the message arrives two times
	AfterNext bool // the next message overtakes it, if one follows within 200 ms
}

// arrival is a received message that waits to be overtaken.
type arrival struct {
	msg   mqtt.Message
	twice bool
}

// arrive applies Config.Redeliver to a message.
func (m *Machine) arrive(l *link, msg mqtt.Message) {
	r := m.cfg.Redeliver()
	a := arrival{msg, r.Twice}
	if r.AfterNext && l.overtaken == nil {
		l.overtaken = &a
		m.after(overtakeWait, func() {
			if l.overtaken == &a { // and not a later one
				m.takeOvertaken(l)
			}
		})
		return
	}
	m.take(l, a)
	m.takeOvertaken(l)
}

func (m *Machine) takeOvertaken(l *link) {
	if a := l.overtaken; a != nil {
		l.overtaken = nil
		m.take(l, *a)
	}
}

// take handles a message and acknowledges it afterwards. A message that meets a
// machine about to stop, or one that broke down over it, is left to the server;
// so is one whose connection is lost.
func (m *Machine) take(l *link, a arrival) {
	if m.stopping || m.ended || m.link != l {
		return
	}
	m.handle(a.msg.Payload())
	if a.twice && !m.ended {
		m.handle(a.msg.Payload())
	}
	if m.ended {
		return
	}
	l.put(outgoing{answer: a.msg})
	if then := m.afterAnswer; then != nil {
		m.afterAnswer = nil
		then(l)
	}
}
