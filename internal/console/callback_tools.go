package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/vending"
)

func (s *Server) callbackToolRoutes() []route {
	return []route{
		{http.MethodPost, "/developers/callbacks/test", member, account.ResendCallbacks, s.testCallback},
		{http.MethodPost, "/developers/callbacks/recover", member, account.ResendCallbacks, s.recoverCallbacks},
	}
}

// CallbackTest is how a test event went: Status is the HTTP status of the answer, 0
// if none came; then Error says why.
type CallbackTest struct {
	WebhookID string `json:"webhook_id"`
	Body      string `json:"body"`
	Status    int    `json:"status"`
	Error     string `json:"error"`
	// Duration is milliseconds.
	Duration int64 `json:"duration"`
}

// testCallback posts a test event to an address, signed as callbacks are, and
// tells what came back.
func (s *Server) testCallback(ctx context.Context, c *call) (any, error) {
	var in struct {
		URL string `json:"url"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if reason := s.use.CheckCallbackURL(in.URL); reason != "" {
		return nil, vending.RefuseField("url", reason)
	}
	if err := s.record(ctx, c, "callback.test", "merchant", number(c.Merchant.ID), in); err != nil {
		return nil, err
	}
	return s.use.TestCallback(ctx, c.Merchant, in.URL)
}

// recoverCallbacks sends what was made since a time and given up once more. More
// tells that there may be others: asking again goes on with them.
func (s *Server) recoverCallbacks(ctx context.Context, c *call) (any, error) {
	var in struct {
		Since int64 `json:"since"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	if in.Since < 1 || in.Since > s.clock.Millis() {
		return nil, vending.RefuseField("since", "range")
	}
	ctx = s.recording(ctx, c, "callback.recover", "merchant", number(c.Merchant.ID), nil, in)
	queued, more, err := s.use.Recover(ctx, c.Merchant.ID, in.Since)
	type recovered struct {
		Queued int64 `json:"queued"`
		More   bool  `json:"more"`
	}
	return recovered{queued, more}, err
}
