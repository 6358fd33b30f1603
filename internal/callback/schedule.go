package callback

import "time"

// DefaultRetry returns the waits between the attempts of consume.md §9.5.
func DefaultRetry() []time.Duration {
	return []time.Duration{
		5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute,
		time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour,
	}
}

// nextDelay returns the wait after a failed attempt (1 is the first): the
// schedule's, times 0.8–1.2 as random goes through [0,1). dead means that there
// is no further attempt.
func nextDelay(retry []time.Duration, attempt int, random float64) (delay time.Duration, dead bool) {
	if attempt > len(retry) {
		return 0, true
	}
	wait := retry[max(attempt, 1)-1]
	return time.Duration(float64(wait) * (0.8 + 0.4*random)), false
}
