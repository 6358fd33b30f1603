package certify

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// minutesPerDay is the largest uptime_minutes_today (mqtt.md §4.3).
const minutesPerDay = 1440

func (s *session) heartbeat(ctx context.Context) {
	first, ok := s.judgeHeartbeat(ctx, "heartbeat.connect", s.first)
	if !ok {
		return
	}
	s.judgeHeartbeatFields(first.msg)
	if !s.cfg.Long {
		s.judge("heartbeat.interval", Skip, "takes %s: ask for the long run", s.cfg.HeartbeatInterval)
		return
	}
	late := s.cfg.HeartbeatInterval + s.cfg.HeartbeatInterval/10
	second, ok := s.events.await(ctx, 0, late, nth(2, onConn(s.first, isMethod(methodHeartbeat))))
	gap := second.at.Sub(first.at)
	switch {
	case !ok || gap > late:
		s.judge("heartbeat.interval", Fail, "none within %s", late)
	case gap < s.cfg.HeartbeatInterval-s.cfg.HeartbeatInterval/10:
		s.judge("heartbeat.interval", Warn, "after %s, more often than every %s", seconds(gap), s.cfg.HeartbeatInterval)
	default:
		s.judge("heartbeat.interval", Pass, "after %s", seconds(gap))
	}
}

// judgeHeartbeat judges the heartbeat right after a connect (mqtt.md §4.3).
func (s *session) judgeHeartbeat(ctx context.Context, id string, conn int) (event, bool) {
	e, ok := s.events.await(ctx, 0, s.cfg.AtOnce, onConn(conn, isMethod(methodHeartbeat)))
	if !ok {
		s.judge(id, Fail, "none within %s", s.cfg.AtOnce)
		return e, false
	}
	var after time.Duration
	if connects := s.events.since(0, onConn(conn, isKind(connecting))); len(connects) > 0 {
		after = e.at.Sub(connects[0].at)
	}
	s.judgeIf(after <= s.cfg.AtOnce, id, "%s after CONNECT", seconds(after))
	return e, true
}

func (s *session) judgeHeartbeatFields(m *message) {
	if lacking := m.missing("network_type", "network_rssi", "uptime_minutes_today"); len(lacking) > 0 {
		s.judge("heartbeat.fields", Fail, "lacks %s", strings.Join(lacking, ", "))
		return
	}
	rssi, uptime := m.field("network_rssi"), m.field("uptime_minutes_today")
	minutes, err := strconv.Atoi(uptime)
	_, rssiErr := strconv.Atoi(rssi)
	switch {
	case err != nil || minutes < 0:
		s.judge("heartbeat.fields", Fail, "uptime_minutes_today %q", uptime)
	case rssiErr != nil && rssi != "null":
		s.judge("heartbeat.fields", Fail, "network_rssi %q", rssi)
	case minutes > minutesPerDay:
		s.judge("heartbeat.fields", Warn, "uptime_minutes_today %s is read as seconds", uptime)
	default:
		s.judge("heartbeat.fields", Pass, "%s, %s, %s min", m.field("network_type"), rssi, uptime)
	}
}

// nth matches the n-th event that matches. It is for one await only.
func nth(n int, match func(event) bool) func(event) bool {
	return func(e event) bool {
		if match(e) {
			n--
		}
		return n == 0
	}
}
