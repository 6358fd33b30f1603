package machineapi

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw"
)

// fakeGateway stands in for the device gateway and notes every attempt.
type fakeGateway struct {
	t     testing.TB
	clock *testClock

	mu      sync.Mutex
	offline map[string]bool
	// answer decides the result of a Send to a connected machine; nil
	// acknowledges. It runs without the lock.
	answer   func(ctx context.Context, a attempt) error
	attempts []attempt
}

// attempt is one Send, also one that met nobody.
type attempt struct {
	machineNo string
	at        time.Duration // since startMillis, whole milliseconds
	body      string
	method    string
	expiry    time.Duration
}

func (g *fakeGateway) Send(ctx context.Context, machineNo string, out devicegw.Outgoing) error {
	a := attempt{
		machineNo: machineNo, at: g.clock.read().Sub(time.UnixMilli(startMillis)).Truncate(time.Millisecond),
		body: string(out.Payload), method: memberOf(g.t, decode(g.t, string(out.Payload)), "method"), expiry: out.Expiry,
	}
	g.mu.Lock()
	g.attempts = append(g.attempts, a)
	offline, answer := g.offline[machineNo], g.answer
	g.mu.Unlock()
	switch {
	case offline:
		return devicegw.ErrOffline
	case answer != nil:
		return answer(ctx, a)
	}
	return nil
}

func (g *fakeGateway) Connected(machineNo string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.offline[machineNo]
}

func (g *fakeGateway) setOffline(machineNo string, offline bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.offline[machineNo] = offline
}

func (g *fakeGateway) setAnswer(answer func(ctx context.Context, a attempt) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.answer = answer
}

// seen returns the attempts so far.
func (g *fakeGateway) seen() []attempt {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]attempt(nil), g.attempts...)
}

// times returns when attempts for a method were made.
func (g *fakeGateway) times(method string) []time.Duration {
	var times []time.Duration
	for _, a := range g.seen() {
		if a.method == method {
			times = append(times, a.at)
		}
	}
	return times
}
