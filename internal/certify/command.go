package certify

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/signature"
)

// errRestarted and the others are texts of errors.md §3.3.
const (
	errRestarted  = "Device Restarted"
	errExpired    = "Command Expired"
	errBadCommand = "Bad Command"
)

// maxErrorMsg is the longest error_msg in characters (mqtt.md §6.2).
const maxErrorMsg = 255

// tooShort is a run whose repetition cannot be told from a stored result by the
// time it takes.
const tooShort = 300 * time.Millisecond

// command is a device.delivery.put (mqtt.md §6.1).
type command struct {
	fields map[string]string
	body   []byte
}

func (c command) id() string { return c.fields["delivery_id"] }

// command makes a new command for one piece. Changes are name, value pairs.
func (s *session) command(changes ...string) command {
	fields := s.base(methodDelivery)
	maps.Copy(fields, map[string]string{
		"delivery_id": s.number(16), "order_id": s.number(6), "record_id": s.number(6),
		"product_id": s.cfg.ProductID, "code": strconv.Itoa(s.cfg.Motor), "addr": strconv.Itoa(s.cfg.Board),
		"floor_type": strconv.Itoa(s.cfg.FloorType), "is_lp": "0", "is_dc": "0", "quantity": "1",
		"timeout": strconv.Itoa(int(s.window().Seconds())),
	})
	for pair := range slices.Chunk(changes, 2) {
		fields[pair[0]] = pair[1]
	}
	return command{fields, signature.EncodeMessage(fields, s.cfg.AppKey)}
}

// expired makes a command whose start window is over.
func (s *session) expired() command {
	sent := s.cfg.Clock().Add(-s.window() - time.Minute)
	return s.command("timestamp", strconv.FormatInt(sent.Unix(), 10))
}

// window is the start window of the floor type (mqtt.md §6.1).
func (s *session) window() time.Duration {
	return [...]time.Duration{30 * time.Second, 15 * time.Second, 90 * time.Second, 45 * time.Second}[s.cfg.FloorType-1]
}

// base returns the base fields of a down message (mqtt.md §3.1).
func (s *session) base(method string) map[string]string {
	return map[string]string{
		"client_id": s.cfg.MachineNo, "machine_id": "1", "method": method, "status": "0",
		"timestamp": strconv.FormatInt(s.cfg.Clock().Unix(), 10),
	}
}

// number returns a random number of that many digits.
func (s *session) number(digits int64) string {
	low := new(big.Int).Exp(big.NewInt(10), big.NewInt(digits-1), nil)
	n, err := rand.Int(s.cfg.Rand, new(big.Int).Mul(low, big.NewInt(9)))
	if err != nil {
		s.err = fmt.Errorf("random number: %w", err)
		return low.String()
	}
	return n.Add(n, low).String()
}

// send publishes a message and waits for the machine's PUBACK.
func (s *session) send(ctx context.Context, body []byte) error {
	return s.gateway.Send(ctx, s.cfg.MachineNo, devicegw.Outgoing{Payload: body})
}

// post is send without waiting.
func (s *session) post(ctx context.Context, body []byte) <-chan error {
	acked := make(chan error, 1)
	s.sends.Go(func() { acked <- s.send(ctx, body) })
	return acked
}

// trial is a command and its first answer.
type trial struct {
	command
	acked  <-chan error
	answer *message // nil if none came
	at     time.Time
	conn   int
	took   time.Duration // from sending to answer
}

// try sends a command, once the machine is there, and waits for its answer.
func (s *session) try(ctx context.Context, c command) trial {
	s.online(ctx)
	mark, begun := s.events.mark(), s.cfg.Clock()
	t := trial{command: c, acked: s.post(ctx, c.body)}
	if e, ok := s.events.await(ctx, mark, s.cfg.Timeout, isResponse(c.id())); ok {
		t.answer, t.at, t.conn, t.took = e.msg, e.at, e.conn, e.at.Sub(begun)
		s.longest = max(s.longest, t.took)
	}
	return t
}

// delivered tells whether the answer says that all pieces dropped.
func (t trial) delivered() bool {
	return t.answer != nil && t.answer.field("deliver_status") == "1" && pieces(t.answer, t.fields["quantity"]) == t.fields["quantity"]
}

// pieces returns how many pieces an answer reports (mqtt.md §6.2).
func pieces(m *message, quantity string) string {
	switch n := m.field("delivered"); {
	case n != "":
		return n
	case m.field("deliver_status") == "1":
		return quantity
	}
	return "0"
}

// outcome describes an answer.
func outcome(m *message) string {
	if m == nil {
		return "no answer"
	}
	text := "deliver_status " + m.field("deliver_status")
	for _, name := range []string{"delivered", "floor_status", "error_msg"} {
		if v := m.field(name); v != "" {
			text += ", " + name + " " + v
		}
	}
	return text
}

// seconds prints a duration for a person.
func seconds(d time.Duration) string { return d.Round(10 * time.Millisecond).String() }

// repeated sends a finished command once more and judges what comes: the stored
// result, soon, and once (mqtt.md §6.3 row 2). The question asks a person whether
// the motor stayed still.
func (s *session) repeated(ctx context.Context, t trial, question string) (Verdict, string) {
	mark := s.events.mark()
	again := s.try(ctx, t.command)
	if again.answer == nil {
		return Fail, "no answer to the same bytes within " + s.cfg.Timeout.String()
	}
	more := s.quiet(ctx, mark, isResponse(t.id()))
	switch was, is := outcome(t.answer), outcome(again.answer); {
	case was != is:
		return Fail, fmt.Sprintf("first %s; then %s", was, is)
	case len(more) > 1:
		return Fail, fmt.Sprintf("%d results for one repetition: the motor may have run again", len(more))
	}
	if still, asked := s.ask(ctx, question); asked {
		if still {
			return Pass, "the stored result again; a person saw no second run"
		}
		return Fail, "a person saw the motor run again"
	}
	run, repetition := t.took, again.took
	if repetition > run/2 {
		delay := s.measureDelay(ctx)
		run, repetition = run-delay, repetition-delay
	}
	switch {
	case run < tooShort:
		return Warn, fmt.Sprintf("the same result, but a run of %s is too short to rule out a second one", seconds(run))
	case repetition > run/2:
		return Fail, fmt.Sprintf("answered after %s, the run itself took %s: the motor seems to have run again", seconds(repetition), seconds(run))
	}
	return Pass, fmt.Sprintf("the stored result after %s, the run took %s", seconds(again.took), seconds(t.took))
}

// measureDelay returns what network and firmware take for an answer without a
// run, 0 if the machine gives none. It matters only where an answer is slow.
func (s *session) measureDelay(ctx context.Context) time.Duration {
	if s.delay == 0 {
		if t := s.try(ctx, s.expired()); t.answer != nil && t.answer.field("deliver_status") == "0" {
			s.delay = t.took
		}
	}
	return s.delay
}
