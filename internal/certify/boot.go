package certify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

const (
	maxKeepAlive  = 300  // seconds, mqtt.md §2.1
	sessionExpiry = 3600 // seconds, mqtt.md §2.1
)

// boot judges how the machine came: CONNECT, subscription and environment.
func (s *session) boot(ctx context.Context) {
	connects := s.events.since(0, onConn(s.first, isKind(connecting)))
	if len(connects) == 0 {
		return
	}
	p := connects[0].connect
	s.judgeIdentity(p)
	s.judgeSession(p)
	s.judgeIf(p.KeepAlive > 0 && p.KeepAlive <= maxKeepAlive, "boot.keep_alive", "%d s", p.KeepAlive)
	if problem := s.willProblem(p.Will, connects[0].at); problem != "" {
		s.judge("boot.will", Fail, "%s", problem)
	} else {
		s.judge("boot.will", Pass, "client.offline on %s", p.Will.Topic)
	}
	if refusals := s.events.since(0, onConn(s.first, isKind(refused))); len(refusals) > 0 {
		s.judge("boot.subscription", Skip, "CONNECT was refused with code 0x%02X", refusals[0].code)
		return
	}
	s.judgeSubscription()
	s.judgeEnv(ctx, "boot.env", s.first)
}

func (s *session) judgeIdentity(p *packet.Connect) {
	switch {
	case p.ClientID != s.cfg.MachineNo || p.Username != s.cfg.MachineNo:
		s.judge("boot.identity", Fail, "client id %q, user name %q", p.ClientID, p.Username)
	case string(p.Password) != s.cfg.Password:
		s.judge("boot.identity", Fail, "wrong password")
	case p.Version == packet.V5:
		s.judge("boot.identity", Pass, "MQTT 5.0")
	default:
		s.judge("boot.identity", Pass, "MQTT 3.1.1")
	}
}

func (s *session) judgeSession(p *packet.Connect) {
	expiry := p.Props.Uint(packet.SessionExpiry, 0)
	switch {
	case p.CleanStart:
		s.judge("boot.session", Fail, "clean session is on")
	case p.Version == packet.V5 && expiry != sessionExpiry:
		s.judge("boot.session", Warn, "session expiry %d s, want %d s", expiry, sessionExpiry)
	default:
		s.judge("boot.session", Pass, "off")
	}
}

// willProblem returns what is wrong with a last will set at a time, or "".
func (s *session) willProblem(w *packet.Will, at time.Time) string {
	if w == nil {
		return "no last will"
	}
	m := readMessage(&packet.Publish{Topic: w.Topic, QoS: w.QoS, Retain: w.Retain, Payload: w.Payload})
	switch {
	case w.Topic != upTopic && w.Topic != s.ownTopic():
		return "topic " + w.Topic
	case w.QoS != 1 || w.Retain:
		return fmt.Sprintf("QoS %d, retained %t", w.QoS, w.Retain)
	case m.err != nil:
		return m.err.Error()
	case !m.object.Verify(s.cfg.AppKey):
		return "wrong sign"
	case m.field("method") != methodOffline || m.field("client_id") != s.cfg.MachineNo:
		return fmt.Sprintf("method %q, client_id %q", m.field("method"), m.field("client_id"))
	case m.field("reason") == "":
		return "no reason"
	}
	if off, ok := clockOffset(m, at); !ok || off.Abs() > s.cfg.Tolerance {
		return fmt.Sprintf("timestamp %q is not the connect time", m.field("timestamp"))
	}
	return ""
}

func (s *session) judgeSubscription() {
	var topics []string
	exact := true
	for _, e := range s.events.since(0, onConn(s.first, isKind(subscribing))) {
		for _, f := range e.filters {
			topics = append(topics, fmt.Sprintf("%s QoS %d", f.Topic, f.QoS))
			exact = exact && f.Topic == "/clients/"+s.cfg.MachineNo && f.QoS == 1
		}
	}
	if len(topics) == 0 {
		s.judge("boot.subscription", Fail, "no subscription within %s", s.cfg.Timeout)
		return
	}
	s.judgeIf(exact, "boot.subscription", "%s", strings.Join(topics, ", "))
}

// judgeEnv judges client.machine.env.put on a connection (mqtt.md §4.5).
func (s *session) judgeEnv(ctx context.Context, id string, conn int) {
	e, ok := s.events.await(ctx, 0, s.cfg.AtOnce, onConn(conn, isMethod(methodEnv)))
	if !ok {
		s.judge(id, Fail, "no %s within %s", methodEnv, s.cfg.AtOnce)
		return
	}
	lacking := e.msg.missing("app_version", "android_version", "java_version", "sdk_version", "device_model",
		"manufacturer", "serial_no", "screen_width", "screen_height", "brightness", "volume", "language")
	if len(lacking) > 0 {
		s.judge(id, Fail, "%s lacks %s", methodEnv, strings.Join(lacking, ", "))
		return
	}
	s.judge(id, Pass, "app_version %s", e.msg.field("app_version"))
}
