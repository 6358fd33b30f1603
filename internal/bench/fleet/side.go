package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
)

// Kinds of child processes, the first argument of Child.
const (
	childPlatform = "platform"
	childBehind   = "behind"
)

// Child runs a child process of the benchmark: with the arguments Run appended
// to Options.Command, until r ends.
func Child(ctx context.Context, args []string, r io.Reader, w, stderr io.Writer) error {
	switch {
	case len(args) == 4 && args[0] == childPlatform:
		machines, err := strconv.Atoi(args[2])
		if err != nil {
			return fmt.Errorf("number of machines: %w", err)
		}
		cold, err := strconv.Atoi(args[3])
		if err != nil {
			return fmt.Errorf("number of cold machines: %w", err)
		}
		return servePlatform(ctx, args[1], machines, cold, r, w, stderr)
	case len(args) == 2 && args[0] == childBehind:
		return serveBehind(ctx, args[1], r, w)
	}
	return errors.New("this command is for the benchmark itself")
}

// side is what machines connect to in a measurement.
type side struct {
	name     string
	baseline bool
	// peer is the process that speaks to the machines: Vendlane, or the client
	// behind the broker.
	peer *child
	// server is the process that holds the connections; working are all that
	// have work with a message.
	server  int
	working []int
	swarm   *swarm
	stops   []func() error
}

// startPlatform starts Vendlane on a data folder of its own.
func (r *run) startPlatform(ctx context.Context) (*side, error) {
	s := &side{name: "Vendlane"}
	cold := 0
	if r.group == "connect" {
		cold = r.cold
	}
	folder, err := s.folder()
	if err != nil {
		return nil, err
	}
	args := []string{childPlatform, folder, strconv.Itoa(r.machines), strconv.Itoa(cold)}
	if err := s.start(ctx, r, args); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.server, s.working = s.peer.pid(), []int{s.peer.pid()}
	s.swarm = newSwarm(s.peer.addr, r.machines+cold)
	return s, nil
}

// startMosquitto starts the broker and the client behind it.
func (r *run) startMosquitto(ctx context.Context) (*side, error) {
	s := &side{name: "Mosquitto", baseline: true}
	folder, err := s.folder()
	if err != nil {
		return nil, err
	}
	b, err := startBroker(ctx, r.broker, folder, r.machines)
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.stops = append(s.stops, func() error { return kill(b.cmd) })
	if err := s.start(ctx, r, []string{childBehind, b.addr}); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	s.server, s.working = b.cmd.Process.Pid, []int{b.cmd.Process.Pid, s.peer.pid()}
	s.swarm = newSwarm(b.addr, r.machines)
	return s, nil
}

func (s *side) folder() (string, error) {
	folder, err := os.MkdirTemp("", "vendlane-bench-")
	if err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	s.stops = append(s.stops, func() error { return os.RemoveAll(folder) })
	return folder, nil
}

func (s *side) start(ctx context.Context, r *run, args []string) error {
	peer, err := startChild(ctx, append(append([]string{}, r.command...), args...), r.progress)
	if err != nil {
		return err
	}
	s.peer = peer
	s.stops = append(s.stops, peer.stop)
	return nil
}

// stop ends the processes, then the machines, so that nobody has work with ten
// thousand last wills.
func (s *side) stop() error {
	var errs []error
	for i := len(s.stops) - 1; i >= 0; i-- {
		errs = append(errs, s.stops[i]())
	}
	if s.swarm != nil {
		s.swarm.close()
	}
	return errors.Join(errs...)
}

// cpu returns the processor time of all processes that work on this side.
func (s *side) cpu() (time.Duration, error) {
	sum := time.Duration(0)
	for _, pid := range s.working {
		used, err := bench.CPU(pid)
		if err != nil {
			return 0, err
		}
		sum += used
	}
	return sum, nil
}

// spent returns the processor time of both ends: of all processes that work on
// this side, and of the machines.
func (s *side) spent() (both [2]time.Duration, err error) {
	if both[0], err = s.cpu(); err != nil {
		return both, err
	}
	both[1], err = bench.CPU(os.Getpid())
	return both, err
}

// settled returns the memory of the server once it holds no garbage.
func (s *side) settled() (int64, error) {
	if _, err := s.peer.call(request{Op: "settle"}); err != nil {
		return 0, err
	}
	return bench.Resident(s.server)
}
