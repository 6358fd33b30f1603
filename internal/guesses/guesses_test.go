package guesses

import (
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/vending"
)

// Failures lock a key of their own, for a time, unless they are forgiven.
func TestCounter(t *testing.T) {
	now := time.Unix(1714353655, 0)
	c := New(func() time.Time { return now }, vending.WrongCodeLimits{Max: 2, Window: 1000, Lock: 1000})
	want := func(key string, left int, locked bool) {
		t.Helper()
		if got := c.Left(key); got != left || c.Locked(key) != locked {
			t.Errorf("%s: %d left, locked %v; want %d, %v", key, got, c.Locked(key), left, locked)
		}
	}
	want("a", 2, false)
	c.Failed("a")
	want("a", 1, false)
	c.Failed("a")
	want("a", 0, true)
	want("b", 2, false)
	now = now.Add(time.Second)
	want("a", 2, false)
	c.Failed("a")
	c.Forgive("a")
	want("a", 2, false)
}

// Many keys do not grow the memory without bound.
func TestCounterIsBounded(t *testing.T) {
	c := New(time.Now, vending.WrongCodeLimits{Max: 2, Window: 1000, Lock: 1000})
	key := make([]byte, 3)
	for i := range maxGuessers + 10 {
		key[0], key[1], key[2] = byte(i), byte(i>>8), byte(i>>16)
		c.Failed(string(key))
	}
	if len(c.counts) > maxGuessers {
		t.Errorf("%d keys are known, want at most %d", len(c.counts), maxGuessers)
	}
}
