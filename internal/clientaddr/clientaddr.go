// Package clientaddr finds the address an HTTP request came from.
package clientaddr

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Of returns the address a request came from. Behind trusted proxies
// it is the last entry of X-Forwarded-For that is not one of them.
func Of(r *http.Request, trusted []netip.Prefix) netip.Addr {
	addr := peer(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && contains(trusted, addr); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		addr = hop.Unmap()
	}
	return addr
}

func contains(prefixes []netip.Prefix, addr netip.Addr) bool {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// Trusts tells whether a request comes from one of the trusted proxies, so that
// what it says of its client can be believed.
func Trusts(r *http.Request, trusted []netip.Prefix) bool {
	return contains(trusted, peer(r))
}

// peer is the other end of the connection, the zero address if it has none.
func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	addr, _ := netip.ParseAddr(host)
	return addr.Unmap()
}

// Network is the part of an address that tells clients apart: whoever has one
// IPv6 address has the 2^64 of its network.
func Network(addr netip.Addr) netip.Addr {
	if network, err := addr.WithZone("").Prefix(64); addr.Is6() && err == nil {
		return network.Addr()
	}
	return addr
}
