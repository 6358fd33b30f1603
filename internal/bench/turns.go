package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Side is one of the things that a benchmark measures in turn.
type Side struct {
	Name string
	// Measure measures once.
	Measure func(ctx context.Context) error
}

// Turns are the flags that all benchmarks of sides have.
type Turns struct {
	// Rounds is how often everything is measured, for Period each.
	Rounds int
	Period time.Duration
	// Only names the sides to measure; empty is all of them.
	Only []string
	// Quick measures for a moment, to see that it works.
	Quick bool
	// Progress gets a line for each step.
	Progress io.Writer
}

// Check refuses what cannot be measured; names are those of the sides.
func (t Turns) Check(names []string) error {
	if t.Rounds < 1 || t.Period <= 0 {
		return errors.New("at least 1 round and some time are needed")
	}
	for _, name := range t.Only {
		if !slices.Contains(names, name) {
			return fmt.Errorf("unknown side %q; there are %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// Wants tells whether a side is to be measured.
func (t Turns) Wants(name string) bool { return len(t.Only) == 0 || slices.Contains(t.Only, name) }

// Measure measures the wanted sides one after the other in every round, in the
// other direction in every second one.
func (t Turns) Measure(ctx context.Context, sides []Side) error {
	sides = slices.Clone(sides)
	for round := range t.Rounds {
		for _, s := range sides {
			if !t.Wants(s.Name) {
				continue
			}
			t.Say("round %d of %d: %s", round+1, t.Rounds, s.Name)
			if err := s.Measure(ctx); err != nil {
				return fmt.Errorf("%s: %w", s.Name, err)
			}
		}
		slices.Reverse(sides)
	}
	return nil
}

// Say writes a line of progress.
func (t Turns) Say(format string, args ...any) {
	_, _ = fmt.Fprintf(t.Progress, format+"\n", args...)
}
