// Package callback is `vendlane bench callback`: messages to a notify_url, from
// the outbox of an embedded store through the relay to receivers on this machine,
// measured side by side with a plain loop of posts to the same receivers.
package callback

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
)

// Options are the flags of the command.
type Options struct {
	bench.Turns
	// Folder is for the database, and must be on a disk for its commits to cost
	// what they cost.
	Folder string
}

const (
	group = "callbacks"
	// perEndpoint is how many posts an endpoint has at once, on both sides; it is
	// the relay's own number.
	perEndpoint = 8
	// manyEndpoints is how many merchants' servers there are when there are many.
	manyEndpoints = 16
	// perSecond is how many messages are in the outbox for each second of the
	// period, and for each quarter of it as a warm-up.
	perSecond = 5000
)

// Sides returns the names Options.Only may hold.
func Sides() []string {
	return []string{"relay-one", "loop-one", "relay-many", "loop-many", "relay-first", "loop-first"}
}

// run is one run of the command.
type run struct {
	Options
	messages int // of a measurement, without those of the warm-up
	report   *bench.Report
}

// Run measures and returns the report, whatever the figures. An error means that
// something could not be measured, or that a message did not arrive.
func Run(ctx context.Context, o Options) (*bench.Report, error) {
	if err := o.Check(Sides()); err != nil {
		return nil, err
	}
	r := &run{Options: o}
	if o.Quick {
		r.Period = min(o.Period, 50*time.Millisecond)
	}
	r.messages = max(manyEndpoints*perEndpoint, int(perSecond*r.Period.Seconds()))
	r.report = &bench.Report{
		Title: "Callbacks", Baseline: "POSTS", Started: time.Now(), Rounds: r.Rounds, Host: bench.ThisHost("a plain loop of posts"),
		Notes: []string{
			"medians of all rounds, smallest and largest value in brackets; a ratio is the median of the rounds' ratios",
			fmt.Sprintf("Vendlane: the outbox of a SQLite store with synchronous=FULL holds the messages; the relay signs and posts each, %d at once to an endpoint, and records every attempt", perEndpoint),
			"posts: net/http alone posts the same body to the same receivers, as many at once, and keeps nothing",
			"first attempt: from the commit of a message, or from the call of the post, to its arrival, one after the other",
			"relay and receivers are in one process; after each measurement the store said that every message was delivered",
		},
	}
	return r.report, r.Measure(ctx, []bench.Side{
		{Name: "relay-one", Measure: func(ctx context.Context) error { return r.relayed(ctx, 1) }},
		{Name: "loop-one", Measure: func(ctx context.Context) error { return r.looped(ctx, 1) }},
		{Name: "relay-many", Measure: func(ctx context.Context) error { return r.relayed(ctx, manyEndpoints) }},
		{Name: "loop-many", Measure: func(ctx context.Context) error { return r.looped(ctx, manyEndpoints) }},
		{Name: "relay-first", Measure: r.relayedFirst},
		{Name: "loop-first", Measure: r.loopedFirst},
	})
}

// rate returns the figure of messages per second.
func (r *run) rate(endpoints int) *bench.Figure {
	return r.report.Figure(group, fmt.Sprintf("endpoints: %d, posts at once: %d", endpoints, endpoints*perEndpoint), "1/s", "")
}

// waits returns the figures of the first attempt.
func (r *run) waits() (p50, p99 *bench.Figure) {
	return r.report.Figure(group, "first attempt, p50", "ms", ""), r.report.Figure(group, "first attempt, p99", "ms", "≤ 5, stretch 1")
}

// warmUp is how many messages come before those that are measured.
func (r *run) warmUp() int { return r.messages / 4 }

// relayed measures the relay with a full outbox.
func (r *run) relayed(ctx context.Context, endpoints int) error {
	return r.withOutbox(ctx, endpoints, func(o *outbox) error {
		if err := o.queue(ctx, r.warmUp()+r.messages); err != nil {
			return err
		}
		stop := o.startRelay(ctx)
		took, err := o.receivers.await(ctx, r.warmUp(), r.messages)
		if err := errors.Join(err, stop()); err != nil {
			return err
		}
		f := r.rate(endpoints)
		f.Vendlane = append(f.Vendlane, float64(r.messages)/took.Seconds())
		return o.delivered(ctx, r.warmUp()+r.messages)
	})
}

// relayedFirst measures how long a message is under way.
func (r *run) relayedFirst(ctx context.Context) error {
	return r.withOutbox(ctx, 1, func(o *outbox) error {
		stop := o.startRelay(ctx)
		took, err := r.oneByOne(ctx, o.receivers, func() (time.Time, error) {
			err := o.queue(ctx, 1)
			return time.Now(), err
		})
		if err := errors.Join(err, stop()); err != nil {
			return err
		}
		p50, p99 := r.waits()
		p50.Vendlane = append(p50.Vendlane, bench.Percentile(took, 0.5))
		p99.Vendlane = append(p99.Vendlane, bench.Percentile(took, 0.99))
		return o.delivered(ctx, o.queued)
	})
}

// oneByOne sends messages until the period is over; the first ones are a warm-up.
// send returns when the clock began.
func (r *run) oneByOne(ctx context.Context, to *receivers, send func() (time.Time, error)) (took []time.Duration, err error) {
	const warmUp = 10
	end := time.Now().Add(r.Period)
	for i := 0; i < warmUp || len(took) == 0 || time.Now().Before(end); i++ {
		sent, err := send()
		if err != nil {
			return nil, err
		}
		arrived, err := to.next(ctx)
		if err != nil {
			return nil, err
		}
		if i >= warmUp {
			took = append(took, arrived.Sub(sent))
		}
	}
	return took, nil
}

func (r *run) withOutbox(ctx context.Context, endpoints int, work func(o *outbox) error) (err error) {
	folder, err := os.MkdirTemp(r.Folder, "vendlane-bench-")
	if err != nil {
		return fmt.Errorf("folder for the database: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	o, err := openOutbox(ctx, folder, endpoints, r.Progress)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.close(ctx)) }()
	return work(o)
}
