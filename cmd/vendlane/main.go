// Command vendlane is the platform: `vendlane serve` runs it, `vendlane demo`
// shows it, `vendlane admin` sets it up, `vendlane bench` measures it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
)

// env is what a command may use of its process.
type env struct {
	stdout, stderr io.Writer
	environ        []string
}

// getenv returns a variable of the command's environment.
func getenv(e env, name string) string {
	for _, entry := range e.environ {
		if value, ok := strings.CutPrefix(entry, name+"="); ok {
			return value
		}
	}
	return ""
}

// command is one sub-command; run parses its own flags.
type command struct {
	name, summary string
	run           func(ctx context.Context, e env, args []string) error
}

func commands() []command {
	return []command{
		{"serve", "run the platform", serve},
		{"demo", "run a small shop with virtual machines and tell the main job", runDemo},
		{"simulate", "run virtual machines that misbehave as they are told", simulate},
		{"certify", "judge how a machine keeps the machine protocol", runCertify},
		{"sign", "sign a payload and show how", runSign},
		{"verify", "verify a message and say what is wrong with its signature", runVerify},
		{"bench", "measure the platform beside others: bench redeem, postgres, fleet, callback, all", runBench},
		{"admin", "set up merchants, machines and codes (apply), or one machine (machine) or account (user); back up (backup), move to PostgreSQL (copy)", admin},
		{"migrate", "bring the database to the schema of this program (up), or show how far it is (status)", migrate},
		{"version", "print the version", version},
	}
}

func main() {
	// The second signal ends the process at once.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	err := run(ctx, env{os.Stdout, os.Stderr, os.Environ()}, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "vendlane:", err)
		os.Exit(1)
	}
}

// run is main without the process around it. -h is not an error.
func run(ctx context.Context, e env, args []string) error {
	if len(args) == 0 {
		usage(e.stderr)
		return errors.New("name a command")
	}
	for _, c := range commands() {
		if c.name == args[0] {
			if err := c.run(ctx, e, args[1:]); !errors.Is(err, flag.ErrHelp) {
				return err
			}
			return nil
		}
	}
	usage(e.stderr)
	switch args[0] {
	case "-h", "--help", "help":
		return nil
	}
	return fmt.Errorf("unknown command %q", args[0])
}

func usage(w io.Writer) {
	_, _ = fmt.Fprintln(w, "Usage: vendlane <command> [flags]")
	for _, c := range commands() {
		_, _ = fmt.Fprintf(w, "  %-8s %s\n", c.name, c.summary)
	}
	_, _ = fmt.Fprintln(w, "vendlane <command> -h shows the flags of a command.")
}

// parse parses flags that may not be followed by anything.
func parse(fs *flag.FlagSet, e env, args []string) error {
	fs.SetOutput(e.stderr)
	if err := fs.Parse(args); err != nil {
		return err
	}
	if fs.NArg() > 0 {
		return fmt.Errorf("%s: unexpected argument %q", fs.Name(), fs.Arg(0))
	}
	return nil
}

func version(_ context.Context, e env, _ []string) error {
	v := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		v = info.Main.Version + " " + info.GoVersion
	}
	_, err := fmt.Fprintln(e.stdout, "vendlane", v)
	return err
}
