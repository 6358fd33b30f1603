package main

import (
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/store"
)

// What each action prints and leaves for its machine (mqtt.md §5).
func TestAdminMachineActions(t *testing.T) {
	online, jam := (*desk).online, func(d *desk) { d.jam(131); d.jam(132) }
	for name, c := range map[string]struct {
		before func(d *desk)
		args   []string
		out    string
		queued []string
	}{
		"refresh":       {nil, []string{"refresh"}, "", []string{"client.machine.refresh null"}},
		"reboot":        {nil, []string{"reboot"}, "", []string{"client.machine.reboot null"}},
		"shutdown":      {nil, []string{"shutdown"}, "", []string{"client.machine.shutdown null"}},
		"factory reset": {nil, []string{"factory-reset"}, "", []string{`client.factory.reset {"reset_type":"1"}`}},
		"config": {nil, []string{"config", "-set", "idle_timeout=60, languages=zh_CN,en_US,price_line=0"},
			"sent: idle_timeout, languages, price_line\n",
			[]string{`client.machine.config.push {"idle_timeout":"60","languages":"zh_CN,en_US","price_line":"0"}`}},
		"config again": {func(d *desk) { d.do("config", "-set", "language=fr") }, []string{"config", "-set", "language=fr"},
			"nothing to send: the machine has these settings already\n",
			[]string{`client.machine.config.push {"language":"fr"}`}},
		"once": {nil, []string{"schedule", "-on", "2030-05-02 08:00:00", "-off", "2030-05-01 22:00:00"}, "",
			[]string{`client.power.schedule.once {"power_off":"2030-05-01 22:00:00","power_on":"2030-05-02 08:00:00"}`}},
		"weekly": {nil, []string{"schedule", "-on", "08:00:00", "-off", "22:00:00", "-weekdays", "1,1,1,1,1,0,0"}, "",
			[]string{`client.power.schedule.cycle {"power_off":"22:00:00","power_on":"08:00:00","weekdays":"1,1,1,1,1,0,0"}`}},
		"clear schedules": {nil, []string{"clear-schedule"}, "", []string{"client.power.schedule.clear null"}},
		"clear faults": {jam, []string{"clear-faults"}, "cleared: [131 132]\n",
			[]string{`client.channel.fault.clear {"floor_status":"1","product_ids":"131,132"}`}},
		"clear one fault": {jam, []string{"clear-faults", "-products", "132"}, "cleared: [132]\n",
			[]string{`client.channel.fault.clear {"floor_status":"1","product_ids":"132"}`}},
		"clear two faults": {jam, []string{"clear-faults", "-products", "131, 132"}, "cleared: [131 132]\n",
			[]string{`client.channel.fault.clear {"floor_status":"1","product_ids":"131,132"}`}},
		"clear no fault": {nil, []string{"clear-faults"}, "cleared: []\n", []string{}},
		"debug channel": {online, []string{"debug-channel", "-channel", "A2"}, "",
			[]string{`client.channel.debugging {"addr":"1","code":"1","floor_type":"1","is_dc":"1","is_lp":"0","order_type":"test"}`}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if c.before != nil {
				c.before(d)
			}
			out, err := d.do(c.args[0], c.args[1:]...)
			if err != nil || out != c.out {
				t.Errorf("printed %q, want %q (%v)", out, c.out, err)
			}
			if got := d.queued(); !slices.Equal(got, c.queued) {
				t.Errorf("queued %q, want %q", got, c.queued)
			}
		})
	}
}

// A refusal says what is wrong, prints nothing and leaves nothing for the
// machine.
func TestAdminMachineRefusals(t *testing.T) {
	d := newDesk(t)
	machine := func(args ...string) []string {
		return append([]string{args[0], "-machine-no", "16327129"}, args[1:]...)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no action":         {nil, "name an action"},
		"unknown action":    {machine("explode"), `unknown action "explode"`},
		"no machine":        {[]string{"reboot"}, "-machine-no"},
		"unknown machine":   {[]string{"reboot", "-machine-no", "999"}, "999"},
		"unknown flag":      {machine("reboot", "-now"), "-now"},
		"more than flags":   {machine("reboot", "now"), `unexpected argument "now"`},
		"missing config":    {machine("reboot", "-config", "missing.yaml"), "missing.yaml"},
		"no settings":       {machine("config"), "name=value"},
		"unknown setting":   {machine("config", "-set", "language=fr,colour=red"), "colour"},
		"setting of range":  {machine("config", "-set", "language=fr,idle_timeout=29"), "idle_timeout"},
		"no times":          {machine("schedule"), "power_on"},
		"on before off":     {machine("schedule", "-on", "2030-05-01 08:00:00", "-off", "2030-05-01 22:00:00"), "before"},
		"weekly with dates": {machine("schedule", "-on", "2030-05-01 08:00:00", "-off", "2030-05-01 22:00:00", "-weekdays", "1,1,1,1,1,0,0"), "HH:MM:SS"},
		"six weekdays":      {machine("schedule", "-on", "08:00:00", "-off", "22:00:00", "-weekdays", "1,1,1,1,1,0"), "weekdays"},
		"product by name":   {machine("clear-faults", "-products", "131,cola"), `"cola"`},
		"product of others": {machine("clear-faults", "-products", "131,160"), "60001"},
		"offline machine":   {machine("debug-channel", "-channel", "A1"), "30002"},
		"long password":     {machine("password", "-password", strings.Repeat("x", 73)), "password"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := d.run(c.args...)
			if err == nil || !strings.Contains(err.Error(), c.want) || out != "" {
				t.Errorf("%v, want %q named; printed %q", err, c.want, out)
			}
		})
	}
	d.online()
	for _, channel := range []string{"Z9", "", "a1"} {
		if _, err := d.do("debug-channel", "-channel", channel); err == nil || !strings.Contains(err.Error(), "60005") {
			t.Errorf("channel %q: %v", channel, err)
		}
	}
	if got := d.queued(); len(got) != 0 {
		t.Errorf("queued %q", got)
	}
	d.open(func(a *app.App, m store.Machine) error { // nor is half a push stored
		settings, err := a.Fleet.Settings(t.Context(), m.Machine.ID)
		if len(settings) != 0 {
			t.Errorf("settings %+v", settings)
		}
		return err
	})
}

// A channel under test holds the machine's lock.
func TestAdminDebugChannelTwice(t *testing.T) {
	d := newDesk(t)
	d.online()
	_, err := d.do("debug-channel", "-channel", "A1")
	d.must(err)
	if _, err := d.do("debug-channel", "-channel", "A2"); err == nil || !strings.Contains(err.Error(), "30005") {
		t.Errorf("a second test: %v", err)
	}
	if got := d.queued(); len(got) != 1 {
		t.Errorf("queued %q", got)
	}
}

// The operator sees the new password once; it is told sealed, is in no log, and
// a change that waits for its machine is only forced.
func TestAdminMachinePassword(t *testing.T) {
	d := newDesk(t)
	const given = "second-plain-text"
	out, err := d.do("password", "-password", given)
	d.must(err)
	if !strings.HasPrefix(out, "machine 16327129  password="+given+"\n") {
		t.Errorf("printed %q", out)
	}
	if out, err := d.do("password"); err == nil || !strings.Contains(err.Error(), "not confirmed") || out != "" {
		t.Errorf("a change while one waits: %q, %v", out, err)
	}
	d.accepted("first", given) // which confirms it
	_, err = d.do("password", "-password", "third-plain-text")
	d.must(err)
	if strings.Contains(d.said.String()+strings.Join(d.queued(), ""), "plain-text") {
		t.Errorf("a password stands in the clear: queued %q; said\n%s", d.queued(), d.said.String())
	}
}

// A stolen password is replaced without a word to whoever is connected.
func TestAdminMachineRevokedPassword(t *testing.T) {
	d := newDesk(t)
	out, err := d.do("password", "-password", "second", "-revoke")
	d.must(err)
	if !strings.HasPrefix(out, "machine 16327129  password=second\n") || len(d.queued()) != 0 {
		t.Errorf("printed %q, queued %q", out, d.queued())
	}
	d.accepted("second")
	d.open(func(a *app.App, _ store.Machine) error {
		if _, err := a.Fleet.Authenticate(t.Context(), "16327129", "first"); err == nil {
			t.Error("the stolen password is accepted")
		}
		return nil
	})
}

func TestAdminMachineDrawnPassword(t *testing.T) {
	d := newDesk(t)
	drawn := []string{}
	for _, flags := range [][]string{nil, {"-force"}} {
		out, err := d.do("password", flags...)
		d.must(err)
		found := regexp.MustCompile(`^machine 16327129  password=([0-9a-f]{16})\n`).FindStringSubmatch(out)
		if found == nil {
			t.Fatalf("printed %q", out)
		}
		drawn = append(drawn, found[1])
	}
	if drawn[0] == drawn[1] || strings.Contains(d.said.String(), drawn[0]) || strings.Contains(d.said.String(), drawn[1]) {
		t.Errorf("drawn %q; said\n%s", drawn, d.said.String())
	}
	queued := d.queued()
	if len(queued) != 1 { // the first message is not sent any more
		t.Fatalf("queued %q", queued)
	}
	sealed := regexp.MustCompile(`^client\.machine\.password\.modified \{"password":"(.+)"\}$`).FindStringSubmatch(queued[0])
	if sealed == nil || strings.Contains(queued[0], drawn[1]) || !strings.HasPrefix(sealed[1], "v1:") {
		t.Errorf("queued %q", queued)
	}
	d.accepted("first", drawn[1])
}

// accepted tries passwords in their order.
func (d *desk) accepted(passwords ...string) {
	d.t.Helper()
	d.open(func(a *app.App, _ store.Machine) error {
		for _, p := range passwords {
			if _, err := a.Fleet.Authenticate(d.t.Context(), "16327129", p); err != nil {
				d.t.Errorf("password %q: %v", p, err)
			}
		}
		return nil
	})
}

// Help names every action and every flag, and is no error.
func TestAdminMachineHelp(t *testing.T) {
	d := newDesk(t)
	if _, err := d.run(); err == nil {
		t.Error("no action is no error")
	}
	for _, action := range machineActions() {
		if !strings.Contains(d.said.String(), "  "+action.name+" ") || action.summary == "" {
			t.Errorf("%s is not in the help:\n%s", action.name, d.said.String())
		}
	}
	if _, err := d.run("reboot", "-h"); err != nil || !strings.Contains(d.said.String(), "-machine-no number") {
		t.Errorf("%v:\n%s", err, d.said.String())
	}
	if err := run(t.Context(), env{io.Discard, io.Discard, d.environ}, []string{"admin", "vanish"}); err == nil {
		t.Error("unknown command of admin")
	}
}
