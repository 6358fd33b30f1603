package machineapi

import (
	"log/slog"
	"sync"

	"github.com/vendlane/vendlane/internal/vending"
)

// Reasons for dropping a message (mqtt.md §3.2, §6.5). badWill is for a last
// will that would be a fine message, but is no last will (mqtt.md §2.3).
const (
	reasonMalformed       = "malformed"
	reasonUnknownMachine  = "unknown_machine"
	reasonTopicMismatch   = "topic_mismatch"
	reasonBadSign         = "bad_sign"
	reasonBadTimestamp    = "bad_timestamp"
	reasonUnknownMethod   = "unknown_method"
	reasonBadFields       = "bad_fields"
	reasonUnknownDelivery = "unknown_delivery"
	reasonBadWill         = "bad_will"
)

// drop is the error that means: the message has no effect and is not answered.
type drop struct {
	reason string
	cause  error
}

func dropFor(reason string, cause error) *drop { return &drop{reason: reason, cause: cause} }

// Error names the reason and the cause.
func (d *drop) Error() string { return d.reason + ": " + d.cause.Error() }

// Unwrap returns the cause.
func (d *drop) Unwrap() error { return d.cause }

// Limits of what is logged about dropped messages, in milliseconds.
const (
	dropLogEvery   = 60 * 1000
	badSignWindow  = 10 * 60 * 1000
	badSignAlertAt = 100
)

// dropLog writes at most one line per machine and reason in a minute, and finds
// machines with more than 100 wrong signatures in 10 minutes (mqtt.md §3.2). It holds one entry per machine and reason, so it is bounded
// by the fleet.
type dropLog struct {
	clock vending.Clock
	log   *slog.Logger

	mu       sync.Mutex
	loggedAt map[dropKey]int64
	badSigns map[string]badSigns
}

type dropKey struct{ machineNo, reason string }

// badSigns counts wrong signatures since the first of the window.
type badSigns struct {
	since int64
	count int
}

func newDropLog(clock vending.Clock, log *slog.Logger) *dropLog {
	return &dropLog{clock: clock, log: log, loggedAt: map[dropKey]int64{}, badSigns: map[string]badSigns{}}
}

// note logs a drop and tells whether it is the one that makes an alert. The line
// about it comes every time; an alert that is still open is not raised again.
func (l *dropLog) note(machineNo, method string, d *drop) (alert bool) {
	now := l.clock.Millis()
	line, alert := l.due(machineNo, d.reason, now)
	if line {
		l.log.Warn("message of a machine dropped",
			"machine_no", machineNo, "reason", d.reason, "method", method, "detail", d.cause.Error())
	}
	if alert {
		l.log.Error("machine keeps sending wrong signatures: wrong AppKey, or an attack", "machine_no", machineNo)
	}
	return alert
}

func (l *dropLog) due(machineNo, reason string, now int64) (line, alert bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := dropKey{machineNo, reason}
	last, seen := l.loggedAt[key]
	line = !seen || now-last >= dropLogEvery
	if line {
		l.loggedAt[key] = now
	}
	if reason != reasonBadSign {
		return line, false
	}
	signs := l.badSigns[machineNo]
	if now-signs.since >= badSignWindow {
		signs = badSigns{since: now}
	}
	signs.count++
	l.badSigns[machineNo] = signs
	return line, signs.count == badSignAlertAt+1
}
