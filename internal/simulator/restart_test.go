package simulator

import (
	"context"
	"errors"
	"net"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// Power loss in mid-run: the run is over, with what was known to have dropped.
func TestKillInMidRun(t *testing.T) {
	for name, c := range map[string]struct {
		after   time.Duration
		dropped string
	}{
		"first piece":   {0, "0"},
		"between":       {1500 * time.Millisecond, "1"},
		"last piece":    {2500 * time.Millisecond, "2"},
		"almost":        {2999 * time.Millisecond, "2"},
		"second begins": {1001 * time.Millisecond, "1"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(cfg *Config) { cfg.RunTime = time.Second }, func(t *testing.T, p *platform, r *rig) {
				p.send(sign(command("quantity", "3")))
				r.await(MotorStarted)
				time.Sleep(c.after)
				r.Kill()
				time.Sleep(10 * time.Second)
				if got := p.messages(methodResponse); len(got) != 0 {
					t.Fatal("a dead machine reported:", got[0].JSON())
				}
				r.start()
				r.await(Acknowledged)
				p.send(sign(command("quantity", "3"))) // the server's repetition
				r.await(Acknowledged)
				time.Sleep(time.Minute)
				got := p.messages(methodResponse)
				if len(got) != 2 || r.Starts(sampleID) != 1 {
					t.Fatalf("%d responses, %d starts", len(got), r.Starts(sampleID))
				}
				for _, m := range got {
					want(t, m, "deliver_status", "0", "delivered", c.dropped, "error_msg", "Device Restarted",
						"floor_status", "", "order_id", "60", "record_id", "78")
				}
			})
		})
	}
}

// The queue is not durable: nothing of it ran, and a repetition is welcome.
func TestKillForgetsQueue(t *testing.T) {
	run(t, func(cfg *Config) { cfg.RunTime = 5 * time.Second }, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(command()))
		p.send(sign(command("delivery_id", "2")))
		r.await(Queued)
		r.Kill()
		r.start()
		r.await(Acknowledged)
		p.send(sign(command("delivery_id", "2")))
		r.await(Acknowledged)
		got := p.messages(methodResponse)
		want(t, got[0], "delivery_id", sampleID, "deliver_status", "0", "error_msg", "Device Restarted")
		want(t, got[1], "delivery_id", "2", "deliver_status", "1")
	})
}

// Killed at every moment of a delivery, a machine never starts twice and the
// platform always learns a result.
func TestKillAtAnyMoment(t *testing.T) {
	for step := range 30 {
		run(t, nil, func(t *testing.T, p *platform, r *rig) {
			p.send(sign(command()))
			time.Sleep(time.Duration(step) * 25 * time.Millisecond)
			r.Kill()
			r.start()
			p.send(sign(command()))
			r.await(Acknowledged)
			r.Kill()
			r.start()
			synctest.Wait()
			if n := r.Starts(sampleID); n != 1 {
				t.Errorf("killed after %d ms: %d starts", step*25, n)
			}
			first := p.messages(methodResponse)[0]
			for _, m := range p.messages(methodResponse) {
				want(t, m, "deliver_status", first.field("deliver_status"), "error_msg", first.field("error_msg"))
			}
		})
	}
}

// A machine sends heartbeat, environment and old results, in this order, before
// it takes a command (mqtt.md §6.4).
func TestStartSequence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startStub(t)
		r := newRig(t, s.listener.dial)
		r.start()
		s.setHold(methodResponse)
		s.send(1, false, sign(command()))
		r.await(Reported)
		r.Kill()
		synctest.Wait() // what was sent has arrived
		seen := len(s.all())
		r.start()
		s.send(1, false, sign(command("delivery_id", "2")))
		r.await(MotorStarted)
		synctest.Wait()
		var methods []string
		sent := s.all()[seen:]
		for _, m := range sent {
			methods = append(methods, m.field("method"))
		}
		if !slices.Equal(methods, []string{methodHeartbeat, methodEnv, methodResponse}) {
			t.Error(methods)
		}
		for _, name := range []string{"app_version", "android_version", "java_version", "sdk_version", "device_model", "manufacturer",
			"serial_no", "screen_width", "screen_height", "brightness", "volume", "language"} {
			if sent[1].field(name) == "" {
				t.Error("env.put lacks", name)
			}
		}
		if c := s.connect(1); c.CleanSession || c.ProtocolVersion != 4 || c.Keepalive != 60 || c.ClientIdentifier != machineNo || c.Username != machineNo {
			t.Errorf("CONNECT %v", c)
		}
		r.Kill()
		s.stop()
	})
}

// A command that comes with the subscription waits until the start sequence is
// through (mqtt.md §6.4 step 6).
func TestCommandWaitsForStartSequence(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			s := startStub(t)
			s.greeting = sign(command("delivery_id", "2"))
			r := newRig(t, s.listener.dial)
			j := mustOpen(t, r.cfg.Dir)
			mustPut(t, j, sampleEntry(sampleID, stateStarted))
			mustClose(t, j)
			r.start()
			var order []EventKind
			for e := range r.events {
				order = append(order, e.Kind)
				if e.Kind == MotorStarted {
					break
				}
			}
			before := slices.DeleteFunc(order, func(k EventKind) bool { return k == HeartbeatAcked || k == Acknowledged })
			if !slices.Equal(before, []EventKind{Finished, Connected, Reported, Received, MotorStarted}) {
				t.Error(before)
			}
			r.Kill()
			s.stop()
		})
	}
}

// The server publishes the last will of a machine without power, which was
// signed when it connected.
func TestLastWill(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		time.Sleep(90 * time.Second)
		r.Kill()
		synctest.Wait()
		got := p.messages(methodOffline)
		if len(got) != 1 || !got[0].Will || got[0].Topic != "/server/app/"+machineNo || got[0].QoS != 1 {
			t.Fatalf("%+v", got)
		}
		want(t, got[0], "reason", "network_timeout", "client_id", machineNo, "timestamp", "1714373688")
		r.start()
		if wills := p.willsSet(); len(wills) != 2 || wills[1].field("timestamp") != "1714373778" {
			t.Errorf("wills: %+v", wills)
		}
	})
}

// slowClose is a connection whose end takes a moment.
type slowClose struct{ net.Conn }

func (c slowClose) Close() error {
	time.Sleep(100 * time.Millisecond)
	return c.Conn.Close()
}

// A power loss sends nothing, least of all a DISCONNECT.
func TestKillSendsNothing(t *testing.T) {
	run(t, func(c *Config) {
		dial := c.Dial
		c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			return slowClose{conn}, err
		}
	}, func(t *testing.T, p *platform, r *rig) {
		r.Kill()
		synctest.Wait()
		if ends := p.endings(); !slices.Equal(ends, []string{"connection lost"}) {
			t.Error("connection ended by", ends)
		}
		r.start()
	})
}

// A clean stop finishes the run, says goodbye and leaves no will behind.
func TestStopIsClean(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(command()))
		p.send(sign(command("delivery_id", "2")))
		r.await(MotorStarted)
		r.stop()
		synctest.Wait()
		got := p.methods()
		if !slices.Equal(got, []string{methodHeartbeat, methodEnv, methodResponse, methodOffline}) {
			t.Error(got)
		}
		if last := p.messages(methodOffline)[0]; last.Will || last.field("reason") != "shutdown" {
			t.Error("offline:", last.JSON())
		}
		if ends := p.endings(); !slices.Equal(ends, []string{"client disconnect"}) {
			t.Error("connection ended by", ends)
		}
		if r.Starts(sampleID) != 1 || r.Starts("2") != 0 {
			t.Error("starts:", r.Starts(sampleID), r.Starts("2"))
		}
		r.start()
		synctest.Wait()
		if got := p.messages(methodResponse); len(got) != 1 {
			t.Errorf("%d responses", len(got))
		}
	})
}

func TestStopHasItsLimits(t *testing.T) {
	run(t, func(c *Config) { c.Behaviour = Slow(time.Hour, Success) }, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(command()))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := r.Stop(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		r.start()
		r.await(Acknowledged)
		want(t, p.messages(methodResponse)[0], "error_msg", "Device Restarted")
	})
}

// The end of Start's context is a clean stop, too.
func TestContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startPlatform(t)
		r := newRig(t, p.listener.dial)
		ctx, cancel := context.WithCancel(t.Context())
		m, err := Start(ctx, r.cfg)
		if err != nil {
			t.Fatal(err)
		}
		<-m.Ready()
		cancel()
		<-m.Done()
		if got := p.messages(methodOffline); len(got) != 1 || got[0].Will {
			t.Error("not a clean stop:", len(got))
		}
		if err := m.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		m.Kill() // harmless
		p.stop()
	})
}
