package console

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/live"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/web"
)

const password = "correct-horse"

// fixture is the console on a store with the shop of storetest and a rival's.
type fixture struct {
	*storetest.Fixture
	t        *testing.T
	accounts *account.Service
	server   *Server
	rival    db.Merchant
	// rivalUser is a member of the rival and of nobody else.
	rivalUser db.User
	hub       *live.Hub
	rules     *alerts.Rules
	jobs      *fleet.Jobs
	simulator *fakeSimulator
	things    map[int64]*things // by merchant
	made      int               // things so far
}

func newFixture(t *testing.T, change ...func(*Config)) *fixture {
	t.Helper()
	f := &fixture{Fixture: storetest.NewFixture(t, testkit.NewDatabase(t).Open), t: t}
	trail := audit.New(f.Now)
	log := slog.New(slog.DiscardHandler)
	f.accounts = account.New(f.Store, trail, f.Now, rand.Reader, account.Config{
		SetUpCode: "CODE", Cost: account.Cost{MemoryKiB: 8, Passes: 1},
	}, log)
	applier := provision.New(f.ProvisionDeps())
	_, err := applier.Apply(t.Context(), provision.File{Merchants: []provision.Merchant{{
		Slug: "rival", Title: "Rival",
		Models: []provision.Model{{Name: "spring", Boards: []provision.Board{{Addr: 1, FloorType: 1}}}},
		Goods:  []provision.Good{{Slug: "rival-cola", Name: "Rival cola", Price: "1.00"}},
		Machines: []provision.Machine{{
			MachineNo: "26327129", Name: "Rival lobby", Model: "spring", PickupCodeEnabled: true,
			Planogram: []provision.Channel{{ProductID: 231, Good: "rival-cola", Capacity: 10, Stock: 10}},
		}},
	}}})
	f.must(err)
	f.rival, err = f.Store.MerchantBySlug(t.Context(), "rival")
	f.must(err)
	f.rivalUser = f.user("rival@rival.example", f.rival.ID, account.Owner, "")
	cfg := Config{Zone: time.UTC, OfflineAfter: 600_000, HTTPWindow: 600}
	for _, c := range change {
		c(&cfg)
	}
	f.rules = alerts.NewRules(f.Store, f.Now, alerts.Config{Mail: true})
	f.jobs = fleet.NewJobs(f.Store, f.Fleet, f.Catalog, trail, f.Now, log)
	f.simulator = newFakeSimulator("26327129", f.Machine.MachineNo)
	f.hub = live.New(f.Store, f.Now, log)
	f.server, err = New(f.Store, f.useCases(trail, applier), web.Dist(), f.Now, cfg, nil, log)
	f.must(err)
	return f
}

func (f *fixture) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) user(email string, merchantID int64, role account.Role, group string) db.User {
	f.t.Helper()
	u := account.NewUser{Email: email, Name: email, Password: password}
	var made db.User
	var err error
	if role == "" {
		made, err = f.accounts.CreateUser(f.t.Context(), audit.By{}, u)
	} else {
		made, err = f.accounts.CreateMember(f.t.Context(), audit.By{}, u, merchantID, role, group)
	}
	f.must(err)
	return made
}

// browser is a user's browser: it keeps the cookie and the CSRF token.
type browser struct {
	f       *fixture
	cookie  *http.Cookie
	oidc    *http.Cookie // while somebody signs in elsewhere
	csrf    string
	headers map[string]string
}

// visitor is a browser nobody has signed in with.
func (f *fixture) visitor() *browser { return &browser{f: f, headers: map[string]string{}} }

// as makes a member of the shop with a role and signs it in.
func (f *fixture) as(role account.Role, group string) *browser {
	f.t.Helper()
	email := string(role) + group + "@shop.example"
	f.user(email, f.Merchant.ID, role, group)
	return f.signIn(email)
}

func (f *fixture) signIn(email string) *browser {
	f.t.Helper()
	b := f.visitor()
	b.want(http.StatusOK, "POST", "/session", map[string]any{"email": email, "password": password})
	return b
}

// send sends a request; body is JSON text, a value, or nil.
func (b *browser) send(verb, path string, body any) *httptest.ResponseRecorder {
	b.f.t.Helper()
	var raw []byte
	if text, ok := body.(string); ok {
		raw = []byte(text)
	} else if body != nil {
		var err error
		raw, err = json.Marshal(body)
		b.f.must(err)
	}
	r := httptest.NewRequestWithContext(b.f.t.Context(), verb, Prefix+path, bytes.NewReader(raw))
	r.Host = "localhost:8080"
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if b.cookie != nil {
		r.AddCookie(b.cookie)
		r.Header.Set("X-CSRF", b.csrf)
	}
	if b.oidc != nil {
		r.AddCookie(b.oidc)
	}
	for name, value := range b.headers {
		if name == "Host" {
			r.Host = value
			continue
		}
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.f.server.ServeHTTP(w, r)
	theSpec(b.f.t).check(b.f.t, verb, path, raw, w)
	for _, c := range w.Result().Cookies() {
		kept := &b.cookie
		if strings.HasSuffix(c.Name, "-oidc") {
			kept = &b.oidc
		}
		*kept = c
		if c.MaxAge < 0 {
			*kept = nil
		}
	}
	var session sessionInfo
	if json.Unmarshal(w.Body.Bytes(), &session) == nil && session.CSRF != "" {
		b.csrf = session.CSRF
	}
	return w
}

// want sends a request, checks the status and returns the JSON object.
func (b *browser) want(status int, verb, path string, body any) map[string]any {
	b.f.t.Helper()
	w := b.send(verb, path, body)
	if w.Code != status {
		b.f.t.Fatalf("%s %s: HTTP %d %s, want %d", verb, path, w.Code, w.Body, status)
	}
	out := map[string]any{}
	if w.Code != http.StatusNoContent {
		b.f.must(json.Unmarshal(w.Body.Bytes(), &out))
	}
	return out
}

// wantError checks that a request is refused with a code.
func (b *browser) wantError(status int, code, verb, path string, body any) {
	b.f.t.Helper()
	w := b.send(verb, path, body)
	if got := errorCode(w); w.Code != status || got != code {
		b.f.t.Errorf("%s %s: HTTP %d %s, want %d %q", verb, path, w.Code, w.Body, status, code)
	}
}

func errorCode(w *httptest.ResponseRecorder) string {
	var body errorBody
	_ = json.Unmarshal(w.Body.Bytes(), &body)
	return body.Error.Code
}
