// Command flame draws a processor profile as a flame graph in SVG: each bar is a
// function, as wide as its share of the time, on top of the one that called it.
//
//	go run ./internal/bench/flame -o docs/redemption.svg -title "…" cpu.prof
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
)

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "flame:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	fs := flag.NewFlagSet("flame", flag.ContinueOnError)
	out := fs.String("o", "", "`file` to write; empty is standard output")
	title := fs.String("title", "", "a line above the picture")
	ignore := fs.String("ignore", "", "`expression` of functions whose samples are left out")
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() != 1 {
		return fmt.Errorf("name one profile")
	}
	cmd := exec.CommandContext(ctx, "go", "tool", "pprof", "-traces", "-ignore", *ignore, fs.Arg(0)) //nolint:gosec // a developer's own arguments
	cmd.Stderr = os.Stderr
	text, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("go tool pprof: %w", err)
	}
	root, err := parse(bytes.NewReader(text))
	if err != nil {
		return err
	}
	picture := draw(root, *title)
	if *out == "" {
		_, err = stdout.Write(picture)
		return err
	}
	return os.WriteFile(*out, picture, 0o644) //nolint:gosec // a picture for everybody
}
