package live

import "github.com/vendlane/vendlane/internal/store/db"

// maxWaiting bounds what is kept for a listener that is slow.
const maxWaiting = 1000

// Listener gets the changes of one merchant.
type Listener struct {
	hub        *Hub
	merchantID int64
	ready      chan struct{}
	// Guarded by the hub's lock.
	waiting []db.Change
	lost    bool
	base    int64
}

// News is what a listener has not been told yet.
type News struct {
	// Changes name each changed thing once.
	Changes []db.Change
	// Lost tells that there was more than is known, so that everything must be
	// loaded again.
	Lost bool
	// ID is what to go on from with Listen after an interruption.
	ID int64
}

// Ready has a value when there is news.
func (l *Listener) Ready() <-chan struct{} { return l.ready }

// Take returns the news.
func (l *Listener) Take() News {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	n := News{Changes: l.waiting, Lost: l.lost, ID: l.base}
	l.waiting, l.lost = nil, false
	return n
}

// Close ends listening.
func (l *Listener) Close() {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	delete(l.hub.listeners, l)
}

// take keeps what belongs to the merchant. The hub's lock is held.
func (l *Listener) take(rows []db.Change, base int64) {
	l.base = base
	for _, row := range rows {
		switch {
		case row.MerchantID != l.merchantID || l.lost || l.knows(row):
		case len(l.waiting) == maxWaiting:
			l.waiting, l.lost = nil, true
		default:
			l.waiting = append(l.waiting, row)
		}
	}
	if len(l.waiting) > 0 || l.lost {
		l.signal()
	}
}

func (l *Listener) knows(row db.Change) bool {
	for _, w := range l.waiting {
		if w.Kind == row.Kind && w.Ref == row.Ref {
			return true
		}
	}
	return false
}

func (l *Listener) signal() {
	select {
	case l.ready <- struct{}{}:
	default:
	}
}

// ID is what to go on from with Listen, as long as there was no news.
func (l *Listener) ID() int64 {
	l.hub.mu.Lock()
	defer l.hub.mu.Unlock()
	return l.base
}
