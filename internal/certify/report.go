package certify

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// repeat bounds the wait before a repetition of a result. The contract's 5 s,
// 15 s and 30 s may be read as waits between repetitions or as times after the
// first publication; both are accepted.
type repeat struct{ shortest, longest time.Duration }

func repeats() []repeat {
	return []repeat{
		{5 * time.Second, 5 * time.Second},
		{10 * time.Second, 15 * time.Second},
		{15 * time.Second, 30 * time.Second},
	}
}

// accepts allows for slow clocks and networks.
func (r repeat) accepts(d time.Duration) bool {
	return d >= r.shortest*4/5-time.Second && d <= r.patience()
}

func (r repeat) patience() time.Duration { return r.longest*6/5 + 2*time.Second }

// report holds acknowledgements of results back (mqtt.md §6.3).
func (s *session) report(ctx context.Context) {
	s.reportRepeats(ctx)
	if s.online(ctx) {
		s.reportReconnect(ctx)
	}
}

func (s *session) reportRepeats(ctx context.Context) {
	s.station.newest().withholdResults()
	defer s.station.newest().release()
	mark := s.events.mark()
	t := s.try(ctx, s.command())
	if t.answer == nil {
		s.judge("report.repeat", Fail, "no answer within %s", s.cfg.Timeout)
		return
	}
	copies := []event{{at: t.at, msg: t.answer}}
	var waits []string
	inTime := true
	for i, r := range repeats() {
		e, ok := s.events.await(ctx, mark, r.patience(), nth(i+2, onConn(t.conn, isResponse(t.id()))))
		if !ok {
			s.judge("report.repeat", Fail, "%d of 3 repetitions: none within %s after the last", i, r.patience())
			break
		}
		wait := e.at.Sub(copies[i].at)
		inTime = inTime && r.accepts(wait)
		waits = append(waits, seconds(wait))
		copies = append(copies, e)
	}
	s.judgeIf(inTime, "report.repeat", "after waits of %s", strings.Join(waits, ", "))
	if len(copies) > 1 {
		problem := staleProblem(copies)
		s.judgeIf(problem == "", "report.fresh", "%d copies%s", len(copies), problem)
	}
}

// staleProblem says what makes copies of a result look old, or "".
func staleProblem(copies []event) string {
	for i, e := range copies[1:] {
		was, _ := copies[i].msg.object.Timestamp()
		if is, ok := e.msg.object.Timestamp(); !ok || is <= was {
			return fmt.Sprintf(", number %d with the timestamp %d after %d", i+2, is, was)
		}
	}
	return ""
}

func (s *session) reportReconnect(ctx context.Context) {
	s.station.newest().withholdResults()
	t := s.try(ctx, s.command())
	if t.answer == nil {
		s.station.newest().release()
		s.judge("report.reconnect", Fail, "no answer within %s", s.cfg.Timeout)
		return
	}
	old := s.station.conn()
	_ = s.station.newest().Close() // as a network failure would
	conn, ok := s.returned(ctx, old, s.cfg.Timeout)
	if !ok {
		s.judge("report.reconnect", Fail, "no reconnect within %s after the connection was cut", s.cfg.Timeout)
		return
	}
	e, ok := s.events.await(ctx, 0, s.cfg.AtOnce, onConn(conn, isResponse(t.id())))
	switch {
	case !ok:
		s.judge("report.reconnect", Fail, "reconnected, no result within %s", s.cfg.AtOnce)
	case outcome(e.msg) != outcome(t.answer):
		s.judge("report.reconnect", Fail, "first %s; then %s", outcome(t.answer), outcome(e.msg))
	default:
		s.judge("report.reconnect", Pass, "again %s after it", seconds(e.at.Sub(t.at)))
	}
}
