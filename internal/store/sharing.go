package store

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"sync"
	"time"
)

// errAlone tells a caller that the visit it shared has failed, and that it has
// to go by itself.
var errAlone = errors.New("the shared visit to the database failed")

// returnTime bounds how long a visit waits for those whom the last one answered.
const returnTime = 10 * time.Millisecond

// sharing lets callers that wait at the same time share one visit to the
// database, of which one is under way at a time, or two when many wait. Who comes
// first starts a visit at once, and those who come meanwhile go with the next.
// Where many share, that one also waits for those who were just answered and ask
// again: without them, the same callers would go in two halves by turns.
type sharing[In, Out any] struct {
	visit func(ctx context.Context, in []In) ([]Out, error)
	size  int // callers of one visit
	// many who wait start a second visit beside the first. 0 is for visits that
	// cost little: they neither have a second one nor wait for anybody.
	many int

	mu      sync.Mutex
	waiting []*caller[In, Out]
	running int // goroutines of run
	closed  bool
	// While run waits for callers to come back, together is there, to be closed
	// when so many wait.
	together chan struct{}
	enough   int
	ended    sync.WaitGroup // waits for run
}

type caller[In, Out any] struct {
	ctx  context.Context
	in   In
	out  Out
	err  error
	left bool // its caller has gone, nothing was done for it
	gone bool // with a visit, or left
	done chan struct{}
}

func newSharing[In, Out any](visit func(ctx context.Context, in []In) ([]Out, error), size, many int) *sharing[In, Out] {
	return &sharing[In, Out]{visit: visit, size: size, many: many}
}

// do goes with the next visit and returns its answer. A caller whose ctx ends
// before that leaves, and nothing is done for it. From then on the answer is
// waited for whatever ctx says, so that nobody is left not knowing whether a
// change was committed.
func (s *sharing[In, Out]) do(ctx context.Context, in In) (out Out, err error) {
	c := &caller[In, Out]{ctx: ctx, in: in, done: make(chan struct{})}
	if err := s.join(c); err != nil {
		return out, err
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if s.leave(c) {
			return out, ctx.Err()
		}
		<-c.done
	}
	return c.out, c.err
}

// lookUp is do for one row that has a name; alone finds it where the shared visit
// failed. It returns sql.ErrNoRows if there is none, which a visit answers with
// nothing in it.
func lookUp[Out comparable](ctx context.Context, s *sharing[string, Out], name string, alone func(context.Context, string) (Out, error)) (Out, error) {
	out, err := s.do(ctx, name)
	var none Out
	switch {
	case errors.Is(err, errAlone):
		return alone(ctx, name)
	case err == nil && out == none:
		return none, sql.ErrNoRows
	}
	return out, err
}

func (s *sharing[In, Out]) join(c *caller[In, Out]) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.waiting = append(s.waiting, c)
	if s.together != nil {
		if len(s.waiting) >= s.enough {
			s.stopWaiting()
		}
		return nil
	}
	if s.running == 0 || s.running == 1 && s.many > 0 && len(s.waiting) >= s.many {
		s.running++
		s.ended.Go(func() { s.run(context.WithoutCancel(c.ctx)) })
	}
	return nil
}

// leave tells whether c had not gone with a visit yet.
func (s *sharing[In, Out]) leave(c *caller[In, Out]) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.gone {
		return false
	}
	c.gone, c.left = true, true
	return true
}

// run makes visits until nobody waits any more.
func (s *sharing[In, Out]) run(ctx context.Context) {
	var in []In
	for {
		if s.many == 0 {
			runtime.Gosched() // whoever is about to join comes along
		}
		callers := s.next()
		if callers == nil {
			return
		}
		in = in[:0]
		for _, c := range callers {
			in = append(in, c.in)
		}
		bounded, cancel := inTime(ctx, callers)
		began := time.Now()
		out, err := s.visit(bounded, in)
		took := time.Since(began)
		cancel()
		for i, c := range callers {
			if err != nil {
				c.err = alone(err)
			} else {
				c.out = out[i]
			}
			close(c.done)
		}
		s.await(len(callers), min(took, returnTime))
	}
}

// await waits until as many callers are there as were answered and waited
// meanwhile, or for so long.
func (s *sharing[In, Out]) await(answered int, limit time.Duration) {
	together := s.expect(answered)
	if together == nil {
		return
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-together:
	case <-timer.C:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.stopWaiting()
	}
}

// expect returns what is closed when enough callers wait, nil if they do already,
// or another run is there to take them.
func (s *sharing[In, Out]) expect(answered int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enough = min(s.many, len(s.waiting)+answered)
	if s.closed || s.running > 1 || len(s.waiting) >= s.enough {
		return nil
	}
	s.together = make(chan struct{})
	return s.together
}

func (s *sharing[In, Out]) stopWaiting() {
	if s.together != nil {
		close(s.together)
		s.together = nil
	}
}

// inTime gives a visit the first deadline of its callers, so that nobody waits
// longer than alone.
func inTime[In, Out any](ctx context.Context, callers []*caller[In, Out]) (context.Context, context.CancelFunc) {
	var first time.Time
	for _, c := range callers {
		if deadline, ok := c.ctx.Deadline(); ok && (first.IsZero() || deadline.Before(first)) {
			first = deadline
		}
	}
	if first.IsZero() {
		return ctx, func() {} // one that can end costs the driver a goroutine for each row
	}
	return context.WithDeadline(ctx, first)
}

// alone decides what a failed visit means for its callers. One that took too
// long is not worth another wait, and what may have been done must not be done
// again as if it had not.
func alone(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrClosed) || errors.Is(err, ErrOutcomeUnknown) {
		return err
	}
	return errAlone
}

// next takes those who wait. It is nil if there is nobody, or if so few wait that
// they are left to the other run.
func (s *sharing[In, Out]) next() []*caller[In, Out] {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running > 1 && len(s.waiting) < s.many {
		s.running--
		return nil
	}
	callers := make([]*caller[In, Out], 0, min(len(s.waiting), s.size))
	taken := 0
	for _, c := range s.waiting {
		if len(callers) == s.size {
			break
		}
		taken++
		if !c.left {
			c.gone = true
			callers = append(callers, c)
		}
	}
	s.waiting = s.waiting[taken:]
	if len(callers) == 0 {
		s.waiting = nil
		s.running--
		return nil
	}
	return callers
}

// close turns new callers away and returns when those before have their answer.
func (s *sharing[In, Out]) close() {
	s.mu.Lock()
	s.closed = true
	s.stopWaiting()
	s.mu.Unlock()
	s.ended.Wait()
}
