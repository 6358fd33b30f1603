package openapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/vendlane/vendlane/internal/clientaddr"
	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// memory is of a call whose merchant is remembered.
type memory struct {
	// settled says that the merchant has proved to be as remembered, so that the
	// answer is final.
	settled bool
}

// settle notes the outcome of a redemption. A nil memory is that of a call whose
// merchant was looked up.
func (m *memory) settle(err error) {
	if m != nil {
		m.settled = !errors.Is(err, store.ErrMerchantChanged)
	}
}

// redeeming is signed for an endpoint whose work is a redemption. That reads the
// merchant with everything else, so a right call of one who is remembered does without
// looking him up before: its checks are made with what is remembered, and the
// redemption finds out whether it still holds. Nobody is refused by memory: a call that
// does not get as far as that, or finds that it does not hold, is checked again as all
// others are.
func (s *Server) redeeming(h handler) endpoint {
	looking := s.signed(h)
	return func(ctx context.Context, r *http.Request) (any, error) {
		c, ok := s.recall(ctx, r)
		if !ok {
			return looking(ctx, r)
		}
		if err := s.admit(c.merchant); err != nil {
			return looking(ctx, r)
		}
		data, err := h(ctx, c)
		if c.memory.settled {
			return data, err
		}
		merchant, err := s.known(ctx, r) // admitted he is
		if err != nil {
			return nil, err
		}
		return s.opened(ctx, r, merchant, h)
	}
}

// recall makes the checks G2–G7 and G9–G11 with the merchant as remembered, and leaves
// no trace. It is not ok if one of them fails, or nobody is remembered.
func (s *Server) recall(ctx context.Context, r *http.Request) (c call, ok bool) {
	now := s.clock.Millis()
	_, blocked := s.failures.blocked(clientaddr.Of(r, s.cfg.TrustedProxies), now)
	if blocked || ctx.Value(knownMerchant{}) != nil {
		return call{}, false
	}
	merchant, found := s.store.RememberedMerchant(r.Header.Get("Appid"))
	if !found || !credentials.AppSecretFits(merchant, r.Header.Get("AppSecret"), now) ||
		vending.CheckMerchant(merchant.Status, merchant.ExpiredAt, now) != nil {
		return call{}, false
	}
	body, err := readBody(r)
	if err != nil {
		return call{}, false
	}
	r.Body = io.NopCloser(bytes.NewReader(body)) // for those who look again
	payload, err := s.openPayload(body, merchant)
	if err != nil {
		return call{}, false
	}
	return call{merchant: merchant, request: r, payload: payload, memory: &memory{}}, true
}
