package certify

import (
	"context"

	"github.com/vendlane/vendlane/signature"
)

// refuse sends what must be ignored, and behind it two commands that must be
// answered without a run. Their answers show that the machine got past the
// others; the silence afterwards, that it did not queue them.
func (s *session) refuse(ctx context.Context) {
	mark, conn := s.events.mark(), s.station.conn()
	wrongSign := s.command()
	wrongSign.body = signature.EncodeMessage(wrongSign.fields, s.cfg.AppKey+"x")
	foreign := s.command("client_id", s.cfg.MachineNo+"1")
	for _, body := range [][]byte{
		wrongSign.body, foreign.body,
		signature.EncodeMessage(s.base(methodUnknown), s.cfg.AppKey),
	} {
		if err := s.send(ctx, body); err != nil {
			s.judge("refuse.method", Fail, "a message to be ignored was not acknowledged: the machine may have stopped reading")
			break
		}
	}
	bad := s.try(ctx, s.command("quantity", "many"))
	s.judgeRefusal("refuse.fields", bad, errBadCommand)
	late := s.try(ctx, s.expired())
	s.judgeRefusal("refuse.expired", late, errExpired)
	s.quiet(ctx, mark, isMethod(methodResponse))
	s.judgeIgnored(mark, "refuse.sign", wrongSign)
	s.judgeIgnored(mark, "refuse.client_id", foreign)

	lost := s.events.since(mark, onConn(conn, isKind(closed)))
	switch {
	case len(lost) > 0:
		s.judge("refuse.method", Fail, "the connection ended")
	case bad.answer == nil && late.answer == nil:
		s.judge("refuse.method", Fail, "no command was answered afterwards")
	default:
		s.judge("refuse.method", Pass, "ignored, later commands answered")
	}
}

// judgeRefusal wants a failure with that text and nothing dropped.
func (s *session) judgeRefusal(id string, t trial, text string) {
	good := t.answer != nil && t.answer.field("deliver_status") == "0" &&
		t.answer.field("error_msg") == text && pieces(t.answer, "0") == "0"
	s.judgeIf(good, id, "%s", outcome(t.answer))
}

func (s *session) judgeIgnored(mark int, id string, c command) {
	if answers := s.events.since(mark, isResponse(c.id())); len(answers) > 0 {
		s.judge(id, Fail, "answered: %s", outcome(answers[0].msg))
		return
	}
	s.judge(id, Pass, "no answer")
}
