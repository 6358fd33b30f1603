package fleetsim

import (
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/simulator"
)

// Each fault has its effect, and the motor starts at most once.
func TestEveryFault(t *testing.T) {
	for faults, c := range map[string]struct {
		reports   int      // in 200 s
		report    []string // fields of the last one
		after     time.Duration
		starts    int64
		drops     int64
		bad       int
		reconnect int64
		restarts  int64
		repeats   int64
	}{
		"jam=0":                 {reports: 1, report: []string{"deliver_status", "1", "floor_status", "1"}, starts: 1, drops: 1},
		"jam=1":                 {reports: 1, report: []string{"deliver_status", "0", "floor_status", "2"}, starts: 1},
		"no_drop=true":          {reports: 1, report: []string{"deliver_status", "0", "floor_status", "1"}, starts: 1},
		"slow=10s":              {reports: 1, report: []string{"deliver_status", "1"}, after: 10 * time.Second, starts: 1, drops: 1},
		"silent=1":              {reports: 0, starts: 1, drops: 1, repeats: 2},
		"duplicate_report=1":    {reports: 2, report: []string{"deliver_status", "1"}, starts: 1, drops: 1},
		"late_report=1":         {reports: 1, report: []string{"deliver_status", "1"}, after: 130 * time.Second, starts: 1, drops: 1, repeats: 2},
		"report_before_start=1": {reports: 2, report: []string{"deliver_status", "1"}, starts: 1, drops: 1},
		"power_loss=1@9s":       {reports: 1, report: []string{"error_msg", "Device Restarted"}, after: 9 * time.Second, starts: 1, reconnect: 1, restarts: 1},
		// The command is repeated, for it was not acknowledged: without effect.
		"offline=1@25s":       {reports: 1, report: []string{"deliver_status", "1"}, after: 25 * time.Second, starts: 1, drops: 1, reconnect: 1},
		"wrong_sign=1":        {reports: 1, report: []string{"deliver_status", "1"}, after: 5 * time.Second, starts: 1, drops: 1, bad: 1},
		"duplicate_command=1": {reports: 1, report: []string{"deliver_status", "1"}, starts: 1, drops: 1, repeats: 1},
		"clock_drift=90s":     {reports: 1, report: []string{"error_msg", "Command Expired"}},
		"clock_drift=-90s":    {reports: 1, report: []string{"deliver_status", "1"}, starts: 1, drops: 1},
		"storm=1m":            {reports: 1, report: []string{"deliver_status", "1"}, starts: 1, drops: 1, reconnect: 3},
	} {
		t.Run(faults, func(t *testing.T) {
			run(t, faults, func(t *testing.T, s *server, f *Fleet) {
				begun := now()
				s.dispense(firstNo, "1")
				time.Sleep(200*time.Second - now().Sub(begun))
				synctest.Wait()
				got, i := s.of("1"), info(t, f, firstNo)
				if len(got) != c.reports || s.bad != c.bad {
					t.Fatalf("%d reports, %d with a wrong signature", len(got), s.bad)
				}
				if len(got) > 0 {
					want(t, got[len(got)-1], c.report...)
					if d := got[0].at.Sub(begun); d < c.after || d > c.after+3*time.Second {
						t.Errorf("reported after %v, want %v", d, c.after)
					}
				}
				n := i.Counts
				if n.Starts != c.starts || n.Drops != c.drops || n.Reconnects != c.reconnect || n.Restarts != c.restarts || n.Duplicates != c.repeats {
					t.Errorf("%+v", n)
				}
				if n.Reports != min(int64(c.reports), 1) {
					t.Errorf("%d deliveries acknowledged", n.Reports)
				}
				if other := info(t, f, secondNo).Counts; other.Commands != 0 {
					t.Errorf("second machine: %+v", other)
				}
			})
		})
	}
}

// A message that was overtaken takes effect after its successor.
func TestReorder(t *testing.T) {
	run(t, "reorder_command=1", func(t *testing.T, s *server, f *Fleet) {
		sent := make(chan error, 1)
		first := command(firstNo, "1")
		go func() { sent <- s.send(firstNo, first) }()
		synctest.Wait()
		if err := s.send(firstNo, command(firstNo, "2")); err != nil {
			t.Fatal(err)
		}
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if a, b := s.of("1")[0].at, s.of("2")[0].at; !b.Before(a) {
			t.Error("not swapped")
		}
		if n := info(t, f, firstNo).Counts; n.Starts != 2 {
			t.Errorf("%+v", n)
		}
	})
}

func TestParseFaults(t *testing.T) {
	f, err := ParseFaults([]byte("jam: 0.25\nno_drop: true\nsilent: false\nslow: 0.5@3s\noffline: 45s\nlate_report: 0.1\nclock_drift: -90s\nstorm: 1m\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := Faults{
		Jam: Chance{Rate: 0.25}, NoDrop: Chance{Rate: 1}, Slow: Chance{0.5, 3 * time.Second}, Offline: Chance{1, 45 * time.Second},
		LateReport: Chance{0.1, 130 * time.Second}, PowerLoss: Chance{For: 5 * time.Second},
		ClockDrift: Duration(-90 * time.Second), Storm: Duration(time.Minute),
	}
	if f != want {
		t.Errorf("%+v", f)
	}
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := ParseFaults(text); err != nil || again != want {
		t.Errorf("%v: %s became %+v", err, text, again)
	}
	var set Faults
	for _, list := range []string{"jam=0.25,no_drop=true", "slow=0.5@3s, offline=45s,late_report=0.1", "clock_drift=-90s,storm=1m"} {
		if err := set.Set(list); err != nil {
			t.Fatal(err)
		}
	}
	if set != want {
		t.Errorf("%+v", set)
	}
}

func TestBadFaults(t *testing.T) {
	for text, why := range map[string]string{
		"jam: 1.1":                        "jam: rate is not between 0 and 1",
		"jam: -0.1":                       "jam: rate is not between 0 and 1",
		"jam: .nan":                       "jam",
		"jam: often":                      "line 1: jam is not in the right form (a fault is a rate",
		"jam: 3s":                         "jam: takes a rate and no duration",
		"slow: 0.1@-3s":                   "slow: duration is not between",
		"slow: 25h":                       "slow: duration is not between",
		"slow: x@3s":                      "slow",
		"silent: [1]":                     "silent",
		"\njamm: 1":                       "line 2: jamm is not known",
		"clock_drift: 25h":                "clock_drift: more than",
		"clock_drift: soon":               "clock_drift",
		"storm: 10ms":                     "storm: not between 1s",
		"x" + strings.Repeat("-", 64<<10): "longer than",
	} {
		if _, err := ParseFaults([]byte(text)); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
	before := Faults{Jam: Chance{Rate: 0.5}}
	for _, list := range []string{"", "jam", "jam=2", "jamm=1", "slow=x@y", "no_drop=1,jam=x", "storm=1", "clock_drift=1"} {
		f := before
		if err := f.Set(list); err == nil || f != before {
			t.Errorf("%q: %v, %+v", list, err, f)
		}
	}
}

func FuzzParseFaults(f *testing.F) {
	f.Add([]byte("jam: 0.25\nslow: 0.5@3s\n"))
	f.Add([]byte(`{"offline":"30s","storm":"1m"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		parsed, err := ParseFaults(text)
		if err != nil {
			return
		}
		out, err := json.Marshal(parsed)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := ParseFaults(out); err != nil || again != parsed {
			t.Errorf("%v: %s", err, out)
		}
	})
}

// The same seed gives the same faults, and another machine others.
func TestDrawsRepeat(t *testing.T) {
	var f Faults
	if err := f.Set("jam=0.5,slow=0.5,offline=0.5,duplicate_command=0.5"); err != nil {
		t.Fatal(err)
	}
	draw := func(seed uint64, no string) string {
		d := newDice(seed, no)
		var all []any
		for range 20 {
			all = append(all, d.result(f, simulator.Run{Quantity: 1}), d.redelivery(f))
		}
		text, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if first, again := draw(1, firstNo), draw(1, firstNo); first != again {
		t.Error("not repeatable")
	}
	if draw(1, firstNo) == draw(2, firstNo) || draw(1, firstNo) == draw(1, secondNo) {
		t.Error("seed or number do not matter")
	}
}
