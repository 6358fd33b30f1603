package certify

import (
	"context"

	"github.com/vendlane/vendlane/signature"
)

// restart stops the machine with two results unacknowledged and a run going on,
// and judges what it knows afterwards (mqtt.md §6.4).
func (s *session) restart(ctx context.Context) {
	s.station.newest().withholdResults()
	defer func() { s.station.newest().release() }()
	done := s.try(ctx, s.command())
	refused := s.command("quantity", "many") // a result without a run
	mark := s.events.mark()
	s.post(ctx, refused.body)
	// A machine may send one result at a time: then this one is not judged.
	_, two := s.events.await(ctx, mark, s.cfg.AtOnce, isResponse(refused.id()))

	old, mark := s.station.conn(), s.events.mark()
	running, ok := s.interrupt(ctx)
	if !ok {
		return
	}
	conn, ok := s.returned(ctx, old, s.cfg.RestartTimeout)
	if !ok {
		why := "it went away"
		if len(s.events.since(mark, isKind(closed))) == 0 {
			why = "it never went away (a touched screen or a lock-screen ad allows that, mqtt.md §5.3)"
		}
		s.judge("restart.returns", Fail, "not back within %s: %s", s.cfg.RestartTimeout, why)
		return
	}
	s.judge("restart.returns", Pass, "back")
	s.judgeBoot(ctx, conn)
	cut := s.judgeInterrupted(ctx, running, mark, old, conn)
	s.judgeResults(ctx, done, refused, two, conn)
	s.judgeOnce(ctx, done, cut)
}

// interrupt starts a run and has the machine restart during it. ok is false if
// it could not. A machine that lost its power leaves the connection open, so
// nothing is to be waited for here.
func (s *session) interrupt(ctx context.Context) (running command, ok bool) {
	if s.cfg.Ask != nil {
		if yes, _ := s.ask(ctx, s.text.cutPower); !yes {
			s.judge("restart.returns", Skip, "the person was not ready")
			return command{}, false
		}
		running = s.command("quantity", "2")
		s.post(ctx, running.body)
		return running, true
	}
	running = s.command("quantity", "2")
	if err := s.send(ctx, running.body); err != nil {
		s.judge("restart.returns", Skip, "the command before it was not acknowledged")
		return running, false
	}
	s.post(ctx, signature.EncodeMessage(s.base(methodReboot), s.cfg.AppKey)) // it may go down before its PUBACK
	return running, true
}

// judgeBoot judges the first messages after the restart.
func (s *session) judgeBoot(ctx context.Context, conn int) {
	if _, ok := s.events.await(ctx, 0, s.cfg.AtOnce, onConn(conn, isMethod(methodHeartbeat))); !ok {
		s.judge("restart.boot", Fail, "no %s within %s", methodHeartbeat, s.cfg.AtOnce)
		return
	}
	s.judgeEnv(ctx, "restart.boot", conn)
}

// judgeInterrupted judges the result of the run that the restart interrupted,
// and returns it.
func (s *session) judgeInterrupted(ctx context.Context, running command, mark, old, conn int) trial {
	const id = "restart.mid_run"
	t := trial{command: running, conn: conn}
	if early := s.events.since(mark, onConn(old, isResponse(running.id()))); len(early) > 0 {
		t.answer = early[0].msg
		s.judge(id, Skip, "the run was over before the restart: %s; cut the power by hand", outcome(t.answer))
		return t
	}
	e, ok := s.events.await(ctx, 0, s.cfg.Timeout, onConn(conn, isResponse(running.id())))
	if !ok {
		s.judge(id, Fail, "no result within %s after the restart", s.cfg.Timeout)
		return t
	}
	t.answer = e.msg
	if e.msg.field("deliver_status") == "1" {
		again, asked := s.ask(ctx, s.text.turnedAgain)
		switch {
		case asked && again:
			s.judge(id, Fail, "the run was resumed: %s", outcome(e.msg))
		default:
			s.judge(id, Skip, "the run was over before the restart: %s; cut the power earlier", outcome(e.msg))
		}
		return t
	}
	s.judgeIf(e.msg.field("error_msg") == errRestarted, id, "%s", outcome(e.msg))
	return t
}

// judgeResults wants the results from before the restart, in their order: the
// one of a run and, with two, the one of a refused command.
func (s *session) judgeResults(ctx context.Context, done trial, refused command, two bool, conn int) {
	const id = "restart.results"
	if done.answer == nil {
		s.judge(id, Skip, "no result before the restart")
		return
	}
	first, ok := s.events.await(ctx, 0, s.cfg.Timeout, onConn(conn, isResponse(done.id())))
	if !ok {
		s.judge(id, Fail, "a result is lost")
		return
	}
	if outcome(first.msg) != outcome(done.answer) {
		s.judge(id, Fail, "before %s; after %s", outcome(done.answer), outcome(first.msg))
		return
	}
	if !two {
		s.judge(id, Pass, "the only result")
		return
	}
	second, ok := s.events.await(ctx, 0, s.cfg.Timeout, onConn(conn, isResponse(refused.id())))
	switch {
	case !ok:
		s.judge(id, Fail, "the second of two results is lost")
	case second.seq < first.seq:
		s.judge(id, Fail, "the newer result came first")
	default:
		s.judge(id, Pass, "two results, oldest first")
	}
}

// judgeOnce repeats commands from before the restart, those that have a result.
func (s *session) judgeOnce(ctx context.Context, done, cut trial) {
	const id = "restart.once"
	// What a run takes is known from the one before the restart only.
	cut.took = done.took
	for _, t := range []trial{done, cut} {
		if t.answer == nil {
			continue
		}
		if verdict, seen := s.repeated(ctx, t, s.text.stayedStill); verdict != Pass {
			s.judge(id, verdict, "%s", seen)
			return
		}
	}
	if done.answer == nil && cut.answer == nil {
		s.judge(id, Skip, "no result of a command from before the restart")
		return
	}
	s.judge(id, Pass, "stored results only")
}
