package certify

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// alwaysSkipped takes time or a person.
var alwaysSkipped = []string{"heartbeat.interval", "duplicate.message", "shutdown.offline"}

// The virtual machine keeps the whole protocol.
func TestVirtualMachinePasses(t *testing.T) {
	report := certify(t, nil)
	wantRows(t, report, Fail)
	wantRows(t, report, Warn)
	wantRows(t, report, Skip, alwaysSkipped...)
}

// A network that is slower than a motor makes no machine look bad. This one takes
// one message a second, so that a repetition never meets its run.
func TestSlowNetwork(t *testing.T) {
	report := certify(t, through(commands(func(f map[string]string, _ bool) map[string]string {
		time.Sleep(time.Second)
		return f
	})))
	wantRows(t, report, Fail)
	wantRows(t, report, Warn)
	wantRows(t, report, Skip, append([]string{"duplicate.running"}, alwaysSkipped...)...)
}

// Nor does a motor that is too fast to tell a second run by its time: the rows
// about it only warn.
func TestFastMotor(t *testing.T) {
	report := certify(t, func(b *bench) { b.machine.RunTime = 100 * time.Millisecond })
	wantRows(t, report, Fail)
	wantRows(t, report, Warn, "duplicate.finished", "queue.two", "restart.once")
}

// With time and a person nothing is skipped.
func TestManualLongRun(t *testing.T) {
	report := certify(t, func(b *bench) {
		b.cfg.Long = true
		b.cfg.Ask = b.person(b.powerCut, b.switchOff, func(string) bool { return true })
	})
	if report.Passed != len(report.Checks) {
		wantRows(t, report, Fail)
		wantRows(t, report, Warn)
		wantRows(t, report, Skip)
	}
}

// What a person saw counts more than what the machine reported.
func TestPersonDisagrees(t *testing.T) {
	report := certify(t, func(b *bench) {
		english := textsFor(false)
		b.cfg.Ask = b.person(b.powerCut, func() { b.now().Kill() }, func(q string) bool { return q == english.cutPower || q == english.switchOff })
	})
	wantRows(t, report, Fail, "dispense.delivered", "dispense.modulo", "duplicate.finished", "duplicate.running",
		"duplicate.message", "restart.once", "shutdown.offline")
	wantRows(t, report, Skip, "heartbeat.interval")
}

func TestPersonIsNotReady(t *testing.T) {
	report := certify(t, func(b *bench) {
		english := textsFor(false)
		b.cfg.Ask = func(_ context.Context, q string) (bool, error) {
			return q != english.cutPower && q != english.switchOff, nil
		}
	})
	wantRows(t, report, Fail)
	wantRows(t, report, Skip, "heartbeat.interval", "restart.returns", "restart.boot", "restart.mid_run", "restart.results",
		"restart.once", "shutdown.offline")
}

// A power cut that comes after the run proves nothing, unless the motor was seen
// to go on. The result does not get out before the cut.
func TestPowerCutTooLate(t *testing.T) {
	for name, turnedAgain := range map[string]bool{"over": false, "resumed": true} {
		t.Run(name, func(t *testing.T) {
			report := certify(t, func(b *bench) {
				var mute atomic.Bool
				through(proxy{up: func(p packet.Packet, _ func(packet.Packet)) []packet.Packet {
					if _, publish := p.(*packet.Publish); publish && mute.Load() {
						return nil
					}
					return same(p)
				}})(b)
				english := textsFor(false)
				b.cfg.Ask = b.person(func() {
					<-b.finished
					b.now().Kill()
					mute.Store(false)
					b.switchOn()
				}, b.switchOff, func(q string) bool {
					mute.Store(q == english.cutPower)
					return q != english.turnedAgain || turnedAgain
				})
			})
			if turnedAgain {
				wantRows(t, report, Fail, "restart.mid_run")
			} else {
				wantRows(t, report, Fail)
				wantRows(t, report, Skip, "heartbeat.interval", "restart.mid_run")
			}
		})
	}
}

func TestHeartbeatInterval(t *testing.T) {
	for name, c := range map[string]struct {
		every time.Duration
		want  Verdict
	}{
		"in time":  {5 * time.Minute, Pass},
		"late":     {6 * time.Minute, Fail},
		"too soon": {time.Minute, Warn},
	} {
		t.Run(name, func(t *testing.T) {
			report := certify(t, func(b *bench) {
				b.machine.Heartbeat, b.cfg.Long, b.cfg.Steps = c.every, true, []string{"heartbeat"}
			})
			if row := report.Checks[2]; len(report.Checks) != 3 || row.ID != "heartbeat.interval" || row.Verdict != c.want {
				t.Errorf("%+v", report.Checks)
			}
		})
	}
}

// Only the steps asked for run, in the table's order, and titles are in the
// language asked for.
func TestSteps(t *testing.T) {
	var live []string
	report := certify(t, func(b *bench) {
		b.cfg.Steps, b.cfg.Chinese = []string{"queue", "boot"}, true
		b.cfg.OnResult = func(r Result) { live = append(live, r.ID) }
	})
	want := len(steps()[0].checks) + 1
	if len(report.Checks) != want || len(live) != want || report.Checks[0].ID != "boot.identity" || report.Checks[want-1].ID != "queue.two" {
		t.Errorf("%+v", report)
	}
	if row := report.Checks[want-1]; row.Title != "两条指令依次执行并分别上报" || row.Section != "mqtt.md §6.3 row 6" {
		t.Errorf("%+v", row)
	}
	if report.Passed != want || report.MachineNo != machineNo {
		t.Errorf("%+v", report)
	}
}

func TestRunFails(t *testing.T) {
	broken := errors.New("terminal is gone")
	for name, c := range map[string]struct {
		change func(*bench)
		want   string
	}{
		"no machine":     {func(b *bench) { b.dial = never }, "no machine connected within 10m0s"},
		"nobody answers": {func(b *bench) { b.cfg.Ask = func(context.Context, string) (bool, error) { return false, broken } }, "ask: terminal is gone"},
		"no number":      {func(b *bench) { b.cfg.MachineNo = "" }, "no machine number"},
		"no key":         {func(b *bench) { b.cfg.AppKey = "" }, "no AppKey"},
		"no clock":       {func(b *bench) { b.cfg.Clock = nil }, "no clock or no randomness"},
		"motor":          {func(b *bench) { b.cfg.Motor = 100 }, "motor 100: want 0 to 99"},
		"board":          {func(b *bench) { b.cfg.Board = 9 }, "board 9: want 1 to 8"},
		"floor type":     {func(b *bench) { b.cfg.FloorType = 5 }, "floor type 5: want 1 to 4"},
		"duration":       {func(b *bench) { b.cfg.Quiet = -1 }, "duration -1ns: want more than 0"},
		"step":           {func(b *bench) { b.cfg.Steps = []string{"x"} }, `unknown step "x": want some of boot,heartbeat,dispense,refuse,duplicate,queue,report,takeover,restart,shutdown,messages`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				c.change(b)
				report, err := b.run()
				if err == nil || err.Error() != c.want || report.Checks != nil {
					t.Errorf("%v, %+v", err, report)
				}
			})
		})
	}
	if _, err := Run(t.Context(), Config{}); err == nil {
		t.Error("no listener, no error")
	}
}

// A run that is interrupted ends everything it started.
func TestContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // in the middle of report.repeat
		defer cancel()
		b.switchOn()
		if _, err := Run(ctx, b.cfg); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		b.now().Kill()
	})
}
