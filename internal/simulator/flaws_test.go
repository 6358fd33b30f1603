package simulator

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/signature"
)

// flawed is a success with something wrong.
func flawed(change func(*Result)) func(*Config) {
	return func(c *Config) {
		c.Behaviour = func(r Run) Result {
			result := Success(r)
			change(&result)
			return result
		}
	}
}

func TestEarlyReport(t *testing.T) {
	run(t, flawed(func(r *Result) { r.Early = true }), func(t *testing.T, p *platform, r *rig) {
		p.send(sign(command()))
		if e := r.await(Reported); e.DeliveryID != sampleID {
			t.Errorf("%+v", e)
		}
		synctest.Wait()
		if got := p.messages(methodResponse); len(got) != 1 || r.Starts(sampleID) != 1 {
			t.Fatalf("%d reports before the motor, %d starts", len(got), r.Starts(sampleID))
		}
		p.send(sign(command())) // repeated before the motor starts
		r.await(MotorStarted)
		r.await(Acknowledged)
		got := p.messages(methodResponse)
		if len(got) != 2 || r.Starts(sampleID) != 1 {
			t.Errorf("%d reports, %d starts", len(got), r.Starts(sampleID))
		}
		for _, m := range got {
			want(t, m, "deliver_status", "1", "delivered", "1")
		}
	})
}

// Power lost between an early report and the motor must not start it again.
func TestKillAfterEarlyReport(t *testing.T) {
	run(t, flawed(func(r *Result) { r.Early = true }), func(t *testing.T, p *platform, r *rig) {
		p.send(sign(command()))
		r.await(Reported)
		r.Kill()
		r.start()
		p.send(sign(command()))
		r.await(Acknowledged)
		if r.Starts(sampleID) != 1 {
			t.Error("starts:", r.Starts(sampleID))
		}
	})
}

// A late report waits, also when the server asks again or the connection is new.
func TestLateReport(t *testing.T) {
	run(t, flawed(func(r *Result) { r.Late = 130 * time.Second }), func(t *testing.T, p *platform, r *rig) {
		begun := time.Now()
		p.send(sign(command()))
		r.await(Finished)
		time.Sleep(20 * time.Second)
		p.send(sign(command()))
		if err := r.Reconnect(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.await(Acknowledged)
		if d := time.Since(begun); d < 130*time.Second || d > 132*time.Second {
			t.Error("reported after", d)
		}
		if got := p.messages(methodResponse); len(got) != 1 {
			t.Errorf("%d reports", len(got))
		}
	})
}

func TestDuplicateReport(t *testing.T) {
	run(t, flawed(func(r *Result) { r.Copies = 2 }), func(t *testing.T, p *platform, r *rig) {
		p.send(sign(command()))
		r.await(Acknowledged)
		time.Sleep(time.Minute)
		if got := p.messages(methodResponse); len(got) != 3 {
			t.Errorf("%d reports", len(got))
		}
	})
}

// A wrongly signed report is no report: right ones follow.
func TestWrongSign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := startPlatform(t)
		var bodies []*signature.Object
		p.raw = func(o *signature.Object) bool {
			if textOf(o, "method") != methodResponse {
				return false
			}
			bodies = append(bodies, o)
			return true
		}
		r := newRig(t, p.listener.dial)
		flawed(func(r *Result) { r.BadSigns = 2 })(&r.cfg)
		r.start()
		p.send(sign(command()))
		r.await(Acknowledged)
		if len(bodies) != 3 || bodies[0].Verify(appKey) || bodies[1].Verify(appKey) || !bodies[2].Verify(appKey) {
			t.Errorf("%d reports", len(bodies))
		}
		r.stop()
		p.stop()
	})
}

func TestOfflineInMidRun(t *testing.T) {
	run(t, flawed(func(r *Result) { r.Offline = time.Minute }), func(t *testing.T, p *platform, r *rig) {
		begun := time.Now()
		if err := p.gateway.Send(t.Context(), machineNo, devicegw.Outgoing{Payload: sign(command())}); err == nil {
			t.Error("the command was acknowledged")
		}
		r.await(Finished) // the run goes on
		r.await(Acknowledged)
		if d := time.Since(begun); d < time.Minute {
			t.Error("reported after", d)
		}
	})
}

func TestPowerLoss(t *testing.T) {
	run(t, flawed(func(r *Result) { r.PowerLoss = true }), func(t *testing.T, p *platform, r *rig) {
		p.send(sign(command("quantity", "3")))
		<-r.Done()
		if r.WantsRestart() {
			t.Error("a power loss is no restart")
		}
		if got := p.messages(methodResponse); len(got) != 0 {
			t.Error("reported without power")
		}
		r.start()
		p.send(sign(command("quantity", "3")))
		r.await(Acknowledged)
		want(t, p.messages(methodResponse)[0], "deliver_status", "0", "delivered", "1", "error_msg", "Device Restarted")
		if r.Starts(sampleID) != 1 || len(r.DoubleStarts()) != 0 {
			t.Error("starts:", r.Starts(sampleID))
		}
	})
}

// Messages that come twice, or after their successor, do no harm.
func TestRedelivery(t *testing.T) {
	var plan []Redelivery
	change := func(c *Config) {
		c.Redeliver = func() Redelivery {
			if len(plan) == 0 {
				return Redelivery{}
			}
			next := plan[0]
			plan = plan[1:]
			return next
		}
	}
	run(t, change, func(t *testing.T, p *platform, r *rig) {
		plan = []Redelivery{{Twice: true}, {Twice: true}}
		p.send(sign(command()))
		if e := r.await(Ignored); !e.Repeat || e.Detail != "run is going on" {
			t.Errorf("%+v", e)
		}
		p.send(sign(codeMessage()))
		if e := r.await(Ignored); !e.Repeat || e.Detail != "duplicate" {
			t.Errorf("%+v", e)
		}
		r.await(Acknowledged)

		plan = []Redelivery{{AfterNext: true, Twice: true}}
		sent := make(chan struct{})
		go func() {
			p.send(sign(command("delivery_id", "2")))
			close(sent)
		}()
		synctest.Wait()
		p.send(sign(command("delivery_id", "3")))
		<-sent
		for _, id := range []string{"3", "2"} {
			if e := r.await(MotorStarted); e.DeliveryID != id {
				t.Error("started", e.DeliveryID, "not", id)
			}
		}
		plan = []Redelivery{{AfterNext: true}}
		p.send(sign(command("delivery_id", "4"))) // nothing follows
		r.await(MotorStarted)
		for _, id := range []string{sampleID, "2", "3", "4"} {
			if n := r.Starts(id); n != 1 {
				t.Errorf("%s: %d starts", id, n)
			}
		}
	})
}
