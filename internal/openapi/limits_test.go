package openapi_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/openapi"
)

func wantTooMany(t testing.TB, got answer, retryAfter string) {
	t.Helper()
	wantRefusal(t, got, 429, `{"retry_after":`+retryAfter+`}`)
	if h := got.header.Get("Retry-After"); h != retryAfter {
		t.Errorf("Retry-After %q, want %s", h, retryAfter)
	}
}

// The token bucket of openapi.md §1.3.
func TestRateLimit(t *testing.T) {
	a := newAPI(t, func(c *openapi.Config) { c.RequestsPerSecond, c.Burst = 2, 5 })
	ping := post("/ping", nil)
	for range 5 {
		wantOK(t, a.do(t, ping))
	}
	for range 3 { // refusals take no token
		wantTooMany(t, a.do(t, ping), "1")
	}
	other := ping
	other.by = rival
	wantOK(t, a.do(t, other)) // each AppId has a bucket of its own
	a.Advance(499 * time.Millisecond)
	wantTooMany(t, a.do(t, ping), "1")
	a.Advance(time.Millisecond)
	wantOK(t, a.do(t, ping))
	wantTooMany(t, a.do(t, ping), "1")
	a.Advance(time.Hour) // no more than the burst is saved up
	for range 5 {
		wantOK(t, a.do(t, ping))
	}
	wantTooMany(t, a.do(t, ping), "1")
}

func TestRateLimitSlow(t *testing.T) {
	a := newAPI(t, func(c *openapi.Config) { c.RequestsPerSecond, c.Burst = 0.1, 1 })
	wantOK(t, a.do(t, post("/ping", nil)))
	wantTooMany(t, a.do(t, post("/ping", nil)), "10")
	a.Advance(8500 * time.Millisecond)
	wantTooMany(t, a.do(t, post("/ping", nil)), "2")
	a.Advance(1500 * time.Millisecond)
	wantOK(t, a.do(t, post("/ping", nil)))
}

// Requests that fail to authenticate take no token.
func TestRateLimitIsBehindAuthentication(t *testing.T) {
	a := newAPI(t, func(c *openapi.Config) { c.RequestsPerSecond, c.Burst = 1, 1 })
	c := post("/ping", nil)
	c.by.secret = "wrong"
	for range 3 {
		wantRefusal(t, a.do(t, c), 10013, "")
	}
	wantOK(t, a.do(t, post("/ping", nil)))
}

func TestLimitsOff(t *testing.T) {
	a := newAPI(t)
	bad := post("/ping", nil)
	bad.by.secret = "wrong"
	for range 150 {
		wantOK(t, a.do(t, post("/ping", nil)))
		wantRefusal(t, a.do(t, bad), 10013, "")
	}
}

// Failed authentications per client address (openapi.md §1.3).
func TestAuthenticationFailures(t *testing.T) {
	a := newAPI(t, func(c *openapi.Config) { c.AuthFailures, c.AuthWindow = 4, 300_000 })
	from := func(remote string, change func(*call)) call {
		c := post("/orders/1", fields{"machine_no": "16327129"})
		c.remote = remote
		change(&c)
		return c
	}
	const one, two = "203.0.113.1:1000", "203.0.113.2:1000"
	good := func(*call) {}
	// Each of the four failures counts, whatever port it comes from.
	wantRefusal(t, a.do(t, from("203.0.113.1:1", func(c *call) { c.by.appID = "" })), 10008, "")
	wantRefusal(t, a.do(t, from("203.0.113.1:2", func(c *call) { c.by.appID = "vm" })), 10014, "")
	wantRefusal(t, a.do(t, from("203.0.113.1:3", func(c *call) { c.by.secret = "x" })), 10013, "")
	a.Advance(100 * time.Second)
	for range 3 { // these do not
		wantRefusal(t, a.do(t, from(one, good)), 80002, "")
		wantRefusal(t, a.do(t, from(one, func(c *call) { set("timestamp", "1")(c) })), 10016, `{"server_time":1714353755}`)
		wantRefusal(t, a.do(t, from(one, func(c *call) { c.body = "{" })), 400, "")
	}
	wantRefusal(t, a.do(t, from(one, func(c *call) { c.by.key = "x" })), 10015, "")
	wantTooMany(t, a.do(t, from(one, good)), "200")
	wantTooMany(t, a.do(t, from("[::ffff:203.0.113.1]:9", good)), "200")
	wantRefusal(t, a.do(t, from(two, good)), 80002, "") // another address
	a.Advance(200*time.Second - time.Millisecond)
	wantTooMany(t, a.do(t, from(one, good)), "1")
	a.Advance(time.Millisecond)
	wantRefusal(t, a.do(t, from(one, good)), 80002, "")
	for range 4 {
		wantRefusal(t, a.do(t, from(one, func(c *call) { c.by.secret = "x" })), 10013, "")
	}
	wantTooMany(t, a.do(t, from(one, good)), "300")
}

// Behind trusted proxies the last address that is not one of them counts.
func TestTrustedProxies(t *testing.T) {
	for _, test := range []struct {
		name, remote, forwarded string
		blocked                 bool
	}{
		{"the client itself", "198.51.100.9:1", "", true},
		{"through a proxy", "10.0.0.1:1", "198.51.100.9", true},
		{"through two proxies", "10.0.0.1:1", "198.51.100.9, 10.0.0.2", true},
		{"with a forged first entry", "10.0.0.1:1", "203.0.113.7, 198.51.100.9", true},
		{"IPv6 form", "10.0.0.1:1", "::ffff:198.51.100.9", true},
		{"another client through the proxy", "10.0.0.1:1", "198.51.100.10", false},
		{"the blocked one as a forged entry", "10.0.0.1:1", "198.51.100.9, 198.51.100.10", false},
		{"a stranger's header is not believed", "203.0.113.7:1", "198.51.100.9", false},
		{"nonsense", "10.0.0.1:1", "198.51.100.9, unknown", false},
		{"the proxy itself", "10.0.0.1:1", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newAPI(t, func(c *openapi.Config) {
				c.AuthFailures, c.AuthWindow = 1, 300_000
				c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
			})
			bad := post("/ping", nil)
			bad.by.secret, bad.remote = "wrong", "10.9.9.9:1"
			bad.header = map[string]string{"X-Forwarded-For": "198.51.100.9"}
			wantRefusal(t, a.do(t, bad), 10013, "")
			c := post("/ping", nil)
			c.remote = test.remote
			if test.forwarded != "" {
				c.header = map[string]string{"X-Forwarded-For": test.forwarded}
			}
			if got := a.do(t, c); test.blocked {
				wantTooMany(t, got, "300")
			} else {
				wantOK(t, got)
			}
		})
	}
}
