package bench

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	tests := map[string]struct {
		samples Samples
		want    float64
	}{
		"none": {nil, 0},
		"one":  {Samples{3}, 3},
		"odd":  {Samples{9, 1, 4}, 4},
		"even": {Samples{9, 1, 4, 2}, 3},
	}
	for name, test := range tests {
		if got := test.samples.Median(); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestPercentile(t *testing.T) {
	var took []time.Duration
	for i := range 100 {
		took = append(took, time.Duration(100-i)*time.Millisecond)
	}
	for p, want := range map[float64]float64{0: 1, 0.5: 50, 0.99: 99, 1: 100} {
		if got := Percentile(took, p); got != want {
			t.Errorf("p%v = %v, want %v", p, got, want)
		}
	}
	if Percentile(nil, 0.5) != 0 {
		t.Error("a percentile of nothing")
	}
}

func TestRatio(t *testing.T) {
	tests := map[string]struct {
		figure Figure
		want   float64
		ok     bool
	}{
		"of each round":        {Figure{Vendlane: Samples{2, 9, 30}, Baseline: Samples{1, 3, 3}}, 3, true},
		"of different numbers": {Figure{Vendlane: Samples{6}, Baseline: Samples{1, 2, 3}}, 3, true},
		"no baseline":          {Figure{Vendlane: Samples{6}}, 0, false},
		"nothing":              {Figure{Baseline: Samples{6}}, 0, false},
		"baseline of 0":        {Figure{Vendlane: Samples{1}, Baseline: Samples{0}}, 0, false},
	}
	for name, test := range tests {
		if got, ok := test.figure.Ratio(); got != test.want || ok != test.ok {
			t.Errorf("%s: %v, %v", name, got, ok)
		}
	}
}

func TestTurns(t *testing.T) {
	var measured []string
	side := func(name string) Side {
		return Side{Name: name, Measure: func(context.Context) error {
			measured = append(measured, name)
			return nil
		}}
	}
	turns := Turns{Rounds: 2, Period: time.Second, Only: []string{"a", "c"}, Progress: t.Output()}
	if err := turns.Measure(t.Context(), []Side{side("a"), side("b"), side("c")}); err != nil || strings.Join(measured, "") != "acca" {
		t.Errorf("%v, %v", measured, err)
	}
	failure := errors.New("broken")
	err := turns.Measure(t.Context(), []Side{{Name: "a", Measure: func(context.Context) error { return failure }}})
	if !errors.Is(err, failure) {
		t.Errorf("error %v", err)
	}
	if err := turns.Check([]string{"a", "b"}); err == nil || !strings.Contains(err.Error(), `"c"`) {
		t.Errorf("unknown side: %v", err)
	}
	if err := (Turns{Rounds: 1}).Check(nil); err == nil {
		t.Error("no time to measure")
	}
}

func TestReport(t *testing.T) {
	r := Report{Title: "Bench", Baseline: "OTHER", Rounds: 2, Host: ThisHost("other 1.0"), Notes: []string{"a note"}}
	speed := r.Figure("connect", "speed", "s", "≤ 2")
	speed.Vendlane, speed.Baseline = Samples{1, 3}, Samples{4, 4}
	r.Figure("connect", "alone", "ms", "").Vendlane = Samples{0.1234}
	if r.Figure("connect", "speed", "", "") != speed {
		t.Error("the same figure was made twice")
	}
	var table strings.Builder
	if err := r.Print(&table); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Bench, 2 rounds", "OTHER", "2.00 (1.00–3.00)", "0.50", "≤ 2", "0.123", "- a note", "other 1.0"} {
		if !strings.Contains(table.String(), want) {
			t.Errorf("no %q in\n%s", want, table.String())
		}
	}

	r.BaselineMissing, speed.Baseline = "not installed", nil
	table.Reset()
	if err := r.Print(&table); err != nil || !strings.Contains(table.String(), "not installed") {
		t.Errorf("%v\n%s", err, table.String())
	}

	file := filepath.Join(t.TempDir(), "report.json")
	if err := Save(file, &r); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(text, &back); err != nil || len(back.Figures) != 2 || back.Figures[0].Vendlane.Median() != 2 {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestOwnProcess(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc here:", err)
	}
	resident, err := Resident(os.Getpid())
	if err != nil || resident < 1<<20 {
		t.Errorf("%d bytes, %v", resident, err)
	}
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for used := before; used < before+3*clockTick; {
		if used, err = CPU(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Resident(0); err == nil {
		t.Error("memory of no process")
	}
	if _, err := CPU(-1); err == nil {
		t.Error("processor time of no process")
	}
}
