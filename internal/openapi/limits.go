package openapi

import (
	"net/netip"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/clientaddr"
	"github.com/vendlane/vendlane/internal/nodes"
	"github.com/vendlane/vendlane/internal/vending"
	"golang.org/x/time/rate"
)

// rateLimiter holds a token bucket per AppId (openapi.md §1.3). AppIds are
// authenticated before they get here, so there are as many as merchants.
type rateLimiter struct {
	perSecond rate.Limit
	burst     int

	mu      sync.Mutex
	buckets map[string]*rate.Limiter
	tally   *nodes.Tally
}

func newRateLimiter(perSecond float64, burst int, clock vending.Clock) *rateLimiter {
	l := &rateLimiter{perSecond: rate.Limit(perSecond), burst: max(1, burst), buckets: map[string]*rate.Limiter{}}
	l.tally = nodes.NewTally(func(appID string, n int64) { l.spend(appID, int(n), clock()) })
	return l
}

func (l *rateLimiter) bucket(appID string) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	bucket, found := l.buckets[appID]
	if !found {
		bucket = rate.NewLimiter(l.perSecond, l.burst)
		l.buckets[appID] = bucket
	}
	return bucket
}

// spend takes tokens that another node has given out, if need be those of the
// future: then nobody gets one here until the debt is paid.
func (l *rateLimiter) spend(appID string, n int, now time.Time) {
	for ; l.perSecond > 0 && n > 0; n -= l.burst {
		l.bucket(appID).ReserveN(now, min(n, l.burst))
	}
}

// allow takes a token, or tells in how many seconds there will be one.
func (l *rateLimiter) allow(appID string, now time.Time) (retryAfter int64, ok bool) {
	if l.perSecond <= 0 {
		return 0, true
	}
	r := l.bucket(appID).ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait == 0 {
		l.tally.Count(appID)
		return 0, true
	}
	r.CancelAt(now)
	return vending.SecondsUp(wait.Milliseconds()), false
}

// maxAddresses bounds the memory an attacker with many addresses can take.
const maxAddresses = 100_000

// authFailures counts failed authentications per client address (IPv6: per /64
// network) within a fixed window that starts with the first of them (openapi.md §1.3).
type authFailures struct {
	limit  int
	window int64

	mu    sync.Mutex
	seen  map[netip.Addr]failureWindow
	tally *nodes.Tally
}

type failureWindow struct {
	until int64
	count int
}

func newAuthFailures(limit int, window int64, clock vending.Clock) *authFailures {
	f := &authFailures{limit: limit, window: window, seen: map[netip.Addr]failureWindow{}}
	f.tally = nodes.NewTally(func(text string, n int64) {
		if addr, err := netip.ParseAddr(text); err == nil {
			f.add(addr, int(n), clock.Millis())
		}
	})
	return f
}

func (f *authFailures) blocked(addr netip.Addr, now int64) (retryAfter int64, blocked bool) {
	if f.limit <= 0 {
		return 0, false
	}
	addr = clientaddr.Network(addr)
	f.mu.Lock()
	defer f.mu.Unlock()
	w := f.seen[addr]
	if now >= w.until || w.count < f.limit {
		return 0, false
	}
	return vending.SecondsUp(w.until - now), true
}

// count notes a failure here, and on the other nodes.
func (f *authFailures) count(addr netip.Addr, now int64) {
	if f.limit <= 0 {
		return
	}
	addr = clientaddr.Network(addr)
	f.add(addr, 1, now)
	f.tally.Count(addr.String())
}

func (f *authFailures) add(addr netip.Addr, n int, now int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	w, found := f.seen[addr]
	if !found && len(f.seen) >= maxAddresses {
		f.forget(now)
	}
	if now >= w.until {
		w = failureWindow{until: now + f.window}
	}
	w.count += n
	f.seen[addr] = w
}

// forget drops what has run out, and everything if that frees nothing: better
// to forgive than to grow without bound.
func (f *authFailures) forget(now int64) {
	for addr, w := range f.seen {
		if now >= w.until {
			delete(f.seen, addr)
		}
	}
	if len(f.seen) >= maxAddresses {
		clear(f.seen)
	}
}
