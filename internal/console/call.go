package console

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/clientaddr"
)

// csrfHeader carries the token that GET /session gives.
const csrfHeader = "X-CSRF"

// call is one request and what is known of who sends it. Its Scope is that of
// the session; handlers take the merchant from nowhere else.
type call struct {
	account.Scope
	// session has ID 0 if there is none.
	session account.Session
	token   string
	client  account.Client
	r       *http.Request
	header  http.Header // of the answer
	secure  bool        // the browser talks HTTPS
}

// serve turns a route into a handler: who is it, may they, what is the answer.
func (s *Server) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		requestID := newRequestID()
		h := w.Header()
		h.Set("X-Request-Id", requestID)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		v, err := s.guard(rt, r, h)
		var status int
		if err != nil {
			status = s.writeError(w, requestID, rt, err)
		} else {
			status = write(w, r, v)
		}
		s.log.Debug("console answered", "request_id", requestID, "verb", r.Method, "route", rt.path, "status", status, "error", err)
		if _, endless := v.(*stream); s.observe != nil && !endless {
			s.observe(rt.verb+" "+rt.path, status, time.Since(started))
		}
	})
}

func (s *Server) guard(rt route, r *http.Request, header http.Header) (v any, err error) {
	defer func() {
		if p := recover(); p != nil {
			v, err = nil, errors.New("panic in handler: "+string(debug.Stack()))
			s.log.Error("panic in handler", "panic", p)
		}
	}()
	ctx := r.Context()
	c := &call{r: r, header: header, client: account.Client{
		IP: clientaddr.Of(r, s.cfg.TrustedProxies).String(), UserAgent: r.UserAgent(),
	}}
	if err := s.admit(ctx, rt, c); err != nil {
		return nil, err
	}
	return rt.handler(ctx, c)
}

// admit finds the session and its scope, and refuses what the route does not
// allow.
func (s *Server) admit(ctx context.Context, rt route, c *call) error {
	var plain bool
	c.secure, plain = s.transport(c.r)
	if !c.secure && !plain {
		return fault{http.StatusForbidden, "https_required", ""}
	}
	if err := s.origins.Check(c.r); err != nil {
		return fault{http.StatusForbidden, "cross_origin", ""}
	}
	if err := s.findSession(ctx, c); err != nil {
		return err
	}
	if c.session.ID == 0 {
		if rt.access != anybody {
			return account.SignedOut
		}
		return nil
	}
	if changes(c.r.Method) && rt.access != anybody && !c.hasCSRF() {
		return errCSRF
	}
	switch rt.access {
	case platform:
		if !c.User.IsPlatformAdmin {
			return account.Forbidden
		}
	case member:
		scope, err := s.use.Account.Scope(ctx, c.session)
		if err != nil {
			return err
		}
		scope.IP = c.client.IP
		c.Scope = scope
		if !c.Role.May(rt.may) {
			return account.Forbidden
		}
	}
	return nil
}

func (s *Server) findSession(ctx context.Context, c *call) error {
	cookie, err := c.r.Cookie(cookieName(c.secure))
	if err != nil {
		return nil //nolint:nilerr // no cookie is no session
	}
	session, err := s.use.Account.Session(ctx, cookie.Value)
	if errors.Is(err, account.SignedOut) {
		return nil
	}
	c.session, c.token = session, cookie.Value
	c.Scope = account.Scope{User: session.User, IP: c.client.IP}
	return err
}

// changes tells whether a method is one that may change something.
func changes(method string) bool { return method != http.MethodGet && method != http.MethodHead }

func (c *call) hasCSRF() bool {
	got := c.r.Header.Get(csrfHeader)
	return subtle.ConstantTimeCompare([]byte(got), []byte(c.session.CSRF)) == 1
}

// id reads a number from the path; what is none names nothing.
func (c *call) id(name string) (int64, error) {
	id, err := strconv.ParseInt(c.r.PathValue(name), 10, 64)
	if err != nil || id < 1 {
		return 0, account.NotFound
	}
	return id, nil
}

func newRequestID() string {
	var raw [12]byte
	_, _ = rand.Read(raw[:]) // never fails, it ends the process instead
	return hex.EncodeToString(raw[:])
}
