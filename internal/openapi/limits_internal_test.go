package openapi

import (
	"net/netip"
	"testing"
	"time"
)

// Many addresses must not grow the memory without bound. What has run out goes
// first; if that frees nothing, everything is forgiven.
func TestAuthFailuresAreBounded(t *testing.T) {
	const window = 300_000
	f := newAuthFailures(1, window, time.Now)
	addr := netip.MustParseAddr("2001:db8::1")
	last := addr
	fill := func(n int, now int64) {
		for range n {
			f.count(addr, now)
			last, addr = addr, addr.Next()
		}
	}
	fill(maxAddresses/2, 0)
	fill(maxAddresses/2, 1000)
	kept := last
	fill(1, window) // the first half has run out
	if _, blocked := f.blocked(kept, window); !blocked || len(f.seen) != maxAddresses/2+1 {
		t.Errorf("%d addresses are known, blocked %v", len(f.seen), blocked)
	}
	fill(maxAddresses, window)
	if len(f.seen) > maxAddresses {
		t.Errorf("%d addresses are known, want at most %d", len(f.seen), maxAddresses)
	}
	if _, blocked := f.blocked(addr, window); blocked {
		t.Error("an address that did nothing is blocked")
	}
}
