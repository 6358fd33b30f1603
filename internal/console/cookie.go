package console

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/vendlane/vendlane/internal/clientaddr"
)

// cookieAge is how long a browser keeps the cookie, in seconds: as long as a
// session can live. The server ends it earlier.
const cookieAge = 30 * 24 * 60 * 60

// transport tells whether the browser talks HTTPS and, if it does not, whether
// that is all right, because it talks to its own machine.
func (s *Server) transport(r *http.Request) (secure, loopback bool) {
	switch {
	case r.TLS != nil, strings.HasPrefix(s.cfg.PublicURL, "https://"):
		return true, false
	case clientaddr.Trusts(r, s.cfg.TrustedProxies) && r.Header.Get("X-Forwarded-Proto") == "https":
		return true, false
	}
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	if host == "localhost" {
		return false, true
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return false, err == nil && addr.IsLoopback()
}

// cookieName has the prefix that keeps other hosts of the domain from setting
// it; browsers want Secure with that.
func cookieName(secure bool) string {
	if secure {
		return "__Host-vendlane"
	}
	return "vendlane"
}

// setCookie gives the browser a session; token "" takes it back.
func (c *call) setCookie(token string) { c.putCookie(cookieName(c.secure), token, cookieAge) }

// putCookie sets a cookie for some seconds; value "" deletes it.
func (c *call) putCookie(name, value string, age int) {
	if value == "" {
		age = -1
	}
	cookie := http.Cookie{ //nolint:gosec // not Secure only where the browser talks to its own machine
		Name: name, Value: value, Path: "/", MaxAge: age,
		Secure: c.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	c.header.Add("Set-Cookie", cookie.String())
}
