package devicegw

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Stats are counts since New, except Connections, Transports and Machines,
// which are current. Keys of the maps are short fixed texts, fit for metric labels.
type Stats struct {
	Connections  int               // open, authenticated or not
	Transports   map[string]int    // of these, by transport: tcp, tls, ws, wss
	Machines     int               // authenticated
	Accepted     uint64            // CONNECTs accepted
	AcceptFailed uint64            // failures of listeners, for example for want of descriptors
	Refused      map[string]uint64 // connections refused, by reason
	Ended        map[string]uint64 // accepted connections ended, by reason
	MessagesIn   uint64            // messages taken by the Handler, wills included
	Dropped      map[string]uint64 // messages of machines dropped, by reason
	MessagesOut  uint64            // messages written to machines
	Acknowledged uint64            // of these, acknowledged by the machine
}

type counters struct {
	accepted, acceptFailures, messagesIn, messagesOut, acknowledged atomic.Uint64

	refused, ended, dropped tally
}

// tally counts rare events by label.
type tally struct {
	mu sync.Mutex
	n  map[string]uint64
}

func (t *tally) add(label string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n = make(map[string]uint64)
	}
	t.n[label]++
}

func (t *tally) snapshot() map[string]uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.n)
}

// Stats returns the counters.
func (g *Gateway) Stats() Stats {
	s := Stats{
		Accepted:     g.counters.accepted.Load(),
		AcceptFailed: g.counters.acceptFailures.Load(),
		Refused:      g.counters.refused.snapshot(),
		Ended:        g.counters.ended.snapshot(),
		MessagesIn:   g.counters.messagesIn.Load(),
		Dropped:      g.counters.dropped.snapshot(),
		MessagesOut:  g.counters.messagesOut.Load(),
		Acknowledged: g.counters.acknowledged.Load(),
	}
	s.Transports, s.Machines = g.reg.sizes()
	for _, n := range s.Transports {
		s.Connections += n
	}
	return s
}
