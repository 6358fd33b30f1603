package certify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"
)

// Config describes the machine under test and how patient to be with it. Zero
// durations mean the defaults.
type Config struct {
	MachineNo string // client id, user name and number in topics; required
	AppKey    string // of the machine's merchant; required
	Password  string
	// Listener is where the machine connects; required. Run closes it.
	Listener net.Listener

	// What the commands name (mqtt.md §6.1).
	ProductID string // default 1
	Motor     int    // 0–99
	Board     int    // 1–8, default 1
	FloorType int    // 1 spring motor (default), 2 lock, 3 belt, 4 weighing sensor

	// Steps are the names of the steps to run; empty means all (StepNames).
	Steps []string
	// Long waits for the second heartbeat as well.
	Long bool
	// HeartbeatInterval is what Long expects. Default 5 minutes.
	HeartbeatInterval time.Duration
	// Ask puts a question to a person beside the machine. Without it what only a
	// person can see is skipped, and restarts are made with client.machine.reboot.
	Ask func(ctx context.Context, question string) (yes bool, err error)
	// Chinese chooses the language of titles and questions.
	Chinese bool

	Wait           time.Duration // for the first connection; default 10 minutes
	Timeout        time.Duration // for an answer or a reconnect; default 60 s
	RestartTimeout time.Duration // for the machine to boot; default 5 minutes
	AtOnce         time.Duration // what counts as at once; default 10 s
	// Quiet is how long nothing must come where nothing may come. It is at least
	// twice the longest run seen. Default 5 s.
	Quiet time.Duration
	// Tolerance is how far the machine's clock may be from Clock. Default 15 s,
	// the shortest start window.
	Tolerance time.Duration

	// Clock makes the timestamps of commands; required.
	Clock func() time.Time
	// Rand makes delivery ids; required.
	Rand io.Reader
	// OnResult is told each row as soon as it is judged. It must not block.
	OnResult func(Result)
	// Log receives what the gateway has to say. Default: none.
	Log *slog.Logger
}

func (c Config) withDefaults() Config {
	c.ProductID = cmp.Or(c.ProductID, "1")
	c.Board = cmp.Or(c.Board, 1)
	c.FloorType = cmp.Or(c.FloorType, 1)
	c.HeartbeatInterval = cmp.Or(c.HeartbeatInterval, 5*time.Minute)
	c.Wait = cmp.Or(c.Wait, 10*time.Minute)
	c.Timeout = cmp.Or(c.Timeout, time.Minute)
	c.RestartTimeout = cmp.Or(c.RestartTimeout, 5*time.Minute)
	c.AtOnce = cmp.Or(c.AtOnce, 10*time.Second)
	c.Quiet = cmp.Or(c.Quiet, 5*time.Second)
	c.Tolerance = cmp.Or(c.Tolerance, 15*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.OnResult == nil {
		c.OnResult = func(Result) {}
	}
	return c
}

// Check returns what is wrong with a configuration, but for its Listener.
func (c Config) Check() error {
	c = c.withDefaults()
	switch {
	case c.Clock == nil || c.Rand == nil:
		return errors.New("no clock or no randomness")
	case c.MachineNo == "":
		return errors.New("no machine number")
	case c.AppKey == "":
		return errors.New("no AppKey")
	case c.Motor < 0 || c.Motor > 99:
		return fmt.Errorf("motor %d: want 0 to 99", c.Motor)
	case c.Board < 1 || c.Board > 8:
		return fmt.Errorf("board %d: want 1 to 8", c.Board)
	case c.FloorType < 1 || c.FloorType > 4:
		return fmt.Errorf("floor type %d: want 1 to 4", c.FloorType)
	}
	for _, d := range []time.Duration{c.HeartbeatInterval, c.Wait, c.Timeout, c.RestartTimeout, c.AtOnce, c.Quiet, c.Tolerance} {
		if d < 0 {
			return fmt.Errorf("duration %s: want more than 0", d)
		}
	}
	for _, name := range c.Steps {
		if !slices.Contains(StepNames(), name) {
			return fmt.Errorf("unknown step %q: want some of %s", name, strings.Join(StepNames(), ","))
		}
	}
	return nil
}
