package console

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/account"
)

// provider is a small OpenID Connect provider with one user, who always agrees.
type provider struct {
	*httptest.Server
	t      *testing.T
	key    *rsa.PrivateKey
	now    func() time.Time
	claims map[string]any // of the next ID token, over the usual ones
	// What the last authorisation asked for.
	challenge, nonce, redirectURL string
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	p := &provider{t: t, claims: map[string]any{}}
	var err error
	if p.key, err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"id_token_signing_alg_values_supported": []string{"RS256"},
		})
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		p.answer(w, map[string]any{"keys": []any{map[string]any{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": b64(p.key.N.Bytes()), "e": b64(big.NewInt(int64(p.key.E)).Bytes()),
		}}})
	})
	mux.HandleFunc("GET /authorize", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("client_id") != "console" || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" {
			t.Errorf("asked for %v", q)
		}
		p.challenge, p.nonce, p.redirectURL = q.Get("code_challenge"), q.Get("nonce"), q.Get("redirect_uri")
		http.Redirect(w, r, p.redirectURL+"?code=the-code&state="+url.QueryEscape(q.Get("state")), http.StatusFound)
	})
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func (p *provider) token(w http.ResponseWriter, r *http.Request) {
	id, secret, _ := r.BasicAuth()
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if id != "console" || secret != "the-secret" || r.FormValue("code") != "the-code" || b64(sum[:]) != p.challenge || r.FormValue("redirect_uri") != p.redirectURL {
		http.Error(w, `{"error":"invalid_grant"}`, http.StatusBadRequest)
		return
	}
	claims := map[string]any{
		"iss": p.URL, "sub": "42", "aud": "console", "nonce": p.nonce, "iat": p.now().Unix(), "exp": p.now().Unix() + 60,
		"email": "Ann@shop.example", "email_verified": true, "name": "Ann",
	}
	maps.Copy(claims, p.claims)
	p.answer(w, map[string]any{"access_token": "x", "token_type": "Bearer", "id_token": p.sign(claims)})
}

func (p *provider) sign(claims map[string]any) string {
	raw, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	text := b64([]byte(`{"alg":"RS256","kid":"1"}`)) + "." + b64(raw)
	sum := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, p.key, crypto.SHA256, sum[:])
	if err != nil {
		p.t.Error(err)
	}
	return text + "." + b64(signature)
}

func (p *provider) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// newOIDCFixture has a provider to sign in with.
func newOIDCFixture(t *testing.T) (*fixture, *provider) {
	t.Helper()
	p := newProvider(t)
	f := newFixture(t, func(c *Config) {
		c.OIDC = OIDC{Issuer: p.URL, ClientID: "console", ClientSecret: "the-secret", Name: "Example"}
	})
	p.now = f.Now
	return f, p
}

// elsewhere follows the links from the button to the provider and back, and
// returns where the browser ends up. alter may change the way back.
func (b *browser) elsewhere(p *provider, alter func(back url.Values)) string {
	b.f.t.Helper()
	w := b.send("GET", "/oidc/start", nil)
	away := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(away, p.URL+"/authorize?") {
		return away
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(away)
	b.f.must(err)
	answer.Body.Close()
	back, err := url.Parse(answer.Header.Get("Location"))
	b.f.must(err)
	if back.Host != "localhost:8080" || back.Path != Prefix+"/oidc/callback" {
		b.f.t.Fatalf("the provider sends back to %s", back)
	}
	q := back.Query()
	if alter != nil {
		alter(q)
	}
	w = b.send("GET", "/oidc/callback?"+q.Encode(), nil)
	if w.Code != http.StatusSeeOther {
		b.f.t.Errorf("callback: HTTP %d %s", w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

// Whoever has an account signs in by the e-mail the provider has verified.
func TestSignInElsewhere(t *testing.T) {
	f, p := newOIDCFixture(t)
	f.user("ann@shop.example", f.Merchant.ID, account.Admin, "")
	b := f.visitor()
	if info := b.want(http.StatusOK, "GET", "/setup", nil); info["oidc_name"] != "Example" {
		t.Errorf("state %v", info)
	}
	if to := b.elsewhere(p, nil); to != "/console/" {
		t.Fatalf("ends up at %s", to)
	}
	info := b.want(http.StatusOK, "GET", "/session", nil)
	if info["user"].(map[string]any)["email"] != "ann@shop.example" || info["merchant"].(map[string]any)["role"] != "admin" {
		t.Errorf("session %v", info)
	}
	if b.oidc != nil {
		t.Error("the cookie of the way is still there")
	}
	login := b.want(http.StatusOK, "GET", "/logins", nil)["items"].([]any)[0].(map[string]any)
	if login["method"] != "OIDC" || login["result"] != "OK" {
		t.Errorf("log of sign-ins %v", login)
	}
}

// An open invitation for the address makes an account; without one a stranger
// stays a stranger.
func TestInvitedElsewhere(t *testing.T) {
	f, p := newOIDCFixture(t)
	b := f.visitor()
	if to := b.elsewhere(p, nil); to != "/console/?error=account_unknown" {
		t.Errorf("a stranger ends up at %s", to)
	}
	owner := f.as(account.Owner, "")
	owner.want(http.StatusCreated, "POST", "/invitations", map[string]any{"role": "viewer"}) // for nobody by name
	if to := b.elsewhere(p, nil); to != "/console/?error=account_unknown" {
		t.Errorf("a stranger ends up at %s", to)
	}
	owner.want(http.StatusCreated, "POST", "/invitations", map[string]any{"role": "operator", "email": "ann@shop.example"})
	if to := b.elsewhere(p, nil); to != "/console/" {
		t.Fatalf("ends up at %s", to)
	}
	info := b.want(http.StatusOK, "GET", "/session", nil)
	if info["user"].(map[string]any)["name"] != "Ann" || info["merchant"].(map[string]any)["role"] != "operator" {
		t.Errorf("session %v", info)
	}
	// There is no password to sign in with.
	f.visitor().wantError(http.StatusUnauthorized, "credentials_wrong", "POST", "/session", `{"email":"ann@shop.example","password":""}`)
}

func TestElsewhereRefusals(t *testing.T) {
	f, p := newOIDCFixture(t)
	ann := f.user("ann@shop.example", f.Merchant.ID, account.Admin, "")
	for name, c := range map[string]struct {
		claims map[string]any
		alter  func(url.Values)
		code   string
	}{
		"other state":        {nil, func(q url.Values) { q.Set("state", "x") }, "oidc_failed"},
		"no state":           {nil, func(q url.Values) { q.Del("state") }, "oidc_failed"},
		"other code":         {nil, func(q url.Values) { q.Set("code", "x") }, "oidc_failed"},
		"refused":            {nil, func(q url.Values) { q.Set("error", "access_denied") }, "oidc_refused"},
		"other nonce":        {map[string]any{"nonce": "x"}, nil, "oidc_failed"},
		"other audience":     {map[string]any{"aud": "x"}, nil, "oidc_failed"},
		"other issuer":       {map[string]any{"iss": "https://x.example"}, nil, "oidc_failed"},
		"expired":            {map[string]any{"exp": f.Now().Unix() - 1}, nil, "oidc_failed"},
		"unverified address": {map[string]any{"email_verified": false}, nil, "oidc_email_unverified"},
		"address by text":    {map[string]any{"email_verified": "true"}, nil, "oidc_failed"},
		"no address":         {map[string]any{"email": ""}, nil, "email_invalid"},
	} {
		p.claims = c.claims
		b := f.visitor()
		if to := b.elsewhere(p, c.alter); to != "/console/?error="+c.code || b.cookie != nil {
			t.Errorf("%s: ends up at %s, cookie %v", name, to, b.cookie)
		}
	}
	p.claims = nil
	if w := f.visitor().send("GET", "/oidc/callback?code=the-code&state=x", nil); w.Header().Get("Location") != "/console/?error=oidc_failed" {
		t.Errorf("a callback nobody asked for: %v", w.Header())
	}
	f.must(f.accounts.Disable(t.Context(), account.Scope{}.By(), ann.ID))
	if to := f.visitor().elsewhere(p, nil); to != "/console/?error=account_disabled" {
		t.Errorf("a disabled account ends up at %s", to)
	}
	// A provider that does not answer is no reason not to start, and is asked again.
	f.server.oidc = newOIDCClient(OIDC{Issuer: "http://127.0.0.1:1", ClientID: "console"}, f.Now)
	if to := f.visitor().elsewhere(p, nil); to != "/console/?error=oidc_failed" {
		t.Errorf("without a provider: %s", to)
	}
}
