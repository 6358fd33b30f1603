package vending

import "slices"

// WrongCodeLimits configure the wrong-code lock of a machine (consume.md §5).
// Times are milliseconds. Max 0 switches the lock off.
type WrongCodeLimits struct {
	Max    int
	Window int64
	Lock   int64
}

// WrongCodes is the wrong-code counter of one machine: when the counted
// answers of the current window were given, and until when the machine is
// locked. Times are UTC milliseconds; LockedUntil 0 means never locked.
type WrongCodes struct {
	At          []int64
	LockedUntil int64
}

// Locked tells whether code entry is locked at now and for how many whole
// seconds more, at least 1.
func (w WrongCodes) Locked(now int64) (retryAfter int64, locked bool) {
	if now >= w.LockedUntil {
		return 0, false
	}
	return SecondsUp(w.LockedUntil - now), true
}

// Count adds one counted answer at now. The answer that fills the window
// starts the lock and empties the counter; it is itself still answered with
// its own code.
func (w WrongCodes) Count(now int64, limits WrongCodeLimits) WrongCodes {
	if limits.Max <= 0 {
		return w
	}
	at := slices.DeleteFunc(slices.Clone(w.At), func(t int64) bool { return t <= now-limits.Window })
	at = append(at, now)
	if len(at) >= limits.Max {
		return WrongCodes{LockedUntil: now + limits.Lock}
	}
	return WrongCodes{At: at, LockedUntil: w.LockedUntil}
}

// Left tells how many more counted answers at now start the lock; 0 while it
// lasts.
func (w WrongCodes) Left(now int64, limits WrongCodeLimits) int {
	if _, locked := w.Locked(now); locked {
		return 0
	}
	left := limits.Max
	for _, t := range w.At {
		if t > now-limits.Window {
			left--
		}
	}
	return max(0, left)
}

// SecondsUp rounds milliseconds up to whole seconds, at least 1: the unit of
// retry_after (errors.md §1).
func SecondsUp(ms int64) int64 { return max(1, (ms+999)/1000) }
