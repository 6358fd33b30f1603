package certify

import (
	"context"
	"crypto/subtle"
	"sync"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// station is the platform's side as far as the machine can tell: it knows one
// machine and takes every message.
type station struct {
	machineNo, password string
	events              *events

	mu      sync.Mutex
	opened  int
	current *tap // of the newest connection
}

// Authenticate implements devicegw.Handler.
func (s *station) Authenticate(_ context.Context, c devicegw.Credentials) (devicegw.Identity, error) {
	if c.ClientID != s.machineNo || subtle.ConstantTimeCompare(c.Password, []byte(s.password)) == 0 {
		return devicegw.Identity{}, devicegw.ErrBadCredentials
	}
	return devicegw.Identity{MachineNo: c.ClientID}, nil
}

// CheckWill implements devicegw.Handler. A bad will fails a check and no CONNECT.
func (*station) CheckWill(context.Context, devicegw.Message) error { return nil }

// Connecting implements devicegw.Handler.
func (s *station) Connecting(context.Context, devicegw.Identity) (int64, error) {
	return int64(s.conn()), nil
}

// OnMessage implements devicegw.Handler. The tap has noted the message.
func (*station) OnMessage(context.Context, devicegw.Message) error { return nil }

// OnConnState implements devicegw.Handler. The tap has noted it.
func (*station) OnConnState(context.Context, devicegw.ConnState) {}

// OnReady implements devicegw.Handler.
func (s *station) OnReady(context.Context, string, int64) {
	s.events.add(event{kind: ready, conn: s.conn()})
}

// open numbers a new connection and notes its CONNECT in one step, so that
// nothing is noted under a number whose CONNECT is not.
func (s *station) open(t *tap, p *packet.Connect) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened++
	s.current = t
	s.events.add(event{kind: connecting, conn: s.opened, connect: p})
	return s.opened
}

// conn is the number of the newest connection.
func (s *station) conn() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.opened
}

// newest returns the tap of the newest connection, nil before the first.
func (s *station) newest() *tap {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.current
}
