package fleet

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

// childArgument makes the test binary a child process of the benchmark.
const childArgument = "bench-fleet-child"

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArgument {
		if err := Child(context.Background(), os.Args[2:], os.Stdin, os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func quick(t *testing.T) Options {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return Options{Machines: 10_000, Rounds: 1, Quick: true, Command: []string{self, childArgument}, Progress: t.Output()}
}

// Every row is there, with a value for each side that has one.
func TestQuick(t *testing.T) {
	require.Binary(t, "mosquitto")
	r, err := Run(t.Context(), quick(t))
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		name     string
		baseline bool
	}{
		{"memory: an idle machine", true},
		{"memory: the whole server", true},
		{"connect: 40 authenticated connects, password cache warm", true},
		{"connect: 4 connects, password cache cold: a bcrypt hash each", false},
		{"command: command → report at 40/s, p50", true},
		{"command: command → report at 40/s, p99", true},
		{"command: commands not answered", true},
		{"command: whole platform, dispense → report stored at 40/s, p50", false},
		{"command: whole platform, dispense → report stored at 40/s, p99", false},
		{"command: whole platform, not answered", false},
		{"reconnect: 20 machines at once", true},
		{"reconnect: online but deaf after 2 sweeps", true},
		{"cpu: processor time for 400 QoS 1 messages", true},
		{"cpu: messages sent, of 400/s", true},
		{"heartbeat: command → report at 40/s, alone, p50", true},
		{"heartbeat: command → report at 40/s, alone, p99", true},
		{"heartbeat: the same beside the heartbeats, p50", true},
		{"heartbeat: the same beside the heartbeats, p99", true},
		{"heartbeat: commands not answered", true},
		{"heartbeat: heartbeats taken beside them, of 400/s", true},
		{"heartbeat: dispense → report stored at 40/s, alone, p99", false},
		{"heartbeat: a dispense beside the heartbeats, p99", false},
		{"heartbeat: dispenses not answered", false},
		{"heartbeat: heartbeats stored and acknowledged, of 400/s", false},
		{"heartbeat: processor time for a heartbeat, server", false},
		{"heartbeat: processor time for a heartbeat, machines", false},
		{"heartbeat: machines whose heartbeat is in the store, of 40", false},
	}
	if len(r.Figures) != len(rows) {
		t.Errorf("%d figures, want %d", len(r.Figures), len(rows))
	}
	for i, want := range rows[:min(len(rows), len(r.Figures))] {
		f := r.Figures[i]
		if got := f.Group + ": " + f.Name; got != want.name {
			t.Errorf("row %d is %q, want %q", i, got, want.name)
		}
		if len(f.Vendlane) == 0 || len(f.Baseline) > 0 != want.baseline {
			t.Errorf("%s: Vendlane %v, baseline %v", want.name, f.Vendlane, f.Baseline)
		}
		for _, zero := range []string{"not answered", "deaf"} {
			if strings.Contains(f.Name, zero) && (f.Vendlane.Median() != 0 || f.Baseline.Median() != 0) {
				t.Errorf("%s: Vendlane %v, baseline %v, want 0", want.name, f.Vendlane, f.Baseline)
			}
		}
		if strings.Contains(f.Name, "in the store") && f.Vendlane.Median() != 40 {
			t.Errorf("%s: %v", want.name, f.Vendlane)
		}
	}
	var table strings.Builder
	if err := r.Print(&table); err != nil {
		t.Fatal(err)
	}
	t.Log("\n" + table.String())
}

// A baseline that fails costs its own figures alone, and the report says so; Vendlane
// failing ends the run.
func TestFailingSide(t *testing.T) {
	require.Binary(t, "mosquitto")
	measure := func(failing string) (*bench.Report, error) {
		o := quick(t)
		broker, _ := findBroker(t.Context())
		r := &run{sizes: o.sizes(), command: o.Command, progress: o.Progress, broker: broker, report: &bench.Report{}}
		return r.report, r.both(t.Context(), group{"cpu", func(_ context.Context, r *run, s *side) error {
			if s.name == failing {
				return errors.New("cannot keep up")
			}
			r.add(s, "speed", "1/s", "", 1)
			return nil
		}}, 1, 2)
	}
	if _, err := measure("Vendlane"); err == nil || !strings.Contains(err.Error(), "cannot keep up") {
		t.Errorf("Vendlane fails: error %v", err)
	}
	report, err := measure("Mosquitto")
	if err != nil {
		t.Fatalf("Mosquitto fails: %v", err)
	}
	if f := report.Figure("cpu", "speed", "", ""); len(f.Vendlane) != 1 || len(f.Baseline) != 0 {
		t.Errorf("Mosquitto fails: Vendlane %v, baseline %v", f.Vendlane, f.Baseline)
	}
	if notes := strings.Join(report.Notes, "\n"); !strings.Contains(notes, "round 2 of 2, cpu") || !strings.Contains(notes, "cannot keep up") {
		t.Errorf("Mosquitto fails: notes %q", notes)
	}
}

func TestBadOptions(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"one machine":   func(o *Options) { o.Machines = 1 },
		"no round":      func(o *Options) { o.Rounds = 0 },
		"unknown group": func(o *Options) { o.Only = []string{"speed"} },
		"many machines": func(o *Options) { o.Machines, o.Quick = 1<<40, false },
		"no child":      func(o *Options) { o.Command = []string{"/nonexistent"} },
	} {
		o := quick(t)
		change(&o)
		if _, err := Run(t.Context(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestBadChild(t *testing.T) {
	for _, args := range [][]string{nil, {"x"}, {childPlatform, "folder", "many", "0"}, {childPlatform, "folder", "1", "few"}, {childBehind}} {
		if err := Child(t.Context(), args, strings.NewReader(""), t.Output(), t.Output()); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
