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
			last, addr = addr, nextNetwork(addr)
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

// nextNetwork is an address of the /64 network behind that of addr.
func nextNetwork(addr netip.Addr) netip.Addr {
	b := addr.As16()
	for i := 7; i >= 0; i-- {
		if b[i]++; b[i] != 0 {
			break
		}
	}
	return netip.AddrFrom16(b)
}

// A client that takes another IPv6 address of its network stays the same client.
func TestAuthFailuresOfANetwork(t *testing.T) {
	f := newAuthFailures(2, 300_000, time.Now)
	for _, text := range []string{"2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", "192.0.2.1"} {
		f.count(netip.MustParseAddr(text), 0)
	}
	for text, want := range map[string]bool{
		"2001:db8::2": true, "2001:db8::1%eth0": true, "2001:db8:0:1::1": false, "192.0.2.1": false, "192.0.2.2": false,
	} {
		if _, blocked := f.blocked(netip.MustParseAddr(text), 1); blocked != want {
			t.Errorf("%s is blocked: %v", text, blocked)
		}
	}
	if _, blocked := f.blocked(netip.Addr{}, 1); blocked {
		t.Error("a client without an address is blocked")
	}
}
