package certify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// upTopic is the topic all machines share (mqtt.md §1).
const upTopic = "/server/app"

func (s *session) ownTopic() string { return upTopic + "/" + s.cfg.MachineNo }

// messages judges everything the machine published during the run.
func (s *session) messages(context.Context) {
	all := s.events.since(0, isKind(published))
	if len(all) == 0 {
		return
	}
	s.judgeEach("messages.encoding", all, func(m *message, _ time.Time) (Verdict, string) {
		if m.err != nil {
			return Fail, m.err.Error()
		}
		return Pass, ""
	})
	s.judgeEach("messages.fields", all, s.baseFields)
	s.judgeEach("messages.timestamp", all, func(m *message, at time.Time) (Verdict, string) {
		off, ok := clockOffset(m, at)
		switch {
		case !ok:
			return Fail, fmt.Sprintf("timestamp %q", m.field("timestamp"))
		case off.Abs() > s.cfg.Tolerance:
			return Fail, fmt.Sprintf("%s away from this clock", off)
		}
		return Pass, ""
	})
	s.judgeEach("messages.sign", all, func(m *message, _ time.Time) (Verdict, string) {
		if !m.object.Verify(s.cfg.AppKey) {
			return Fail, "wrong sign (other AppKey, or another text was signed)"
		}
		return Pass, ""
	})
	s.judgeEach("messages.topic", all, func(m *message, _ time.Time) (Verdict, string) {
		switch {
		case m.retain:
			return Fail, "retained"
		case m.topic == s.ownTopic():
			return Pass, ""
		case m.topic == upTopic:
			return Warn, "works, but on " + s.ownTopic() + " nobody can pretend to be this machine"
		}
		return Fail, "topic " + m.topic
	})
	s.judgeEach("messages.qos", all, func(m *message, _ time.Time) (Verdict, string) {
		switch m.field("method") {
		case methodHeartbeat, "client.temperature.put", "client.humidity.put":
			if m.qos == 0 {
				return Pass, ""
			}
		}
		if m.qos != 1 {
			return Fail, fmt.Sprintf("QoS %d", m.qos)
		}
		return Pass, ""
	})
}

// judgeEach judges a check by its worst message. Checks other than encoding see
// readable messages only.
func (s *session) judgeEach(id string, all []event, look func(*message, time.Time) (Verdict, string)) {
	verdict, seen, n := Pass, "", 0
	for _, e := range all {
		if e.msg.object == nil && id != "messages.encoding" {
			continue
		}
		n++
		v, what := look(e.msg, e.at)
		if v == Fail && verdict != Fail || v == Warn && verdict == Pass {
			verdict, seen = v, fmt.Sprintf(", %s: %s", e.msg.field("method"), what)
		}
	}
	s.judge(id, verdict, "%d messages%s", n, seen)
}

// baseFields judges the fields every message has (mqtt.md §3.1).
func (s *session) baseFields(m *message, _ time.Time) (Verdict, string) {
	for name, v := range m.object.Members() {
		if v.Kind != signature.String {
			return Fail, name + " is not a string"
		}
	}
	if lacking := m.missing("timestamp", "machine_id", "client_id", "method", "sign"); len(lacking) > 0 {
		return Fail, "lacks " + strings.Join(lacking, ", ")
	}
	switch {
	case m.field("client_id") != s.cfg.MachineNo:
		return Fail, fmt.Sprintf("client_id %q", m.field("client_id"))
	case m.field("status") == "":
		return Warn, "lacks status, which is tolerated"
	case m.field("status") != "0":
		return Fail, fmt.Sprintf("status %q", m.field("status"))
	}
	return Pass, ""
}

// clockOffset is how far a message's timestamp is from a time. ok is false if
// the timestamp cannot be read.
func clockOffset(m *message, at time.Time) (off time.Duration, ok bool) {
	if m.object == nil {
		return 0, false
	}
	sec, ok := m.object.Timestamp()
	return time.Unix(sec, 0).Sub(at.Truncate(time.Second)), ok
}
