package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// desk is something to visit: it answers a number with its double, after a
// while, and notes who came together.
type desk struct {
	mu        sync.Mutex
	visits    [][]int
	deadlines []time.Time // of the visits, zero for none
	err       error
}

func (d *desk) visit(ctx context.Context, in []int) ([]int, error) {
	deadline, _ := ctx.Deadline()
	d.mu.Lock()
	d.deadlines = append(d.deadlines, deadline)
	d.visits = append(d.visits, append([]int(nil), in...))
	d.mu.Unlock()
	time.Sleep(time.Second)
	out := make([]int, len(in))
	for i, n := range in {
		out[i] = 2 * n
	}
	return out, d.err
}

// call starts a call and returns when it waits. Its result is there when the
// channel is closed.
type call struct {
	out  int
	err  error
	done chan struct{}
}

func start(ctx context.Context, s *sharing[int, int], in int) *call {
	c := &call{done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.out, c.err = s.do(ctx, in)
	}()
	synctest.Wait()
	return c
}

// The first goes at once; those who come meanwhile go together, as many as fit,
// in the order they came.
func TestSharing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		s := newSharing(d.visit, 3, 0)
		var calls []*call
		for n := 1; n <= 6; n++ {
			calls = append(calls, start(t.Context(), s, n))
		}
		for i, c := range calls {
			<-c.done
			if c.out != 2*(i+1) || c.err != nil {
				t.Errorf("%d: %d, %v", i+1, c.out, c.err)
			}
		}
		if got := fmt.Sprint(d.visits); got != "[[1] [2 3 4] [5 6]]" {
			t.Errorf("visits %s", got)
		}
	})
}

// When many wait a second visit starts beside the first; the few who come after
// that wait for one visit, and a moment for those whom it answered.
func TestSharingWhenManyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		s := newSharing(d.visit, 5, 3)
		began := time.Now()
		var calls []*call
		for n := 1; n <= 6; n++ {
			calls = append(calls, start(t.Context(), s, n))
		}
		for _, c := range calls[:4] {
			<-c.done
		}
		if got := time.Since(began); got != time.Second {
			t.Errorf("took %v", got)
		}
		<-calls[4].done
		<-calls[5].done
		if got := fmt.Sprint(d.visits, time.Since(began)); got != "[[1] [2 3 4] [5 6]] 2.01s" {
			t.Errorf("visits %s", got)
		}
		s.close()
	})
}

// Callers who ask again as soon as they are answered go together, instead of in
// two halves by turns. One who is alone waits for nobody.
func TestSharingWaitsForThoseWhoComeBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		s := newSharing(d.visit, 9, 9)
		began := time.Now()
		var callers sync.WaitGroup
		for n := 1; n <= 4; n++ {
			callers.Go(func() {
				for range 3 {
					if _, err := s.do(t.Context(), 1); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Millisecond)
				}
			})
			synctest.Wait()
		}
		callers.Wait()
		// The first came alone; with it back the others are complete.
		if got := fmt.Sprint(d.visits); got != "[[1] [1 1 1 1] [1 1 1 1] [1 1 1]]" {
			t.Errorf("visits %s", got)
		}
		// A visit takes 1 s, a return 1 ms, and the last set waits in vain for one.
		if got, want := time.Since(began), 4*time.Second+2*time.Millisecond+returnTime+time.Millisecond; got != want {
			t.Errorf("took %v, want %v", got, want)
		}
		time.Sleep(time.Second)
		alone := start(t.Context(), s, 1)
		<-alone.done
		if got := time.Since(began); got != 6*time.Second+2*time.Millisecond+returnTime+time.Millisecond {
			t.Errorf("one caller alone was answered after %v", got)
		}
		s.close()
	})
}

// Who hangs up while it waits is left out; who has gone with a visit gets its
// answer all the same.
func TestSharingCallerHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		s := newSharing(d.visit, 3, 0)
		ctx, cancel := context.WithCancel(t.Context())
		under, waiting, other := start(ctx, s, 1), start(ctx, s, 2), start(t.Context(), s, 3)
		cancel()
		<-waiting.done
		if !errors.Is(waiting.err, context.Canceled) {
			t.Errorf("waiting: %v", waiting.err)
		}
		for _, c := range []*call{under, other} {
			if <-c.done; c.err != nil {
				t.Error(c.err)
			}
		}
		if got := fmt.Sprint(d.visits); got != "[[1] [3]]" {
			t.Errorf("visits %s", got)
		}
		if _, err := s.do(ctx, 4); !errors.Is(err, context.Canceled) {
			t.Errorf("ended before: %v", err)
		}
	})
}

// A visit ends in time for each of its callers.
func TestSharingDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		s := newSharing(d.visit, 3, 0)
		soon, cancelSoon := context.WithTimeout(t.Context(), time.Minute)
		defer cancelSoon()
		late, cancelLate := context.WithTimeout(t.Context(), time.Hour)
		defer cancelLate()
		calls := []*call{start(t.Context(), s, 1), start(late, s, 2), start(soon, s, 3), start(t.Context(), s, 4)}
		for _, c := range calls {
			<-c.done
		}
		want, _ := soon.Deadline()
		if len(d.deadlines) != 2 || !d.deadlines[0].IsZero() || !d.deadlines[1].Equal(want) {
			t.Errorf("deadlines %v, want none and %v", d.deadlines, want)
		}
	})
}

// Closing answers those who wait, and turns away who comes later.
func TestSharingClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSharing((&desk{}).visit, 3, 0)
		calls := []*call{start(t.Context(), s, 1), start(t.Context(), s, 2)}
		var closing sync.WaitGroup
		closing.Go(s.close)
		synctest.Wait()
		if _, err := s.do(t.Context(), 3); !errors.Is(err, ErrClosed) {
			t.Errorf("after the close: %v", err)
		}
		closing.Wait()
		for _, c := range calls {
			if <-c.done; c.err != nil {
				t.Error(c.err)
			}
		}
	})
	synctest.Test(t, func(t *testing.T) { // while it waits for callers to come back
		s := newSharing((&desk{}).visit, 3, 3)
		<-start(t.Context(), s, 1).done
		synctest.Wait()
		began := time.Now()
		s.close()
		if took := time.Since(began); took != 0 {
			t.Errorf("took %v", took)
		}
	})
}

// After a visit that failed everybody goes alone, unless it took too long or may
// have been done.
func TestSharingFailure(t *testing.T) {
	for _, c := range []struct{ err, want error }{
		{errors.New("one of them cannot be done"), errAlone},
		{fmt.Errorf("x: %w", context.DeadlineExceeded), context.DeadlineExceeded},
		{ErrClosed, ErrClosed},
		{fmt.Errorf("%w: cut", ErrOutcomeUnknown), ErrOutcomeUnknown},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newSharing((&desk{err: c.err}).visit, 3, 0)
			if _, err := s.do(t.Context(), 1); !errors.Is(err, c.want) {
				t.Errorf("%v: %v, want %v", c.err, err, c.want)
			}
		})
	}
}
