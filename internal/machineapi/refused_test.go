package machineapi

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/eclipse/paho.golang/paho"
	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/store"
)

// refuse looks for connections on refused passwords until the test ends.
func (p *platform) refuse() {
	ctx, cancel := context.WithCancel(p.ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.handler.RefuseOldPasswords(ctx, p.gateway) }()
	p.t.Cleanup(func() {
		cancel()
		p.check(<-ended)
	})
}

// machine5 connects a 5.0 client with a password. gone gets the reason of the
// DISCONNECT it is sent.
func (p *platform) machine5(password string) (c *paho.Client, gone chan byte, err error) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.addr)
	p.check(err)
	gone = make(chan byte, 1)
	c = paho.NewClient(paho.ClientConfig{
		Conn: conn, OnServerDisconnect: func(d *paho.Disconnect) { gone <- d.ReasonCode },
	})
	_, err = c.Connect(ctx, &paho.Connect{
		ClientID: machineNo, Username: machineNo, UsernameFlag: true, Password: []byte(password), PasswordFlag: true,
		KeepAlive: 60, WillMessage: &paho.WillMessage{Topic: sharedTopic, Payload: body(p.t, p.offline(nil), appKey), QoS: 1},
	})
	return c, gone, err
}

func (p *platform) stored() store.Machine {
	p.t.Helper()
	m, err := p.deps.Store.MachineByNo(p.ctx, machineNo)
	p.check(err)
	return m
}

// A machine whose password is revoked is sent away by the operator (0x98), its will
// makes it offline, and only the new password brings it back.
func TestRevokedPasswordSendsTheMachineAway(t *testing.T) {
	p := newPlatform(t)
	p.refuse()
	_, gone, err := p.machine5(password)
	p.check(err)
	p.check(p.deps.Fleet.RevokePassword(p.ctx, p.stored().Machine, "second"))
	if reason := receive(t, gone); reason != 0x98 {
		t.Errorf("reason 0x%x, want 0x98", reason)
	}
	receive(t, p.wills)
	if p.presence(machineID).IsOnline {
		t.Error("the will had no effect")
	}
	if _, _, err := p.machine5(password); err == nil {
		t.Error("the revoked password was accepted")
	}
	c, _, err := p.machine5("second")
	p.check(err)
	p.check(c.Disconnect(&paho.Disconnect{}))
}

// A machine that was told of its new password and stays on the old one is sent away
// when the overlap is over, not before (mqtt.md §5.5).
func TestOverlapSendsTheMachineAway(t *testing.T) {
	p := newPlatform(t)
	_, gone, err := p.machine5(password)
	p.check(err)
	p.check(p.deps.Fleet.ChangePassword(p.ctx, p.stored().Machine, "second", false))
	p.clock.advance(23 * time.Hour)
	p.check(p.deps.Fleet.EndRefused(p.ctx, func(string, int64) bool {
		t.Error("a connection was refused in the overlap")
		return false
	}))
	p.clock.advance(time.Hour)
	p.refuse()
	if reason := receive(t, gone); reason != 0x98 {
		t.Errorf("reason 0x%x, want 0x98", reason)
	}
}

// While the store fails there is one line in the log, and the work goes on.
func TestRefusingWhileTheStoreFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, Config{})
		f.check(f.deps.Store.Close())
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		f.check(f.handler.RefuseOldPasswords(ctx, devicegw.New(devicegw.Config{}, f.handler, f.deps.Log)))
		if n := f.logs.count("refused passwords not looked for"); n != 1 {
			t.Errorf("%d lines in the log, want 1", n)
		}
	})
}
