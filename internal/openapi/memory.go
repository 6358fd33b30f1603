package openapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/vendlane/vendlane/internal/clientaddr"
	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
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
// others are. Only what is broken off has no second look.
func (s *Server) redeeming(h handler) endpoint {
	looking := s.signed(h)
	return func(ctx context.Context, r *http.Request) (any, error) {
		merchant, found := s.recall(ctx, r)
		if !found || s.admit(merchant) != nil {
			return looking(ctx, r)
		}
		body, err := readBody(r)
		if err != nil {
			return nil, err // broken off: nobody is there any more for whom to look
		}
		data, settled, err := s.try(ctx, r, body, merchant, h)
		if settled {
			return data, err
		}
		if merchant, err = s.known(ctx, r); err != nil { // he has been admitted
			return nil, err
		}
		return s.opened(ctx, r, body, merchant, h)
	}
}

// recall makes the checks G2–G7 with the merchant as remembered, and leaves no trace.
// He is not found if one of them fails.
func (s *Server) recall(ctx context.Context, r *http.Request) (_ db.Merchant, found bool) {
	now := s.clock.Millis()
	_, blocked := s.failures.blocked(clientaddr.Of(r, s.cfg.TrustedProxies), now)
	if blocked || ctx.Value(knownMerchant{}) != nil {
		return db.Merchant{}, false
	}
	merchant, found := s.store.RememberedMerchant(r.Header.Get("Appid"))
	return merchant, found && credentials.AppSecretFits(merchant, r.Header.Get("AppSecret"), now) &&
		vending.CheckMerchant(merchant.Status, merchant.ExpiredAt, now) == nil
}

// try is opened for a merchant as remembered. It is not settled if the answer could be
// another one for the merchant as he is.
func (s *Server) try(ctx context.Context, r *http.Request, body []byte, merchant db.Merchant, h handler) (data any, settled bool, err error) {
	payload, err := s.openPayload(body, merchant)
	if err != nil {
		return nil, false, err
	}
	m := &memory{}
	data, err = h(ctx, call{merchant: merchant, request: r, payload: payload, memory: m})
	return data, m.settled, err
}
