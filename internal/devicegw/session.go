package devicegw

import "time"

// session is what outlives the connection of a machine that connects with
// clean session / clean start off: its subscription, and the identifiers of QoS
// 2 messages between PUBREC and PUBREL. Messages to the machine are not part of
// it; they wait in the application's outbox (see the package documentation).
// The registry guards it, and only the owner of the machine may change it.
type session struct {
	subscribed bool
	received   map[uint16]struct{}
	keep       time.Duration // how long it outlives the connection that uses it
	expires    time.Time     // set while none uses it
}

// resumeLocked returns the session for a new connection of a machine. present
// tells whether it existed already. A session that was to end with its
// connection is not resumed by one that takes over.
func (r *registry) resumeLocked(machineNo string, clean bool, keep time.Duration) (s *session, present bool) {
	s = r.sessions[machineNo]
	if s == nil || clean || s.keep == 0 || !s.expires.IsZero() && !time.Now().Before(s.expires) {
		s = &session{keep: keep}
		r.sessions[machineNo] = s
		return s, false
	}
	s.keep, s.expires = keep, time.Time{}
	return s, true
}

// leaveLocked is told that the connection that used the session is gone. A
// machine that never comes back leaves some hundred bytes behind, so sessions
// are bounded by the fleet.
func (r *registry) leaveLocked(machineNo string) {
	if s := r.sessions[machineNo]; s != nil && s.keep > 0 {
		s.expires = time.Now().Add(s.keep)
		return
	}
	delete(r.sessions, machineNo)
}

// inSession runs f on the session of c unless a newer connection owns it.
func (r *registry) inSession(c *conn, f func(s *session)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.sessions[c.machineNo]; s != nil && r.machines[c.machineNo] == c {
		f(s)
	}
}

// keepSession changes how long the session outlives the connection. It returns
// false if the machine may not: a session that ends with its connection stays
// so (MQTT 5.0 §3.14.2.2.2).
func (c *conn) keepSession(asked time.Duration) (allowed bool) {
	allowed = true
	c.g.reg.inSession(c, func(s *session) {
		if allowed = asked == 0 || s.keep > 0; allowed {
			s.keep = min(asked, c.g.cfg.MaxSessionExpiry)
		}
	})
	return allowed
}

// rememberSubscription notes whether the machine holds its subscription.
func (c *conn) rememberSubscription(subscribed bool) {
	c.g.reg.inSession(c, func(s *session) { s.subscribed = subscribed })
}

// unfinished tells whether a QoS 2 message waits for its PUBREL, and how many do.
func (c *conn) unfinished(id uint16) (known bool, n int) {
	c.g.reg.inSession(c, func(s *session) {
		_, known = s.received[id]
		n = len(s.received)
	})
	return known, n
}

// received notes a QoS 2 message that was taken, until released.
func (c *conn) received(id uint16) {
	c.g.reg.inSession(c, func(s *session) {
		if s.received == nil {
			s.received = make(map[uint16]struct{})
		}
		s.received[id] = struct{}{}
	})
}

// forgetReceived forgets all QoS 2 messages.
func (c *conn) forgetReceived() {
	c.g.reg.inSession(c, func(s *session) { s.received = nil })
}

// released forgets a QoS 2 message and tells whether it was known.
func (c *conn) released(id uint16) (known bool) {
	c.g.reg.inSession(c, func(s *session) {
		_, known = s.received[id]
		delete(s.received, id)
	})
	return known
}
