package console

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/vending"
	"golang.org/x/oauth2"
)

// OIDC is an OpenID Connect provider. Users sign in there with the authorization
// code flow and PKCE, and are known here by the e-mail it has verified.
type OIDC struct {
	Issuer, ClientID, ClientSecret string
	// Name is what the button says.
	Name string
}

const (
	// oidcPatience is how long the provider may take to answer.
	oidcPatience = 10 * time.Second
	// oidcAge is how long somebody may take to sign in there, in seconds.
	oidcAge = 10 * 60
)

func (s *Server) oidcRoutes() []route {
	return []route{
		{http.MethodGet, "/oidc/start", anybody, "", s.oidcStart},
		{http.MethodGet, "/oidc/callback", anybody, "", s.oidcCallback},
	}
}

// oidcClient talks to the provider. It looks it up when it is first needed, so
// that the platform starts without it.
type oidcClient struct {
	cfg   OIDC
	clock vending.Clock
	http  *http.Client

	mu       sync.Mutex
	provider *oidc.Provider
}

func newOIDCClient(cfg OIDC, clock vending.Clock) *oidcClient {
	return &oidcClient{cfg: cfg, clock: clock, http: &http.Client{Timeout: oidcPatience}}
}

// discover returns the provider, and the settings to talk to it.
func (o *oidcClient) discover(ctx context.Context, redirectURL string) (*oidc.Provider, oauth2.Config, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.provider == nil {
		provider, err := oidc.NewProvider(oidc.ClientContext(ctx, o.http), o.cfg.Issuer)
		if err != nil {
			return nil, oauth2.Config{}, fmt.Errorf("discover the OpenID Connect provider: %w", err)
		}
		o.provider = provider
	}
	return o.provider, oauth2.Config{
		ClientID: o.cfg.ClientID, ClientSecret: o.cfg.ClientSecret, Endpoint: o.provider.Endpoint(),
		RedirectURL: redirectURL, Scopes: []string{oidc.ScopeOpenID, "email", "profile"},
	}, nil
}

// oidcStart sends the browser to the provider. What must come back unchanged
// waits in a cookie.
func (s *Server) oidcStart(ctx context.Context, c *call) (any, error) {
	if s.oidc == nil {
		return unknownRoute(ctx, c)
	}
	_, flow, err := s.oidc.discover(ctx, s.oidcRedirectURL(c))
	if err != nil {
		return s.oidcFailed(err), nil
	}
	state, nonce, verifier := rand.Text(), rand.Text(), oauth2.GenerateVerifier()
	c.putCookie(oidcCookie(c.secure), strings.Join([]string{state, nonce, verifier}, "."), oidcAge)
	return redirect(flow.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))), nil
}

// oidcCallback is where the provider sends the browser back to. The browser is
// sent on to the pages, with a code for them to show if something was wrong.
func (s *Server) oidcCallback(ctx context.Context, c *call) (any, error) {
	if s.oidc == nil {
		return unknownRoute(ctx, c)
	}
	c.putCookie(oidcCookie(c.secure), "", 0)
	email, name, err := s.oidcIdentity(ctx, c)
	if err != nil {
		return s.oidcFailed(err), nil
	}
	signed, err := s.use.Account.SignInElsewhere(ctx, email, name, c.client)
	if err != nil {
		return s.oidcFailed(err), nil
	}
	if _, err := s.welcome(ctx, c, signed); err != nil {
		return nil, err
	}
	return redirect("/console/"), nil
}

// errOIDCRefused means that the provider, or whoever sits there, said no.
var errOIDCRefused = fault{http.StatusForbidden, "oidc_refused", ""}

// errOIDCUnverified means that the provider does not vouch for the e-mail.
var errOIDCUnverified = fault{http.StatusForbidden, "oidc_email_unverified", ""}

// oidcIdentity trades the code for the identity it stands for.
func (s *Server) oidcIdentity(ctx context.Context, c *call) (email, name string, err error) {
	cookie, err := c.r.Cookie(oidcCookie(c.secure))
	if err != nil {
		return "", "", fmt.Errorf("a callback without its cookie: %w", err)
	}
	kept := strings.Split(cookie.Value, ".")
	q := c.r.URL.Query()
	if len(kept) != 3 || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(kept[0])) != 1 {
		return "", "", errors.New("a callback with another state")
	}
	if q.Get("error") != "" {
		return "", "", errOIDCRefused
	}
	provider, flow, err := s.oidc.discover(ctx, s.oidcRedirectURL(c))
	if err != nil {
		return "", "", err
	}
	ctx = oidc.ClientContext(ctx, s.oidc.http)
	token, err := flow.Exchange(ctx, q.Get("code"), oauth2.VerifierOption(kept[2]))
	if err != nil {
		return "", "", fmt.Errorf("exchange the code: %w", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: s.oidc.cfg.ClientID, Now: s.oidc.clock}).Verify(ctx, raw)
	if err != nil {
		return "", "", fmt.Errorf("verify the ID token: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(kept[1])) != 1 {
		return "", "", errors.New("an ID token with another nonce")
	}
	var claims struct {
		Email         string `json:"email"`
		EmailVerified bool   `json:"email_verified"`
		Name          string `json:"name"`
	}
	if err := id.Claims(&claims); err != nil {
		return "", "", fmt.Errorf("claims of the ID token: %w", err)
	}
	if !claims.EmailVerified {
		return "", "", errOIDCUnverified
	}
	return claims.Email, claims.Name, nil
}

// oidcFailed sends the browser to the pages with a code; what is no refusal is
// logged.
func (s *Server) oidcFailed(err error) any {
	code := "oidc_failed"
	var f fault
	var refusal account.Refusal
	switch {
	case errors.As(err, &f):
		code = f.code
	case errors.As(err, &refusal):
		code = string(refusal)
	default:
		s.log.Warn("somebody could not sign in with OpenID Connect", "error", err)
	}
	return redirect("/console/?error=" + url.QueryEscape(code))
}

// oidcRedirectURL is where the provider sends browsers back to, as it must be
// registered there.
func (s *Server) oidcRedirectURL(c *call) string {
	return s.baseURL(c) + Prefix + "/oidc/callback"
}

func oidcCookie(secure bool) string { return cookieName(secure) + "-oidc" }
