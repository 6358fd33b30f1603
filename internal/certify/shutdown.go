package certify

import "context"

// shutdown judges a clean end (mqtt.md §4.4, §7). Without a person it can only
// use a goodbye that came with an earlier restart.
func (s *session) shutdown(ctx context.Context) {
	const id = "shutdown.offline"
	mark := 0
	if s.cfg.Ask != nil {
		mark = s.events.mark()
		if yes, _ := s.ask(ctx, s.text.switchOff); !yes {
			s.judge(id, Skip, "the person was not ready")
			return
		}
		if _, ok := s.events.await(ctx, mark, s.cfg.Timeout, isKind(closed)); !ok {
			s.judge(id, Fail, "still connected after %s", s.cfg.Timeout)
			return
		}
	}
	goodbyes := s.events.since(mark, isMethod(methodOffline))
	farewell := func(e event) bool { return len(goodbyes) > 0 && e.conn == goodbyes[0].conn && e.kind == disconnected }
	ended := s.events.since(mark, farewell)
	switch {
	case len(ended) > 0:
		s.judge(id, Pass, "%s, reason %s, then DISCONNECT", methodOffline, goodbyes[0].msg.field("reason"))
	case s.cfg.Ask == nil:
		s.judge(id, Skip, "no clean end seen; a person can switch the machine off")
	case len(goodbyes) > 0:
		s.judge(id, Fail, "%s, but no DISCONNECT", methodOffline)
	default:
		s.judge(id, Fail, "no %s", methodOffline)
	}
}
