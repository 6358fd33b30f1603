package openapi

import (
	"context"
	"io"
	"net/http"

	"github.com/vendlane/vendlane/internal/clientaddr"
	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/signature"
)

// call is an authenticated request.
type call struct {
	merchant db.Merchant
	request  *http.Request
	// payload is nil for endpoints without one.
	payload *signature.Object
	// memory is not nil where merchant is remembered and may have changed.
	memory *memory
}

// handler is the part of an endpoint behind the common checks.
type handler func(ctx context.Context, c call) (any, error)

// bare wraps an endpoint that has no payload: checks G2–G8, the body is
// ignored.
func (s *Server) bare(h handler) endpoint {
	return func(ctx context.Context, r *http.Request) (any, error) {
		merchant, err := s.authenticate(ctx, r)
		if err != nil {
			return nil, err
		}
		return h(ctx, call{merchant: merchant, request: r})
	}
}

// signed wraps an endpoint with a signed payload: checks G2–G11.
func (s *Server) signed(h handler) endpoint {
	return func(ctx context.Context, r *http.Request) (any, error) {
		merchant, err := s.authenticate(ctx, r)
		if err != nil {
			return nil, err
		}
		body, err := readBody(r)
		if err != nil {
			return nil, err
		}
		return s.opened(ctx, r, body, merchant, h)
	}
}

// opened calls an endpoint with the payload of a merchant's request: G9–G11.
func (s *Server) opened(ctx context.Context, r *http.Request, body []byte, merchant db.Merchant, h handler) (any, error) {
	payload, err := s.openPayload(body, merchant)
	if vending.CodeOf(err) == vending.CodeSignature {
		s.failures.count(clientaddr.Of(r, s.cfg.TrustedProxies), s.clock.Millis())
	}
	if err != nil {
		return nil, err
	}
	return h(ctx, call{merchant: merchant, request: r, payload: payload})
}

// unsigned wraps the endpoint whose body is neither wrapped nor signed: checks
// G2–G9 (openapi.md §3.1, last note).
func (s *Server) unsigned(h handler) endpoint {
	return func(ctx context.Context, r *http.Request) (any, error) {
		merchant, err := s.authenticate(ctx, r)
		if err != nil {
			return nil, err
		}
		body, err := readBody(r)
		if err != nil {
			return nil, err
		}
		payload, err := signature.ParseObject(body)
		if err != nil {
			return nil, &vending.Error{Code: vending.CodeBadRequest, Cause: err}
		}
		return h(ctx, call{merchant: merchant, request: r, payload: payload})
	}
}

// readBody reads a body and one byte more than allowed; the decoder refuses
// what is too long.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, signature.MaxSize+1))
	if err != nil {
		return nil, &vending.Error{Code: vending.CodeBadRequest, Cause: err}
	}
	return body, nil
}

// methods selects a handler by the payload's method (openapi.md §3.1 G12).
type methods map[string]handler

func (m methods) dispatch(ctx context.Context, c call) (any, error) {
	v, _ := c.payload.Lookup("method")
	if h, ok := m[v.Text]; ok && v.Kind == signature.String {
		return h(ctx, c)
	}
	return nil, vending.Refuse(vending.CodeMethod)
}

// authenticate is G2–G8 of openapi.md §3.1.
func (s *Server) authenticate(ctx context.Context, r *http.Request) (db.Merchant, error) {
	merchant, err := s.known(ctx, r)
	if err != nil {
		return db.Merchant{}, err
	}
	return merchant, s.admit(merchant)
}

// known is G2–G7: whose request is this, and may he call?
func (s *Server) known(ctx context.Context, r *http.Request) (db.Merchant, error) {
	client := clientaddr.Of(r, s.cfg.TrustedProxies)
	now := s.clock.Millis()
	if retryAfter, blocked := s.failures.blocked(client, now); blocked {
		return db.Merchant{}, refuseTooMany(retryAfter)
	}
	merchant, err := s.identify(ctx, r, now)
	if err != nil {
		if vending.CodeOf(err) != vending.CodeInternal {
			s.failures.count(client, now)
		}
		return db.Merchant{}, err
	}
	return merchant, vending.CheckMerchant(merchant.Status, merchant.ExpiredAt, now)
}

// admit is G8: he may, but how often?
func (s *Server) admit(merchant db.Merchant) error {
	if retryAfter, ok := s.rates.allow(merchant.AppID, s.clock()); !ok {
		return refuseTooMany(retryAfter)
	}
	return nil
}

// identify is G3–G5: whose request is this?
func (s *Server) identify(ctx context.Context, r *http.Request, now int64) (db.Merchant, error) {
	if merchant, known := ctx.Value(knownMerchant{}).(db.Merchant); known {
		return merchant, nil
	}
	appID, secret := r.Header.Get("Appid"), r.Header.Get("AppSecret")
	if appID == "" || secret == "" {
		return db.Merchant{}, vending.Refuse(vending.CodeCredentialsEmpty)
	}
	if !vending.Storable(appID) {
		return db.Merchant{}, vending.Refuse(vending.CodeAppIDInvalid) // not every engine can look it up
	}
	merchant, found, err := store.Find(s.store.MerchantByAppID(ctx, appID))
	if err != nil {
		return db.Merchant{}, err
	}
	if !found {
		return db.Merchant{}, vending.Refuse(vending.CodeAppIDInvalid)
	}
	if !credentials.AppSecretFits(merchant, secret, now) {
		return db.Merchant{}, vending.Refuse(vending.CodeAppSecretInvalid)
	}
	return merchant, nil
}

// openPayload is G9–G11: envelope, signature, timestamp.
func (s *Server) openPayload(body []byte, merchant db.Merchant) (*signature.Object, error) {
	payload, err := signature.DecodeEnvelope(body)
	if err != nil {
		return nil, &vending.Error{Code: vending.CodeBadRequest, Cause: err}
	}
	keys, err := credentials.KeysOf(merchant).Accepted(s.box, s.clock.Millis())
	if err != nil {
		return nil, err
	}
	if !payload.Verify(keys...) {
		return nil, vending.Refuse(vending.CodeSignature)
	}
	now := s.clock().Unix()
	if !payload.WithinWindow(now, s.cfg.TimestampWindow) {
		return nil, vending.RefuseWith(vending.CodeTimestamp, vending.Data{"server_time": now})
	}
	return payload, nil
}

func refuseTooMany(retryAfter int64) error {
	return vending.RefuseWith(vending.CodeTooManyRequests, vending.Data{"retry_after": retryAfter})
}
