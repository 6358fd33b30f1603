package machineapi

import (
	"errors"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/store/db"
)

// Times of the relay's decisions, in milliseconds.
const (
	// retryAfter is the pause after an attempt that the machine did not
	// acknowledge, or that failed here.
	retryAfter = 5 * 1000
	// maxRetryAfter is the longest pause: it doubles with every attempt that a
	// machine leaves unanswered, except for dispense commands, whose time is
	// short. A machine that connects anew gets everything at once.
	maxRetryAfter = 5 * 60 * 1000
	// orderRetryAfter is the least pause of a message that waits for an
	// earlier one.
	orderRetryAfter = 1000
	// lastRepeatLate is how late the last repeat may be. After a longer
	// standstill of the platform a repeat would only be a stale command.
	lastRepeatLate = 30 * 1000
)

// repeatsAt are the times of the repeats of a dispense command after its first
// publication (mqtt.md §6.1).
var repeatsAt = [...]int64{20 * 1000, 60 * 1000}

// outcome is what becomes of a claimed row.
type outcome int

const (
	// outcomeDone: nothing is left to do.
	outcomeDone outcome = iota + 1
	// outcomeExpired: the time is over.
	outcomeExpired
	// outcomeAgain: it is due again at dueAt.
	outcomeAgain
	// outcomePutBack: the same, and this attempt does not count because
	// nothing was written.
	outcomePutBack
)

// update is what is recorded for a claimed row.
type update struct {
	outcome outcome
	dueAt   int64
	// sentAt is the time of the first acknowledged publication, 0 if there is
	// none.
	sentAt int64
	// markSent: the machine has the dispense command, its delivery is SENT.
	markSent bool
	// notHandedOver: the dispense command was certainly never written, its
	// delivery fails (openapi.md §6.4).
	notHandedOver bool
	// waits: the row waits for its machine, so a machine that has come back
	// meanwhile must be noticed.
	waits bool
}

// decide tells whether a claimed row is to be sent now; if not, it returns what
// to record instead. c.Attempts includes this claim.
func decide(c db.Command, now int64) (u update, send bool) {
	if c.SentAt != 0 {
		last := c.SentAt + repeatsAt[len(repeatsAt)-1]
		if now > last+lastRepeatLate {
			return update{outcome: outcomeDone}, false
		}
		return update{}, true
	}
	if now >= c.ExpiresAt {
		return expire(c), false
	}
	return update{}, true
}

// expire gives a row up. If an earlier attempt may have reached the machine,
// the goods may still drop: the delivery then stays open until its report or
// its time-out, for a failed one could be dispensed a second time.
func expire(c db.Command) update {
	return update{outcome: outcomeExpired, notHandedOver: c.DeliveryID != 0 && c.Attempts <= 1}
}

// afterSend decides from the result of a Send what becomes of a row. published
// and now are the times before and after it.
func afterSend(c db.Command, published, now int64, err error) update {
	switch {
	case c.SentAt != 0:
		return nextRepeat(c.SentAt, now) // whatever became of this one
	case err == nil && c.DeliveryID == 0:
		return update{outcome: outcomeDone}
	case err == nil:
		u := nextRepeat(published, now)
		u.markSent = true
		return u
	case errors.Is(err, devicegw.ErrTooLarge):
		return expire(c) // and would be the next time
	case errors.Is(err, devicegw.ErrOffline):
		return update{outcome: outcomePutBack, dueAt: c.ExpiresAt, waits: true}
	default:
		return update{outcome: outcomeAgain, dueAt: min(now+retryPause(c), c.ExpiresAt)}
	}
}

func retryPause(c db.Command) int64 {
	if c.DeliveryID != 0 {
		return retryAfter
	}
	doublings := min(c.Attempts-1, 10) // far beyond maxRetryAfter, and no overflow
	return min(int64(retryAfter)<<doublings, maxRetryAfter)
}

// nextRepeat schedules the next repeat of a dispense command first published at
// sentAt.
func nextRepeat(sentAt, now int64) update {
	for _, after := range repeatsAt {
		if due := sentAt + after; due > now {
			return update{outcome: outcomeAgain, dueAt: due, sentAt: sentAt}
		}
	}
	return update{outcome: outcomeDone}
}

// behind puts a row back that waits for an earlier message to its machine.
func behind(earlier db.Command, now int64) update {
	return update{
		outcome: outcomePutBack,
		dueAt:   max(earlier.DueAt, now+orderRetryAfter),
		// Unless it is merely about to be tried again.
		waits: earlier.DueAt >= earlier.ExpiresAt && earlier.DueAt > now+retryAfter,
	}
}

// failedHere puts a row back that could not be sent for a reason of ours.
func failedHere(c db.Command, now int64) update {
	due := now + retryAfter
	if c.SentAt == 0 {
		due = min(due, c.ExpiresAt)
	}
	return update{outcome: outcomePutBack, dueAt: due}
}

// messageExpiry is the MQTT 5 message expiry: the start window of a dispense
// command (mqtt.md §6.1), else the time the message has left.
func messageExpiry(c db.Command, now int64) time.Duration {
	from := now
	if c.DeliveryID != 0 {
		from = c.CreatedAt
	}
	return time.Duration(c.ExpiresAt-from) * time.Millisecond
}
