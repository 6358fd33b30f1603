package machineapi

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/fleet"
)

// errBeatPanic is the answer to heartbeats that met a panic.
var errBeatPanic = errors.New("panic while heartbeats were taken")

const (
	// maxBeats is how many heartbeats are taken together.
	maxBeats = 512
	// beatPause is the shortest time between two takings: under load few of many
	// cost less than many of few. It bounds a node to 20,000 heartbeats a second.
	beatPause = 25 * time.Millisecond
	// answersAtOnce is how many answers go out before others get the processor: each
	// is a goroutine that writes, and those that sell would stand behind hundreds.
	answersAtOnce = 8
)

// beat is a decoded heartbeat and the function that takes its answer.
type beat struct {
	message devicegw.Message
	up      upMessage
	answer  func(error)
}

// takeBeat takes a heartbeat together with others. They come by the thousand when a
// fleet says hello all at once, and each by itself would cost two visits to the
// database, and a goroutine that waits for them; so many of these would also stand
// in the way of those that sell.
func (h *Handler) takeBeat(ctx context.Context, b beat) {
	if h.beats.Put(b) {
		go h.takeBeats(context.WithoutCancel(ctx))
	}
}

// takeBeats takes heartbeats until none waits.
func (h *Handler) takeBeats(ctx context.Context) {
	pause := time.NewTicker(beatPause)
	defer pause.Stop()
	for {
		batch := h.beats.Take(maxBeats)
		if len(batch) == 0 {
			return
		}
		h.takeTogether(ctx, batch)
		<-pause.C
	}
}

// takeTogether checks heartbeats, stores those that are good in one transaction, or
// some if others wait, and answers all.
func (h *Handler) takeTogether(ctx context.Context, batch []beat) {
	answered, n := make([]bool, len(batch)), 0
	answer := func(i int, err error) {
		err = h.ended(ctx, batch[i].message, batch[i].up, err)
		answered[i] = true
		batch[i].answer(err)
		if n++; n%answersAtOnce == 0 {
			runtime.Gosched()
		}
	}
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		h.log.Error("panic while heartbeats were taken", "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
		for i, done := range answered {
			if !done {
				batch[i].answer(errBeatPanic)
			}
		}
	}()
	good := make([]int, 0, len(batch)) // places in batch
	heartbeats := make([]fleet.Heartbeat, 0, len(batch))
	for i, err := range h.checkBeats(ctx, batch) {
		var heartbeat fleet.Heartbeat
		if err == nil {
			heartbeat, err = readHeartbeat(batch[i].up)
		}
		if err != nil {
			answer(i, err)
			continue
		}
		good, heartbeats = append(good, i), append(heartbeats, heartbeat)
	}
	if len(good) == 0 {
		return
	}
	h.fleet.TakeHeartbeats(ctx, heartbeats, func(n int, err error) { answer(good[n], err) })
}

// checkBeats runs checks 2–6 of mqtt.md §3.2 on each message, with one visit to the
// database for all, and returns what each came to.
func (h *Handler) checkBeats(ctx context.Context, batch []beat) []error {
	errs := make([]error, len(batch))
	numbers := make([]string, len(batch))
	for i, b := range batch {
		numbers[i], errs[i] = senderNo(b.message, b.up.object)
	}
	senders, err := h.store.SendersByNo(ctx, numbers)
	for i, b := range batch {
		switch {
		case errs[i] != nil:
		case err != nil: // one of them may be to blame
			batch[i].up, errs[i] = h.check(ctx, b.message, b.up)
		default:
			batch[i].up, errs[i] = h.checkSender(b.message, b.up, senders[i])
		}
	}
	return errs
}
