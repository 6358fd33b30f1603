package certify

import (
	"context"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// maxEvents bounds the notes of one run; a machine that sends more is not
// noted any further.
const maxEvents = 100_000

type kind int

const (
	connecting   kind = iota // CONNECT read
	refused                  // CONNECT refused
	subscribing              // SUBSCRIBE read
	ready                    // subscription granted, commands reach the machine
	published                // PUBLISH read
	disconnected             // DISCONNECT read
	closed                   // connection gone
)

// event is one thing noted about the machine.
type event struct {
	seq     int // place among all events
	at      time.Time
	conn    int // number of the connection, from 1
	kind    kind
	connect *packet.Connect // of connecting
	code    byte            // of refused: the code of the CONNACK
	filters []packet.Filter // of subscribing
	msg     *message        // of published
}

// events are the notes of a run, oldest first.
type events struct {
	clock func() time.Time

	mu      sync.Mutex
	list    []event
	changed chan struct{} // closed with the next event
}

func newEvents(clock func() time.Time) *events {
	return &events{clock: clock, changed: make(chan struct{})}
}

func (l *events) add(e event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.list) == maxEvents {
		return
	}
	e.seq, e.at = len(l.list), l.clock()
	l.list = append(l.list, e)
	close(l.changed)
	l.changed = make(chan struct{})
}

// mark is the place behind the newest event, for await and since.
func (l *events) mark() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.list)
}

// since returns the events behind mark that match.
func (l *events) since(mark int, match func(event) bool) []event {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []event
	for _, e := range l.list[mark:] {
		if match(e) {
			found = append(found, e)
		}
	}
	return found
}

// await returns the first event behind mark that matches. It waits for it at
// most d; ok is false if none came or ctx ended.
func (l *events) await(ctx context.Context, mark int, d time.Duration, match func(event) bool) (e event, ok bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		l.mu.Lock()
		for _, e := range l.list[mark:] {
			if match(e) {
				l.mu.Unlock()
				return e, true
			}
		}
		mark = len(l.list)
		changed := l.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-timer.C:
			return event{}, false
		case <-ctx.Done():
			return event{}, false
		}
	}
}
