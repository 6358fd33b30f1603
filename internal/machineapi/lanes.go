package machineapi

import (
	"cmp"
	"slices"
	"sync"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// Bounds of what the relay holds in memory.
const (
	// maxHeld bounds the rows claimed and not recorded, and with them the
	// machines sent to at a time.
	maxHeld = 1024
	// maxLane bounds the rows waiting for one machine, so that a long backlog
	// of one leaves room for the others.
	maxLane = 64
	// overflowPause spreads what does not fit into a lane, in milliseconds per
	// maxLane rows.
	overflowPause = 1000
)

// laneKey names a queue of messages that are sent one after the other.
type laneKey struct {
	machineID int64
	dispense  bool
}

func keyOf(c db.Command) laneKey { return laneKey{c.MachineID, c.DeliveryID != 0} }

// lane is a queue with a goroutine at work on it.
type lane struct {
	waiting []db.Command // by id
	// overflowed counts rows turned away; the next ones line up behind them.
	overflowed int64
}

// lanes knows the rows this relay has claimed and not recorded yet.
type lanes struct {
	freed *store.Signal // a row left while there was no room

	mu    sync.Mutex
	lanes map[laneKey]*lane
	// held are the rows claimed and not recorded, by id, and how often each was
	// claimed again meanwhile: a machine that connects makes its rows due.
	held map[int64]int
	// recorded are the rows let go since the claim under way began; nil between
	// claims. The claim may return such a row as it was before, so nothing may
	// be sent from that copy.
	recorded map[int64]struct{}
}

func newLanes() *lanes {
	return &lanes{freed: store.NewSignal(), lanes: map[laneKey]*lane{}, held: map[int64]int{}}
}

// beginClaim returns how many rows may be claimed, and remembers from now on
// which ones are let go.
func (l *lanes) beginClaim() (room int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recorded = map[int64]struct{}{}
	return maxHeld - len(l.held)
}

// placement says what happened to a claimed row.
type placement int

const (
	placed    placement = iota + 1
	placedNew           // and the lane needs a goroutine
	placedDup           // it is held already; release tells its holder of the second claim
	placedOld           // its result was recorded while the claim was under way
	turnedAway
)

// place queues a claimed row in its lane. For turnedAway it returns in how many
// milliseconds the row may come again.
func (l *lanes) place(c db.Command) (p placement, pause int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, held := l.held[c.ID]; held {
		l.held[c.ID]++
		return placedDup, 0
	}
	if _, recorded := l.recorded[c.ID]; recorded {
		return placedOld, 0
	}
	ln, exists := l.lanes[keyOf(c)]
	if !exists {
		ln = &lane{}
		l.lanes[keyOf(c)] = ln
	}
	if len(ln.waiting) >= maxLane {
		ln.overflowed++
		return turnedAway, overflowPause * (1 + ln.overflowed/maxLane)
	}
	l.held[c.ID] = 0
	at, _ := slices.BinarySearchFunc(ln.waiting, c, func(a, b db.Command) int { return cmp.Compare(a.ID, b.ID) })
	ln.waiting = slices.Insert(ln.waiting, at, c)
	if exists {
		return placed, 0
	}
	return placedNew, 0
}

// endClaim ends what beginClaim began.
func (l *lanes) endClaim() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.recorded = nil
}

// next takes the first row of a lane. Without one the lane ends, and so does
// its goroutine.
func (l *lanes) next(key laneKey) (db.Command, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ln := l.lanes[key]
	if len(ln.waiting) == 0 {
		delete(l.lanes, key)
		return db.Command{}, false
	}
	c := ln.waiting[0]
	ln.waiting = ln.waiting[1:]
	return c, true
}

// release lets a row go whose result is recorded. If it was claimed again
// meanwhile it stays held: the caller takes those claims back, which may have
// come before or after the result, and releases it once more.
func (l *lanes) release(id int64) (claims int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if claims := l.held[id]; claims > 0 {
		l.held[id] = 0
		return claims
	}
	if len(l.held) >= maxHeld {
		l.freed.Notify()
	}
	delete(l.held, id)
	if l.recorded != nil {
		l.recorded[id] = struct{}{}
	}
	return 0
}
