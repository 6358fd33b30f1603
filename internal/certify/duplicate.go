package certify

import (
	"context"
	"maps"
	"strconv"

	"github.com/vendlane/vendlane/signature"
)

// duplicate judges what the machine does with a message that comes twice.
func (s *session) duplicate(ctx context.Context) {
	t := s.try(ctx, s.command())
	if t.answer == nil {
		s.judge("duplicate.finished", Fail, "the first command was not answered within %s", s.cfg.Timeout)
		return
	}
	verdict, seen := s.repeated(ctx, t, s.text.onlyOnce)
	s.judge("duplicate.finished", verdict, "%s", seen)
	s.duplicateRunning(ctx)
	s.duplicateMessage(ctx)
}

// duplicateRunning repeats a command while its motor turns.
func (s *session) duplicateRunning(ctx context.Context) {
	mark := s.events.mark()
	c := s.command()
	answered := func() []event { return s.events.since(mark, isResponse(c.id())) }
	acks := []<-chan error{s.post(ctx, c.body), s.post(ctx, c.body)} // the same bytes: in either order
	for _, acked := range acks {
		if err := <-acked; err != nil { // bounded by the gateway
			s.judge("duplicate.running", Fail, "the command was not acknowledged")
			return
		}
	}
	if len(answered()) > 0 {
		s.judge("duplicate.running", Skip, "the run was over before the repetition was taken: try a slower channel")
		return
	}
	if _, ok := s.events.await(ctx, mark, s.cfg.Timeout, isResponse(c.id())); !ok {
		s.judge("duplicate.running", Fail, "no answer within %s", s.cfg.Timeout)
		return
	}
	s.quiet(ctx, mark, isResponse(c.id()))
	if n := len(answered()); n > 1 {
		s.judge("duplicate.running", Fail, "%d results: the motor may have run again", n)
		return
	}
	if once, asked := s.ask(ctx, s.text.onlyOnce); asked && !once {
		s.judge("duplicate.running", Fail, "a person saw the motor run again")
		return
	}
	s.judge("duplicate.running", Pass, "one result")
}

// duplicateMessage delivers a channel test twice; its result is not reported
// (mqtt.md §5.6), so only a person can tell.
func (s *session) duplicateMessage(ctx context.Context) {
	if s.cfg.Ask == nil {
		s.judge("duplicate.message", Skip, "only a person can see it")
		return
	}
	fields := s.base(methodDebugging)
	maps.Copy(fields, map[string]string{
		"floor_type": strconv.Itoa(s.cfg.FloorType), "is_lp": "0", "is_dc": "0", "code": strconv.Itoa(s.cfg.Motor),
		"addr": strconv.Itoa(s.cfg.Board), "order_type": "test",
	})
	body := signature.EncodeMessage(fields, s.cfg.AppKey)
	for range 2 {
		if err := s.send(ctx, body); err != nil {
			s.judge("duplicate.message", Fail, "the message was not acknowledged")
			return
		}
	}
	if once, asked := s.ask(ctx, s.text.debugged); asked {
		s.judgeIf(once, "duplicate.message", "a person saw one run: %t", once)
	}
}
