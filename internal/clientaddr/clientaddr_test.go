package clientaddr

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
)

// Whoever is no trusted proxy is the client itself, whatever it says; and nobody
// passes for a trusted proxy.
func FuzzOf(f *testing.F) {
	for _, seed := range [][2]string{
		{"192.0.2.1:80", "10.0.0.1"}, {"10.0.0.1:80", "192.0.2.1"}, {"10.0.0.1:80", "192.0.2.1:80, 10.0.0.2"}, {"[::ffff:10.0.0.1]:80", "::ffff:192.0.2.1%x"},
		{"@", ",,,"}, {"[fe80::1%eth0]:80", "unknown, _hidden"}, {"", "\x00"}, {"10.0.0.1:80", strings.Repeat("10.0.0.1,", 1000)},
	} {
		f.Add(seed[0], seed[1])
	}
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{}}
		itself := Of(r, nil)
		r.Header["X-Forwarded-For"] = []string{forwarded}
		if got := Of(r, nil); got != itself {
			t.Errorf("%q became %v by %q", remote, got, forwarded)
		}
		if got := Of(r, trusted); got != itself && !contains(trusted, itself) {
			t.Errorf("%q became %v by %q, and is no proxy", remote, got, forwarded)
		}
	})
}
