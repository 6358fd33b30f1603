package certify

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// dispense judges plain commands.
func (s *session) dispense(ctx context.Context) {
	t := s.try(ctx, s.command())
	if t.answer == nil {
		s.judge("dispense.answer", Fail, "no answer within %s", s.cfg.Timeout)
	} else if problem := answerProblem(t); problem != "" {
		s.judge("dispense.answer", Fail, "%s", problem)
	} else {
		s.judge("dispense.answer", Pass, "%s", outcome(t.answer))
	}
	s.judgeDelivered(ctx, "dispense.delivered", t, s.text.dropped)
	if err := <-t.acked; err != nil { // bounded by the gateway
		s.judge("dispense.puback", Fail, "none within %s", s.cfg.Timeout)
	} else {
		s.judge("dispense.puback", Pass, "acknowledged")
	}
	if t.answer == nil {
		return
	}
	s.judgeDelivered(ctx, "dispense.modulo", s.try(ctx, s.command("code", strconv.Itoa(s.cfg.Motor+100))), s.text.modulo)
	s.judgeDelivered(ctx, "dispense.quantity", s.try(ctx, s.command("quantity", "2")), "")
}

// answerProblem returns what is wrong with an answer, or "" (mqtt.md §6.2).
func answerProblem(t trial) string {
	m := t.answer
	if lacking := m.missing("delivery_id", "order_id", "record_id", "deliver_status"); len(lacking) > 0 {
		return "lacks " + strings.Join(lacking, ", ")
	}
	for _, name := range []string{"order_id", "record_id"} {
		if m.field(name) != t.fields[name] {
			return fmt.Sprintf("%s %q, sent %q", name, m.field(name), t.fields[name])
		}
	}
	if status := m.field("deliver_status"); status != "0" && status != "1" {
		return fmt.Sprintf("deliver_status %q", status)
	}
	for _, name := range []string{"delivered", "floor_status"} {
		if _, err := strconv.Atoi(m.field(name)); m.field(name) != "" && err != nil {
			return fmt.Sprintf("%s %q", name, m.field(name))
		}
	}
	if utf8.RuneCountInString(m.field("error_msg")) > maxErrorMsg {
		return "error_msg is too long"
	}
	return ""
}

// judgeDelivered wants a report that all pieces dropped, and a person who agrees
// if there is a question for one.
func (s *session) judgeDelivered(ctx context.Context, id string, t trial, question string) {
	seen := outcome(t.answer)
	if !t.delivered() {
		s.judge(id, Fail, "%s (is the channel filled and working?)", seen)
		return
	}
	if question != "" {
		if yes, asked := s.ask(ctx, question); asked {
			s.judgeIf(yes, id, "%s; a person agrees: %t", seen, yes)
			return
		}
	}
	s.judge(id, Pass, "%s, after %s", seen, seconds(t.took))
}

// queue judges two commands at once (mqtt.md §6.3 row 6).
func (s *session) queue(ctx context.Context) {
	mark, begun := s.events.mark(), s.cfg.Clock()
	a, b := s.command(), s.command()
	s.post(ctx, a.body)
	s.post(ctx, b.body)
	either := func(e event) bool { return isResponse(a.id())(e) || isResponse(b.id())(e) }
	first, ok := s.events.await(ctx, mark, s.cfg.Timeout, either)
	if !ok {
		s.judge("queue.two", Fail, "no answer within %s", s.cfg.Timeout)
		return
	}
	other := a
	if isResponse(a.id())(first) {
		other = b
	}
	took := first.at.Sub(begun)
	s.longest = max(s.longest, took)
	second, ok := s.events.await(ctx, mark, s.cfg.Timeout, isResponse(other.id()))
	if !ok {
		s.judge("queue.two", Fail, "only one of the two was answered")
		return
	}
	gap := second.at.Sub(first.at)
	if gap < took/2 {
		took -= s.measureDelay(ctx)
	}
	switch {
	case outcome(first.msg) != outcome(second.msg):
		s.judge("queue.two", Fail, "%s; %s", outcome(first.msg), outcome(second.msg))
	case gap < tooShort && took < tooShort:
		s.judge("queue.two", Warn, "both reported, but a run of %s is too short to tell one after the other", seconds(took))
	case gap < took/2:
		s.judge("queue.two", Fail, "results %s apart, a run takes %s: both seem to have run at once", seconds(gap), seconds(took))
	default:
		s.judge("queue.two", Pass, "results %s apart, a run takes %s", seconds(gap), seconds(took))
	}
}
