package callback

import (
	"testing"
	"time"
)

func TestNextDelayFollowsTheContract(t *testing.T) {
	const middle = 0.5 // the factor is 1
	wants := []string{
		"5s", "35s", "2m35s", "12m35s", "42m35s", "1h42m35s", "3h42m35s", "7h42m35s", "15h42m35s", "27h42m35s",
	}
	var since time.Duration
	for i, want := range wants {
		delay, dead := nextDelay(DefaultRetry(), i+1, middle)
		since += delay
		expected, err := time.ParseDuration(want)
		if err != nil || dead || since != expected {
			t.Errorf("attempt %d starts %v after the event (dead %v), want %s", i+2, since, dead, want)
		}
	}
	if _, dead := nextDelay(DefaultRetry(), 11, middle); !dead {
		t.Error("there is an attempt after the eleventh")
	}
}

func TestNextDelayJitter(t *testing.T) {
	for random, want := range map[float64]time.Duration{
		0: 4 * time.Second, 0.25: 4500 * time.Millisecond, 0.5: 5 * time.Second, 0.75: 5500 * time.Millisecond,
	} {
		if got, _ := nextDelay(DefaultRetry(), 1, random); got != want {
			t.Errorf("random %v: wait %v, want %v", random, got, want)
		}
	}
	if got, _ := nextDelay(DefaultRetry(), 1, 0.999999); got < 5999*time.Millisecond || got > 6*time.Second {
		t.Errorf("the longest wait is %v, want just below 6s", got)
	}
	if _, dead := nextDelay([]time.Duration{}, 1, 0.5); !dead {
		t.Error("an empty schedule must allow one attempt only")
	}
}
