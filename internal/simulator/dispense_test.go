package simulator

import (
	"encoding/base64"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/signature"
)

// run gives each test a platform and a machine in virtual time.
func run(t *testing.T, change func(*Config), test func(t *testing.T, p *platform, r *rig)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := startPlatform(t)
		r := newRig(t, p.listener.dial)
		if change != nil {
			change(&r.cfg)
		}
		r.start()
		test(t, p, r)
		r.stop()
		p.stop()
	})
}

// The command of mqtt.md §6.1 as published there is answered with the response
// of §6.2, byte for byte.
func TestGoldenExchange(t *testing.T) {
	const body = "eyJhZGRyIjoiMSIsImNsaWVudF9pZCI6IjE2MzI3MTI5IiwiY29kZSI6IjAiLCJkZWxpdmVyeV9pZCI6IjUxMjE3NjMwNDM4MDk2NzMiLCJmbG9vcl90eXBlIjoiMSIsImlzX2RjIjoiMSIsImlzX2xwIjoiMCIsIm1hY2hpbmVfaWQiOiIxMDAwOSIsIm1ldGhvZCI6ImRldmljZS5kZWxpdmVyeS5wdXQiLCJvcmRlcl9pZCI6IjYwIiwicHJvZHVjdF9pZCI6IjEzMSIsInF1YW50aXR5IjoiMSIsInJlY29yZF9pZCI6Ijc4Iiwic2lnbiI6IkUyRTEwRDJBNzI3MzZGNDM5RTQwNTlDNkU4MEM2MTNCIiwic3RhdHVzIjoiMCIsInRpbWVvdXQiOiIzMCIsInRpbWVzdGFtcCI6IjE3MTQzNzM2ODgifQ=="
	const answer = `{"client_id":"16327129","deliver_status":"0","delivered":"0","delivery_id":"5121763043809673","error_msg":"Slave Comm Error","floor_status":"3","machine_id":"10009","method":"device.delivery.response","order_id":"60","record_id":"78","sign":"FC10AF757DED9CD61326AA17FA9DE9AB","status":"0","timestamp":"1714373692"}`
	var seen Run
	board := func(r Run) Result {
		seen = r
		return Result{FloorStatus: "3", ErrorMsg: "Slave Comm Error", Took: 4 * time.Second}
	}
	run(t, func(c *Config) { c.Behaviour = board }, func(t *testing.T, p *platform, r *rig) {
		p.send([]byte(body))
		r.await(Acknowledged)
		got := p.messages(methodResponse)
		if len(got) != 1 || got[0].JSON() != answer {
			t.Errorf("got %d responses: %s\nwant %s", len(got), got[0].JSON(), answer)
		}
		want := Run{DeliveryID: sampleID, OrderID: "60", RecordID: "78", ProductID: "131", Board: 1, FloorType: 1,
			DropSensor: true, Quantity: 1, StartBefore: time.Unix(sampleAt+30, 0)}
		seen.message = ""
		if seen != want {
			t.Errorf("run %+v\nwant %+v", seen, want)
		}
	})
}

func TestSuccessIsReported(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(command("quantity", "3", "code", "117")))
		r.await(MotorStarted)
		begun := r.now()
		r.await(Finished)
		if took := r.now().Sub(begun); took != 2100*time.Millisecond {
			t.Errorf("three pieces took %v", took)
		}
		r.await(Acknowledged)
		want(t, p.messages(methodResponse)[0], "deliver_status", "1", "delivered", "3", "floor_status", "1", "error_msg", "")
	})
}

func TestBehaviours(t *testing.T) {
	for name, c := range map[string]struct {
		behaviour Behaviour
		report    []string
	}{
		"jam":         {Jam, []string{"deliver_status", "0", "delivered", "0", "floor_status", "2", "error_msg", "Goods are Stuck"}},
		"no drop":     {NoDrop, []string{"deliver_status", "0", "delivered", "0", "floor_status", "1", "error_msg", "Goods are Stuck"}},
		"motor":       {MotorFault, []string{"deliver_status", "0", "delivered", "0", "floor_status", "3", "error_msg", "Feedback Error"}},
		"board":       {BoardFault, []string{"deliver_status", "0", "delivered", "0", "floor_status", "47", "error_msg", "Slave Comm Error"}},
		"partial":     {Partial(1), []string{"deliver_status", "0", "delivered", "1", "floor_status", "2", "error_msg", "Goods are Stuck"}},
		"impossible":  {func(Run) Result { return Result{Dropped: 9} }, []string{"deliver_status", "1", "delivered", "2"}},
		"not partial": {Partial(2), []string{"deliver_status", "1", "delivered", "2", "floor_status", "1", "error_msg", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(cfg *Config) { cfg.Behaviour = c.behaviour }, func(t *testing.T, p *platform, r *rig) {
				p.send(sign(command("quantity", "2")))
				r.await(Acknowledged)
				want(t, p.messages(methodResponse)[0], c.report...)
			})
		})
	}
}

// Row 1 of mqtt.md §6.3, and messages that are none.
func TestIgnoredCommands(t *testing.T) {
	for name, c := range map[string]struct {
		body []byte
		why  string
	}{
		"wrong sign":        {signature.EncodeMessage(command(), "other"), "bad sign"},
		"foreign client_id": {sign(command("client_id", "16327130")), "foreign client_id"},
		"no client_id":      {sign(command("client_id", "")), "foreign client_id"},
		"no delivery_id":    {sign(command("delivery_id", "")), "bad field delivery_id"},
		"unknown method":    {sign(command("method", "client.machine.dance")), "unknown method"},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, nil, func(t *testing.T, p *platform, r *rig) {
				p.send(c.body) // the PUBACK comes nevertheless
				if e := r.await(Ignored); e.Detail != c.why {
					t.Errorf("ignored because %q, want %q", e.Detail, c.why)
				}
				synctest.Wait()
				if got := p.messages(methodResponse); len(got) != 0 || r.Starts(sampleID) != 0 {
					t.Errorf("%d responses, %d starts", len(got), r.Starts(sampleID))
				}
			})
		})
	}
	t.Run("not base64", func(t *testing.T) {
		run(t, nil, func(_ *testing.T, p *platform, r *rig) {
			p.send([]byte("{}"))
			r.await(Ignored)
		})
	})
}

// Machines accept form E as well (mqtt.md §3.4); the space tells it from form R.
func TestCommandSignedInFormE(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		o, err := signature.DecodeMessage(sign(command("note", "a b")))
		if err != nil {
			t.Fatal(err)
		}
		text := []byte(o.JSON())
		copy(text[len(text)-len(`XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX","status":"0","timeout":"30","timestamp":"1714373688"}`):], o.Sign(signature.Escaped, appKey))
		p.send([]byte(base64.StdEncoding.EncodeToString(text)))
		r.await(MotorStarted)
		r.await(Acknowledged)
	})
}

// Row 2: a finished command is answered from the journal.
func TestFinishedCommandIsReportedAgain(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(command()))
		r.await(Acknowledged)
		for range 3 {
			p.send(sign(command()))
			r.await(Acknowledged)
		}
		got := p.messages(methodResponse)
		if len(got) != 4 || r.Starts(sampleID) != 1 {
			t.Fatalf("%d responses, %d starts", len(got), r.Starts(sampleID))
		}
		want(t, got[3], "deliver_status", "1", "delivered", "1")
	})
}

// Row 3: a command whose run is going on needs nothing.
func TestRunningCommandIsNotRepeated(t *testing.T) {
	run(t, nil, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(command()))
		r.await(MotorStarted)
		p.send(sign(command()))
		p.send(sign(command()))
		if e := r.await(Ignored); e.Detail != "run is going on" {
			t.Error("ignored because", e.Detail)
		}
		r.await(Acknowledged)
		time.Sleep(5 * time.Minute)
		if got := p.messages(methodResponse); len(got) != 1 || r.Starts(sampleID) != 1 {
			t.Errorf("%d responses, %d starts", len(got), r.Starts(sampleID))
		}
	})
}

// Row 4.
func TestBadCommand(t *testing.T) {
	for _, change := range [][]string{
		{"order_id", ""}, {"record_id", ""}, {"product_id", ""},
		{"code", "x"}, {"code", "-1"}, {"code", "+1"}, {"code", ""},
		{"addr", "0"}, {"addr", "9"}, {"floor_type", "5"}, {"floor_type", "0"},
		{"is_lp", "2"}, {"is_dc", ""}, {"quantity", "0"}, {"quantity", "1.5"}, {"quantity", "99999999999999999999"},
		{"timeout", "0"}, {"timeout", ""}, {"timestamp", "1714373688000"}, {"timestamp", ""},
	} {
		t.Run(change[0]+"="+change[1], func(t *testing.T) {
			run(t, nil, func(t *testing.T, p *platform, r *rig) {
				p.send(sign(command(change...)))
				r.await(Acknowledged)
				got := p.messages(methodResponse)[0]
				want(t, got, "deliver_status", "0", "delivered", "0", "error_msg", "Bad Command", "floor_status", "")
				if change[0] != "order_id" {
					want(t, got, "order_id", "60")
				}
				// It stays finished: the same id, now readable, does not run.
				p.send(sign(command()))
				r.await(Acknowledged)
				want(t, p.messages(methodResponse)[1], "error_msg", "Bad Command")
				if r.Starts(sampleID) != 0 {
					t.Error("the motor ran")
				}
			})
		})
	}
}

// Row 5: the machine must not start later than timestamp + timeout.
func TestStartWindow(t *testing.T) {
	for name, c := range map[string]struct {
		age      time.Duration
		unsynced bool
		runs     bool
	}{
		"last moment":   {age: 30 * time.Second, runs: true},
		"over":          {age: 30*time.Second + time.Millisecond},
		"long ago":      {age: 24 * time.Hour},
		"ahead of us":   {age: -time.Hour, runs: true},
		"no clock sync": {age: 24 * time.Hour, unsynced: true, runs: true},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(cfg *Config) {
				now := cfg.Clock
				cfg.ClockUnsynced = c.unsynced
				cfg.Clock = func() time.Time { return now().Add(c.age) }
			}, func(t *testing.T, p *platform, r *rig) {
				// No time passes in the bubble before the command is handled.
				p.send(sign(command()))
				r.await(Acknowledged)
				got := p.messages(methodResponse)[0]
				if c.runs {
					want(t, got, "deliver_status", "1")
				} else {
					want(t, got, "deliver_status", "0", "delivered", "0", "error_msg", "Command Expired", "floor_status", "")
				}
				if ran := r.Starts(sampleID) == 1; ran != c.runs {
					t.Errorf("ran: %v", ran)
				}
			})
		})
	}
}

// Row 6: one run at a time, and row 5 again for what had to wait.
func TestQueue(t *testing.T) {
	slow := Slow(20*time.Second, Success)
	run(t, func(c *Config) { c.Behaviour = slow }, func(t *testing.T, p *platform, r *rig) {
		for _, id := range []string{"1", "2", "3", "2"} {
			p.send(sign(command("delivery_id", id)))
		}
		for range 3 {
			r.await(Acknowledged) // those of one moment in any order
		}
		got := p.messages(methodResponse)
		if len(got) != 3 {
			t.Fatalf("%d responses", len(got))
		}
		want(t, got[0], "delivery_id", "1", "deliver_status", "1", "timestamp", "1714373708")
		want(t, got[1], "delivery_id", "2", "deliver_status", "1", "timestamp", "1714373728") // began after 20 s of 30
		want(t, got[2], "delivery_id", "3", "deliver_status", "0", "timestamp", "1714373728", "error_msg", "Command Expired")
		if r.Starts("1") != 1 || r.Starts("2") != 1 || r.Starts("3") != 0 {
			t.Error("starts:", r.Starts("1"), r.Starts("2"), r.Starts("3"))
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	run(t, func(c *Config) { c.Behaviour = Slow(time.Hour, Success) }, func(t *testing.T, p *platform, r *rig) {
		for i := range maxQueue + 2 {
			p.send(sign(command("delivery_id", "1"+string(rune('a'+i%26))+string(rune('a'+i/26)))))
		}
		if e := r.await(Ignored); e.Detail != "queue is full" {
			t.Error("ignored because", e.Detail)
		}
		r.Kill()
	})
}

// Silent runs, and never says so.
func TestSilent(t *testing.T) {
	run(t, func(c *Config) { c.Behaviour = Silent }, func(t *testing.T, p *platform, r *rig) {
		p.send(sign(command()))
		r.await(Finished)
		p.send(sign(command()))
		r.stop()
		r.start()
		time.Sleep(time.Hour)
		if got := p.messages(methodResponse); len(got) != 0 || r.Starts(sampleID) != 1 {
			t.Errorf("%d responses, %d starts", len(got), r.Starts(sampleID))
		}
	})
}
