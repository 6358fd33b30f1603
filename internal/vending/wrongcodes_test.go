package vending_test

import (
	"testing"

	"github.com/vendlane/vendlane/internal/vending"
)

var limits = vending.WrongCodeLimits{Max: 3, Window: 1000, Lock: 5000}

// consume.md §5.
func TestWrongCodes(t *testing.T) {
	var w vending.WrongCodes
	count := func(now int64) { w = w.Count(now, limits) }
	locked := func(now, want int64) {
		t.Helper()
		got, is := w.Locked(now)
		if got != want || is != (want > 0) {
			t.Errorf("at %d: locked %v for %d s, want %d", now, is, got, want)
		}
	}
	locked(0, 0)
	count(10_000)
	count(10_500)
	locked(10_500, 0)
	count(11_000) // the first has just left the window
	locked(11_000, 0)
	count(11_499) // 10_500 is still in it
	locked(11_499, 5)
	locked(11_500, 5)
	locked(16_498, 1)
	locked(16_499, 0)
	if len(w.At) != 0 {
		t.Errorf("the counter holds %v after the lock started", w.At)
	}
	count(16_499)
	count(16_500)
	locked(16_500, 0)
	count(16_501)
	locked(16_501, 5)
}

func TestWrongCodesDoesNotShareItsCounter(t *testing.T) {
	first := vending.WrongCodes{At: make([]int64, 1, 10)}
	first.At[0] = 100
	a, b := first.Count(200, limits), first.Count(300, limits)
	if a.At[1] != 200 || b.At[1] != 300 || len(first.At) != 1 {
		t.Errorf("%v, %v, %v", first.At, a.At, b.At)
	}
}

func TestWrongCodesOff(t *testing.T) {
	var w vending.WrongCodes
	for now := range int64(100) {
		w = w.Count(now, vending.WrongCodeLimits{Max: 0, Window: 1000, Lock: 5000})
	}
	if _, locked := w.Locked(100); locked || len(w.At) != 0 {
		t.Errorf("%+v", w)
	}
	if w = w.Count(7, vending.WrongCodeLimits{Max: 1, Window: 1000, Lock: 5000}); w.LockedUntil != 5007 {
		t.Errorf("with a maximum of one: %+v", w)
	}
}

func TestSecondsUp(t *testing.T) {
	for ms, want := range map[int64]int64{-5: 1, 0: 1, 1: 1, 999: 1, 1000: 1, 1001: 2, 29_001: 30} {
		if got := vending.SecondsUp(ms); got != want {
			t.Errorf("%d ms: %d s, want %d", ms, got, want)
		}
	}
}

// How many tries are left: of the window only, none during the lock, all after it.
func TestWrongCodesLeft(t *testing.T) {
	limits := vending.WrongCodeLimits{Max: 3, Window: 100, Lock: 50}
	var w vending.WrongCodes
	for i, want := range []int{3, 2, 1} {
		if got := w.Left(int64(i), limits); got != want {
			t.Errorf("after %d: %d left, want %d", i, got, want)
		}
		w = w.Count(int64(i), limits)
	}
	for now, want := range map[int64]int{2: 0, 51: 0, 52: 3} {
		if got := w.Left(now, limits); got != want {
			t.Errorf("at %d: %d left, want %d", now, got, want)
		}
	}
	if got := (vending.WrongCodes{At: []int64{0, 50}}).Left(100, limits); got != 2 {
		t.Errorf("out of the window: %d left", got)
	}
}
