package callback

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// freshBatch is how many fresh rows are claimed at once.
const freshBatch = 256

// holdFactor times its slots is how many rows of an endpoint are held: a slot
// that becomes free need not wait for the database, and claims come in batches.
const holdFactor = 4

// freshLane is the lane of rows not yet found to be in an endpoint's queue.
const freshLane = ""

// dispatcher decides which rows are claimed and when they leave. It belongs to
// one goroutine; the sends tell it their end through results.
type dispatcher struct {
	relay     *Relay
	endpoints map[string]*endpoint
	// held are the rows being sent or waiting for a slot. A row leaves it only
	// after its result is recorded and taken from results, so a claim that ran
	// beside the recording cannot send it a second time.
	held     map[int64]struct{}
	inFlight int
	results  chan settled
	// fresh means that there may be due rows in the fresh lane.
	fresh bool
	// nextDue is when the next retry is due, in UTC milliseconds, 0 for none;
	// replan means that it must be looked up, as of plannedAt.
	nextDue   int64
	replan    bool
	plannedAt int64
}

// endpoint is a receiver with work now: scheme, host and port.
type endpoint struct {
	name     string
	inFlight int
	// waiting rows are claimed and leave as slots become free.
	waiting []db.Callback
	// parked means that there may be rows in the endpoint's lane.
	parked bool
}

// settled is the end of a send.
type settled struct {
	id       int64
	endpoint *endpoint
	retryAt  int64
}

// want asks for rows of a lane.
type want struct {
	lane  string
	limit int
}

func newDispatcher(r *Relay) *dispatcher {
	return &dispatcher{
		relay: r, endpoints: map[string]*endpoint{}, held: map[int64]struct{}{},
		results: make(chan settled, r.cfg.MaxInFlight),
	}
}

// lookAround finds work that nobody told of.
func (d *dispatcher) lookAround(ctx context.Context) {
	d.fresh = true
	lanes, err := d.relay.store.ParkedLanes(ctx)
	if err != nil {
		d.complain(ctx, "list lanes", err)
		return
	}
	for _, lane := range lanes {
		d.endpoint(lane).parked = true
	}
}

// advance claims and starts all that can leave now. After a failure of the
// store it gives up until the next wake-up.
func (d *dispatcher) advance(ctx context.Context) {
	for ctx.Err() == nil {
		d.drain()
		overdue := d.startWaiting(ctx)
		if err := d.park(ctx, overdue); err != nil {
			d.complain(ctx, "park callbacks", err)
			return
		}
		wants := d.wants()
		if len(wants) == 0 {
			d.plan(ctx)
			return
		}
		if err := d.claim(ctx, wants); err != nil {
			d.complain(ctx, "claim callbacks", err)
			return
		}
	}
}

// drain takes the results that are there.
func (d *dispatcher) drain() {
	for {
		select {
		case s := <-d.results:
			d.settle(s)
		default:
			return
		}
	}
}

func (d *dispatcher) settle(s settled) {
	delete(d.held, s.id)
	d.inFlight--
	s.endpoint.inFlight--
	if s.retryAt != 0 && (d.nextDue == 0 || s.retryAt < d.nextDue) {
		d.nextDue = s.retryAt
	}
}

// startWaiting fills free slots and forgets endpoints without work. It returns
// rows whose lease has become too short for an attempt: they must not leave,
// since somebody else may claim them meanwhile.
func (d *dispatcher) startWaiting(ctx context.Context) (overdue []db.Callback) {
	latest := d.relay.clock().Add(d.relay.cfg.Timeout + recordMargin).UnixMilli()
	for name, e := range d.endpoints {
		for len(e.waiting) > 0 && (e.waiting[0].LeaseUntil < latest || d.slotFree(e)) {
			c := e.waiting[0]
			e.waiting = e.waiting[1:]
			if c.LeaseUntil < latest {
				overdue = append(overdue, c)
				continue
			}
			d.start(ctx, e, c)
		}
		if e.inFlight == 0 && len(e.waiting) == 0 && !e.parked {
			delete(d.endpoints, name)
		}
	}
	return overdue
}

func (d *dispatcher) slotFree(e *endpoint) bool {
	return e.inFlight < d.relay.cfg.PerEndpoint && d.inFlight < d.relay.cfg.MaxInFlight
}

func (d *dispatcher) start(ctx context.Context, e *endpoint, c db.Callback) {
	d.inFlight++
	e.inFlight++
	// A send under way is finished and recorded even when the relay stops.
	ctx = context.WithoutCancel(ctx)
	go func() {
		retryAt := d.relay.attempt(ctx, c)
		d.results <- settled{id: c.ID, endpoint: e, retryAt: retryAt}
	}()
}

// wants lists the lanes to claim from. An endpoint's lane is asked when half of
// what may be held of it is used up.
func (d *dispatcher) wants() []want {
	if d.inFlight >= d.relay.cfg.MaxInFlight || d.full() {
		return nil
	}
	var wants []want
	for _, e := range d.endpoints {
		if room := d.room(e); e.parked && room >= holdFactor*d.relay.cfg.PerEndpoint/2 {
			wants = append(wants, want{lane: e.name, limit: room})
		}
	}
	if d.fresh { // last, because parked rows have waited longer
		wants = append(wants, want{lane: freshLane, limit: freshBatch})
	}
	return wants
}

// room is how many more rows of an endpoint may be held.
func (d *dispatcher) room(e *endpoint) int {
	return holdFactor*d.relay.cfg.PerEndpoint - e.inFlight - len(e.waiting)
}

// full bounds the rows held for all endpoints together.
func (d *dispatcher) full() bool { return len(d.held) >= 8*d.relay.cfg.MaxInFlight }

// claim leases rows of the wanted lanes in one transaction; they wait for
// slots, and those without room are parked.
func (d *dispatcher) claim(ctx context.Context, wants []want) error {
	r := d.relay
	now := r.clock()
	claimed := make([][]db.Callback, len(wants))
	err := r.store.InTx(ctx, func(tx *store.Tx) (err error) {
		for i, w := range wants {
			if claimed[i], err = r.claim(ctx, tx, now, w.lane, w.limit); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var surplus []db.Callback
	for i, w := range wants {
		for _, c := range claimed[i] {
			if !d.take(c) {
				surplus = append(surplus, c)
			}
		}
		more := len(claimed[i]) == w.limit
		if w.lane == freshLane {
			d.fresh, d.replan, d.plannedAt = more, true, now.UnixMilli()
		} else {
			d.endpoint(w.lane).parked = more
		}
	}
	return d.park(ctx, surplus)
}

// take lets a claimed row wait for a slot; false means there is no room.
func (d *dispatcher) take(c db.Callback) bool {
	if _, holding := d.held[c.ID]; holding {
		return true // its lease ran out too early: the clock has jumped
	}
	e := d.endpoint(endpointOf(c.Url))
	if d.room(e) <= 0 || d.full() {
		return false
	}
	d.held[c.ID] = struct{}{}
	e.waiting = append(e.waiting, c)
	return true
}

// park gives claimed rows back, into the lanes of their endpoints.
func (d *dispatcher) park(ctx context.Context, rows []db.Callback) error {
	if len(rows) == 0 {
		return nil
	}
	for _, c := range rows {
		delete(d.held, c.ID)
		d.endpoint(endpointOf(c.Url)).parked = true
	}
	return d.relay.store.InTx(ctx, func(tx *store.Tx) error {
		for _, c := range rows {
			if _, err := tx.ParkCallback(ctx, endpointOf(c.Url), c.ID, d.relay.cfg.Node); err != nil {
				return fmt.Errorf("callback %d: %w", c.ID, err)
			}
		}
		return nil
	})
}

// plan looks up the next due time after the fresh lane was claimed from. It
// comes after everything that could be started.
func (d *dispatcher) plan(ctx context.Context) {
	if !d.replan {
		return
	}
	next, err := d.relay.store.NextCallbackDue(ctx, d.plannedAt)
	if err != nil {
		d.complain(ctx, "next due callback", err)
		return
	}
	d.nextDue, d.replan = next, false
}

// stop gives back what waits and sees the sends under way to their end.
func (d *dispatcher) stop(ctx context.Context) {
	var rest []db.Callback
	for _, e := range d.endpoints {
		rest = append(rest, e.waiting...)
		e.waiting = nil
	}
	if err := d.park(ctx, rest); err != nil {
		d.complain(ctx, "park callbacks", err) // their leases run out
	}
	for d.inFlight > 0 {
		d.settle(<-d.results)
	}
}

func (d *dispatcher) endpoint(name string) *endpoint {
	e, ok := d.endpoints[name]
	if !ok {
		e = &endpoint{name: name}
		d.endpoints[name] = e
	}
	return e
}

// complain logs a failure, unless it is only that the relay stops.
func (d *dispatcher) complain(ctx context.Context, what string, err error) {
	if ctx.Err() == nil {
		d.relay.log.Error(what, "error", err)
	}
}

// endpointOf returns what shares the slots of one receiver: scheme, host and
// port of a notify_url.
func endpointOf(notifyURL string) string {
	u, err := url.Parse(notifyURL)
	if err != nil {
		return "?"
	}
	port := u.Port()
	switch {
	case port != "":
	case u.Scheme == "http":
		port = "80"
	default:
		port = "443"
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
