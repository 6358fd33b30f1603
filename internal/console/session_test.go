package console

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/audit"
)

// The first user sets the platform up, makes a merchant and invites its owner,
// who then works there.
func TestFromSetUpToWork(t *testing.T) {
	f := newFixture(t)
	root := f.visitor()
	root.wantError(http.StatusConflict, "set_up_done", "POST", "/setup",
		map[string]any{"code": "CODE", "email": "root@host.example", "name": "Root", "password": password, "language": "en"})

	f.makeAdmin("root@host.example")
	root = f.signIn("root@host.example")
	made := root.want(http.StatusCreated, "POST", "/merchants", map[string]any{"slug": "third", "title": "Third", "status": "PENDING"})
	root.wantError(http.StatusConflict, "slug_taken", "POST", "/merchants", map[string]any{"slug": "third", "title": "Third"})
	root.wantError(http.StatusUnprocessableEntity, "merchant_invalid", "POST", "/merchants", map[string]any{"slug": "Third!", "title": "Third"})
	if made["app_secret"] == "" || made["app_key"] == "" {
		t.Errorf("no secrets: %v", made)
	}
	root.want(http.StatusNoContent, "PUT", "/merchants/3/status", map[string]any{"status": "VERIFIED"})
	chosen := root.want(http.StatusOK, "PUT", "/session/merchant", map[string]any{"merchant_id": 3})
	if m := chosen["merchant"].(map[string]any); m["title"] != "Third" || m["status"] != "VERIFIED" || m["role"] != "owner" {
		t.Errorf("chosen %v", m)
	}
	invitation := root.want(http.StatusCreated, "POST", "/invitations", map[string]any{"role": "owner", "email": "ann@third.example"})

	ann := f.visitor()
	welcome := ann.want(http.StatusOK, "POST", "/invitations/accept", map[string]any{
		"token": invitation["token"], "email": "ann@third.example", "name": "Ann", "password": password,
	})
	if m := welcome["merchant"].(map[string]any); m["title"] != "Third" || m["role"] != "owner" {
		t.Errorf("welcome %v", welcome)
	}
	members := ann.want(http.StatusOK, "GET", "/members", nil)["items"].([]any)
	if len(members) != 1 || members[0].(map[string]any)["email"] != "ann@third.example" {
		t.Errorf("members %v", members)
	}
	first := root.want(http.StatusOK, "GET", "/platform/audit?limit=1", nil)
	if e := first["items"].([]any)[0].(map[string]any); e["action"] != "merchant.create" || e["email"] != "root@host.example" {
		t.Errorf("audit log of the platform %v", first)
	}
	second := root.want(http.StatusOK, "GET", "/platform/audit?limit=1&cursor="+first["next"].(string), nil)
	if e := second["items"].([]any)[0].(map[string]any); e["action"] != "user.create" {
		t.Errorf("audit log of the platform %v", second)
	}
	log := ann.want(http.StatusOK, "GET", "/audit", nil)["items"].([]any)
	actions := []string{}
	for _, e := range log {
		actions = append(actions, e.(map[string]any)["action"].(string))
	}
	if got := strings.Join(actions, " "); got != "member.set user.create member.invite merchant.status" {
		t.Errorf("audit log %s", got)
	}
}

func (f *fixture) makeAdmin(email string) {
	f.t.Helper()
	_, err := f.accounts.CreateUser(f.t.Context(), audit.By{}, account.NewUser{
		Email: email, Name: "Root", Password: password, PlatformAdmin: true,
	})
	f.must(err)
}

func TestSessionOverHTTP(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Admin, "")
	info := b.want(http.StatusOK, "GET", "/session", nil)
	if info["csrf"] != b.csrf || len(info["memberships"].([]any)) != 1 {
		t.Errorf("session %v", info)
	}
	if c := b.cookie; c.Name != "vendlane" || !c.HttpOnly || c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
		t.Errorf("cookie %+v", c)
	}
	second := f.signIn("admin@shop.example")
	sessions := b.want(http.StatusOK, "GET", "/sessions", nil)["items"].([]any)
	if len(sessions) != 2 || sessions[0].(map[string]any)["is_current"] != false || sessions[1].(map[string]any)["is_current"] != true {
		t.Errorf("sessions %v", sessions)
	}
	b.want(http.StatusNoContent, "DELETE", "/sessions", nil)
	second.wantError(http.StatusUnauthorized, "signed_out", "GET", "/session", nil)
	if logins := b.want(http.StatusOK, "GET", "/logins", nil)["items"].([]any); len(logins) != 2 {
		t.Errorf("log of sign-ins %v", logins)
	}
	// Another sign-in in the same browser ends the session before it.
	old := *b
	b.want(http.StatusOK, "POST", "/session", map[string]any{"email": "admin@shop.example", "password": password})
	if old.cookie.Value == b.cookie.Value {
		t.Error("the token was not changed")
	}
	old.wantError(http.StatusUnauthorized, "signed_out", "GET", "/session", nil)
	gone := *b
	b.want(http.StatusNoContent, "DELETE", "/session", nil)
	gone.wantError(http.StatusUnauthorized, "signed_out", "GET", "/session", nil)
	if b.cookie != nil {
		t.Error("the browser keeps the cookie")
	}
}

func TestRequestsThatNoPageSends(t *testing.T) {
	f := newFixture(t)
	b := f.as(account.Owner, "")
	for name, c := range map[string]struct {
		headers    map[string]string
		verb, path string
		body       any
		status     int
		code       string
	}{
		"other origin":      {map[string]string{"Origin": "https://evil.example"}, "PUT", "/session/language", `{"language":"en"}`, 403, "cross_origin"},
		"other site":        {map[string]string{"Sec-Fetch-Site": "cross-site"}, "POST", "/session", `{}`, 403, "cross_origin"},
		"own origin":        {map[string]string{"Origin": "http://localhost:8080"}, "PUT", "/session/language", `{"language":"en"}`, 204, ""},
		"form":              {map[string]string{"Content-Type": "text/plain"}, "POST", "/session", `{}`, 415, "media_type"},
		"no JSON":           {nil, "PUT", "/session/language", `{"language":`, 400, "bad_request"},
		"two values":        {nil, "PUT", "/session/language", `{} {}`, 400, "bad_request"},
		"unknown member":    {nil, "PUT", "/session/language", `{"languages":"en"}`, 400, "bad_request"},
		"wrong type":        {nil, "PUT", "/session/language", `{"language":1}`, 400, "bad_request"},
		"too long":          {nil, "PUT", "/session/language", `{"language":"` + strings.Repeat("x", maxBody) + `"}`, 413, "body_too_large"},
		"plain HTTP":        {map[string]string{"Host": "192.0.2.7:8080"}, "GET", "/session", nil, 403, "https_required"},
		"rebound name":      {map[string]string{"Host": "evil.example"}, "GET", "/session", nil, 403, "https_required"},
		"claimed HTTPS":     {map[string]string{"Host": "evil.example", "X-Forwarded-Proto": "https"}, "GET", "/session", nil, 403, "https_required"},
		"unknown path":      {nil, "GET", "/nothing", nil, 404, "not_found"},
		"unclean path":      {nil, "GET", "//session", nil, 404, "not_found"},
		"verb":              {nil, "POST", "/machines", `{}`, 404, "not_found"},
		"id that is none":   {nil, "DELETE", "/sessions/x", nil, 404, "not_found"},
		"unknown parameter": {nil, "GET", "/machines?states=offline", nil, 400, "bad_request"},
		"unknown state":     {nil, "GET", "/machines?state=x", nil, 400, "bad_request"},
		"limit":             {nil, "GET", "/machines?limit=201", nil, 400, "bad_request"},
		"cursor":            {nil, "GET", "/machines?cursor=%21", nil, 400, "bad_request"},
		"query":             {nil, "GET", "/machines?q=%zz", nil, 400, "bad_request"},
		"twice":             {nil, "GET", "/machines?q=a&q=b", nil, 400, "bad_request"},
	} {
		b.headers = c.headers
		w := b.send(c.verb, c.path, c.body)
		if got := errorCode(w); w.Code != c.status || got != c.code {
			t.Errorf("%s: HTTP %d %q, want %d %q", name, w.Code, got, c.status, c.code)
		}
		if h := w.Header(); h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: headers %v", name, h)
		}
	}
}

// Behind HTTPS, ours or that of a trusted proxy, the cookie is bound to it.
func TestSecureCookie(t *testing.T) {
	body := `{"email":"owner@shop.example","password":"` + password + `"}`
	for name, c := range map[string]struct {
		change func(*Config)
		alter  func(*http.Request)
	}{
		"public_url": {func(c *Config) { c.PublicURL = "https://vend.example" }, func(*http.Request) {}},
		"TLS":        {func(*Config) {}, func(r *http.Request) { r.TLS = &tls.ConnectionState{} }},
		"proxy": {func(c *Config) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} },
			func(r *http.Request) { r.Header.Set("X-Forwarded-Proto", "https") }},
	} {
		f := newFixture(t, c.change)
		f.user("owner@shop.example", f.Merchant.ID, account.Owner, "")
		r := httptest.NewRequestWithContext(t.Context(), "POST", Prefix+"/session", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		c.alter(r)
		w := httptest.NewRecorder()
		f.server.ServeHTTP(w, r)
		set := w.Header().Get("Set-Cookie")
		if w.Code != http.StatusOK || !strings.HasPrefix(set, "__Host-vendlane=") || !strings.HasSuffix(set, "; HttpOnly; Secure; SameSite=Lax") {
			t.Errorf("%s: HTTP %d, cookie %q", name, w.Code, set)
		}
	}
}

func TestPages(t *testing.T) {
	f := newFixture(t)
	get := func(verb, path string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(t.Context(), verb, path, http.NoBody)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		f.server.ServeHTTP(w, r)
		return w
	}
	w := get("GET", "/console/")
	policy := w.Header().Get("Content-Security-Policy")
	if w.Code != 200 || !strings.Contains(policy, "script-src 'self';") || strings.Contains(w.Body.String(), "<script>") {
		t.Errorf("HTTP %d, policy %q", w.Code, policy)
	}
	if w := get("GET", "/console/", "If-None-Match", w.Header().Get("Etag")); w.Code != http.StatusNotModified {
		t.Errorf("unchanged: HTTP %d", w.Code)
	}
	if w := get("GET", "/console/machines/12"); w.Code != 200 || !strings.Contains(w.Body.String(), "<title>") {
		t.Errorf("a place within the pages: HTTP %d", w.Code)
	}
	if w := get("GET", "/console/index.html", "Accept-Encoding", "gzip"); w.Header().Get("Content-Encoding") != "gzip" {
		t.Errorf("not compressed: %v", w.Header())
	}
	for target, want := range map[string]int{
		"GET /console": 301, "GET /console/nothing.js": 404, "POST /console/": 405, "GET /console/../secret.txt": 404, "HEAD /console/": 200,
	} {
		verb, path, _ := strings.Cut(target, " ")
		if w := get(verb, path); w.Code != want {
			t.Errorf("%s: HTTP %d, want %d", target, w.Code, want)
		}
	}
}

// A locked address is told so.
func TestTooManyAttempts(t *testing.T) {
	f := newFixture(t)
	b := f.visitor()
	for range 10 {
		b.wantError(http.StatusUnauthorized, "credentials_wrong", "POST", "/session", `{"email":"rival@rival.example","password":"x"}`)
	}
	b.wantError(http.StatusTooManyRequests, "too_many_attempts", "POST", "/session", `{"email":"rival@rival.example","password":"x"}`)
	f.Advance(15 * time.Minute)
	f.signIn("rival@rival.example")
}
