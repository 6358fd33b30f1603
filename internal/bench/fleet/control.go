package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"time"
)

// A child process serves one side of a measurement, so that its memory and
// processor time are its own. It reads requests as lines of JSON, answers each
// before it reads the next, and ends with its standard input.

// request asks a child for something.
type request struct {
	// Op is settle, bare, commands, reach, messages or stored.
	Op string
	// BareReports and BareBeats let reports, and with them commands, and
	// heartbeats end at the gateway instead of in the platform.
	BareReports, BareBeats bool
	// N machines are meant, from the first on.
	N int
	// Rate is commands per second, for Period.
	Rate   int
	Period time.Duration
	// Since is a time in UTC milliseconds.
	Since int64
}

// response is the answer; which members are set depends on the request.
type response struct {
	Error string `json:",omitempty"`
	// Addr is where machines connect, in the first line a child writes.
	Addr string `json:",omitempty"`
	// Count is what was asked for: messages taken, machines not reached, rows.
	Count int
	// P50 and P99 are round trips in milliseconds; Lost were not answered.
	P50, P99 float64
	Lost     int
}

// answer serves requests until r ends.
func answer(ctx context.Context, r io.Reader, w io.Writer, first response, do func(context.Context, request) (response, error)) error {
	in, out := json.NewDecoder(r), json.NewEncoder(w)
	if err := out.Encode(first); err != nil {
		return fmt.Errorf("say where machines connect: %w", err)
	}
	for {
		var q request
		if err := in.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("read request: %w", err)
		}
		a, err := do(ctx, q)
		if err != nil {
			a = response{Error: fmt.Sprintf("%s: %v", q.Op, err)}
		}
		if err := out.Encode(a); err != nil {
			return fmt.Errorf("answer %s: %w", q.Op, err)
		}
	}
}

// child is a running child process, seen from its parent.
type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *json.Decoder
	addr string
}

// startChild starts command and waits until it is ready.
func startChild(ctx context.Context, command []string, stderr io.Writer) (*child, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // this program itself
	cmd.Stderr = stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start %v: %w", command, err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %v: %w", command, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %v: %w", command, err)
	}
	c := &child{cmd: cmd, in: in, out: json.NewDecoder(out)}
	var first response
	if err := c.out.Decode(&first); err != nil {
		return nil, errors.Join(fmt.Errorf("%v did not become ready: %w", command, err), c.stop())
	}
	c.addr = first.Addr
	return c, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// call makes a request and waits for the answer.
func (c *child) call(q request) (response, error) {
	var a response
	if err := json.NewEncoder(c.in).Encode(q); err != nil {
		return a, fmt.Errorf("ask for %s: %w", q.Op, err)
	}
	if err := c.out.Decode(&a); err != nil {
		return a, fmt.Errorf("answer to %s: %w", q.Op, err)
	}
	if a.Error != "" {
		return a, errors.New(a.Error)
	}
	return a, nil
}

// stop ends the process at once: nothing of it is needed any more.
func (c *child) stop() error {
	_ = c.in.Close()
	return kill(c.cmd)
}

// kill ends a process and waits for its end.
func kill(cmd *exec.Cmd) error {
	_ = cmd.Process.Kill()
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return fmt.Errorf("end %s: %w", cmd.Path, err)
	}
	return nil
}
