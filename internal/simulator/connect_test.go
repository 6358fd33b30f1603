package simulator

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestHeartbeat(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, _ *rig) {
		time.Sleep(16 * time.Minute)
		got := p.messages(methodHeartbeat)
		if len(got) != 4 {
			t.Fatalf("%d heartbeats in 16 minutes", len(got))
		}
		want(t, got[0], "network_type", "4G", "network_rssi", "-67", "uptime_minutes_today", "414", "machine_id", "10009", "status", "0")
		if at := offsets(t, got); at[3] != 900 {
			t.Error("heartbeats after", at)
		}
	})
}

// The gateway goes away and comes back; the machine does both too.
func TestReconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startStub(t)
		r := newRig(t, s.listener.dial)
		r.start()
		s.stop()
		r.await(Disconnected)
		var waits []time.Duration
		last := time.Now()
		for range 8 {
			r.await(ConnectFailed)
			waits = append(waits, time.Since(last))
			last = time.Now()
		}
		for i, d := range waits {
			expected := min(time.Second<<i, 30*time.Second)
			if d < expected*3/4 || d > expected*5/4 {
				t.Errorf("wait %d: %v, want about %v", i, d, expected)
			}
		}
		r.Kill()
	})
}

func TestWrongPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startPlatform(t)
		r := newRig(t, p.listener.dial)
		r.cfg.Password = "wrong"
		m, err := Start(t.Context(), r.cfg)
		if err != nil {
			t.Fatal(err)
		}
		r.await(ConnectFailed)
		if e := r.await(ConnectFailed); !strings.Contains(e.Detail, "bad user name or password") {
			t.Error(e.Detail)
		}
		select {
		case <-m.Ready():
			t.Error("ready")
		default:
		}
		if err := m.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		p.stop()
	})
}

func TestSubscriptionRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startStub(t)
		s.suback = 0x80
		r := newRig(t, s.listener.dial)
		m, err := Start(t.Context(), r.cfg)
		if err != nil {
			t.Fatal(err)
		}
		if e := r.await(ConnectFailed); e.Detail != "subscribe: refused with code 0x80" {
			t.Error(e.Detail)
		}
		m.Kill()
		s.stop()
	})
}

// A machine can be switched off at any moment of a connection attempt.
func TestKillWhileConnecting(t *testing.T) {
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){
		"dialling": func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		"no CONNACK": func(ctx context.Context, _, _ string) (net.Conn, error) {
			here, there := net.Pipe()
			context.AfterFunc(ctx, func() { _ = there.Close() })
			return here, nil
		},
		"refused": func(context.Context, string, string) (net.Conn, error) {
			return nil, errors.New("no route")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, dial)
				m, err := Start(t.Context(), r.cfg)
				if err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
				begun := time.Now()
				m.Kill()
				if took := time.Since(begun); took > time.Second {
					t.Error("Kill took", took)
				}
			})
		})
	}
}

// A second machine with the same number takes over; the first comes back.
func TestTakeOver(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		twin := newRig(t, p.listener.dial)
		twin.start()
		r.await(Disconnected)
		twin.Kill()
		r.await(Connected)
		synctest.Wait()
		p.send(sign(command()))
		r.await(Acknowledged)
	})
}

func TestConfigIsChecked(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"no machine number": func(c *Config) { c.MachineNo = "" },
		"no AppKey":         func(c *Config) { c.AppKey = "" },
		"no folder":         func(c *Config) { c.Dir = "" },
		"no address":        func(c *Config) { c.BrokerURL = "" },
		"no port":           func(c *Config) { c.BrokerURL = "tcp://localhost" },
		"other scheme":      func(c *Config) { c.BrokerURL = "http://localhost:8883" },
		"bad address":       func(c *Config) { c.BrokerURL = "tcp://[::1" },
		"bad folder":        func(c *Config) { c.Dir = "/dev/null/machine" },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, nil)
			change(&r.cfg)
			if _, err := Start(t.Context(), r.cfg); err == nil {
				t.Error("accepted")
			}
		})
	}
}

// The same with TLS, whose certificate is checked.
func TestOverTLS(t *testing.T) {
	web := httptest.NewTLSServer(nil) // for its certificate
	defer web.Close()
	p := startPlatform(t)
	listener, err := tls.Listen("tcp", "127.0.0.1:0", web.TLS)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- p.gateway.Serve(t.Context(), listener) }()
	r := newRig(t, nil)
	r.cfg.BrokerURL = "tls://" + listener.Addr().String()
	stranger, err := Start(t.Context(), r.cfg)
	if err != nil {
		t.Fatal(err)
	}
	if e := r.await(ConnectFailed); !strings.Contains(e.Detail, "certificate") {
		t.Error(e.Detail)
	}
	stranger.Kill()
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	r.cfg.TLS = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	r.start()
	p.send(sign(command()))
	r.await(Acknowledged)
	r.stop()
	p.stop()
	<-served
}

// The same over a real network and in real time.
func TestOverTCP(t *testing.T) {
	p := startPlatform(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- p.gateway.Serve(t.Context(), listener) }()
	r := newRig(t, nil)
	r.cfg.BrokerURL = "tcp://" + listener.Addr().String()
	r.cfg.RunTime = time.Millisecond
	r.start()
	for range 2 {
		r.await(HeartbeatAcked)
		p.send(sign(command()))
		r.await(Acknowledged)
		r.Kill()
		r.start()
	}
	if got := p.messages(methodResponse); len(got) != 2 || r.Starts(sampleID) != 1 {
		t.Errorf("%d responses, %d starts", len(got), r.Starts(sampleID))
	}
	r.stop()
	p.stop()
	<-served
	if n := p.gateway.Stats().Connections; n != 0 {
		t.Error("connections left:", n)
	}
}
