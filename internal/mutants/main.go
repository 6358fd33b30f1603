// Command mutants tests the tests: it breaks a copy of the module in one place
// at a time and wants the tests that watch over that place to fail.
//
//	go run ./internal/mutants [-run regexp]
//
// It ends with 1 if a mutant survives. A mutant whose place has moved is an
// error, so that the list follows the code.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"syscall"
	"time"
)

func main() {
	pattern := flag.String("run", "", "try only the mutants whose name matches")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *pattern); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, pattern string) error {
	wanted, err := regexp.Compile(pattern)
	if err != nil {
		return err
	}
	var chosen []mutant
	for _, m := range mutants() {
		if wanted.MatchString(m.name) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) == 0 {
		return fmt.Errorf("no mutant's name matches %q", pattern)
	}
	tree, err := copyModule(ctx)
	if err != nil {
		return fmt.Errorf("copy the module: %w", err)
	}
	defer tree.remove()
	if err := tree.passUnchanged(ctx, chosen); err != nil {
		return err
	}
	return tree.tryAll(ctx, chosen)
}

// passUnchanged runs the tests on the module as it is: one that fails anyway
// proves nothing.
func (t *tree) passUnchanged(ctx context.Context, chosen []mutant) error {
	started := time.Now()
	seen := map[suite]bool{}
	for _, m := range chosen {
		if seen[m.suite] {
			continue
		}
		seen[m.suite] = true
		if o := t.test(ctx, m.suite); !o.passed {
			return fmt.Errorf("%s fails unchanged:\n%s", m.suite, o.text)
		}
	}
	fmt.Printf("%d suites pass unchanged (%.0f s)\n", len(seen), time.Since(started).Seconds())
	return nil
}

func (t *tree) tryAll(ctx context.Context, chosen []mutant) error {
	survived := 0
	for _, m := range chosen {
		started := time.Now()
		o, err := t.try(ctx, m)
		if err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		word := "killed  "
		if o.passed {
			word = "SURVIVED"
			survived++
		}
		fmt.Printf("%s %5.1f s  %-55s %s %s\n", word, time.Since(started).Seconds(), m.name, m.suite, o.failed())
	}
	if survived > 0 {
		return fmt.Errorf("%d of %d mutants survived", survived, len(chosen))
	}
	fmt.Printf("%d mutants killed\n", len(chosen))
	return nil
}
