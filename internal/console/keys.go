package console

import (
	"context"
	"net/http"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/credentials"
)

func (s *Server) developerRoutes() []route {
	return []route{
		{http.MethodGet, "/developers/keys", member, account.ManageKeys, s.keys},
		{http.MethodPost, "/developers/keys/rotate", member, account.ManageKeys, s.rotateKey},
		{http.MethodPost, "/developers/keys/end-overlap", member, account.ManageKeys, s.endOverlap},
		{http.MethodGet, "/developers/requests", member, account.SeeDeveloperLog, s.requests},
		{http.MethodGet, "/developers/requests/{id}", member, account.SeeDeveloperLog, s.request},
		{http.MethodGet, "/developers/requests/{id}/debug", member, account.SeeDeveloperLog, s.debugRequest},
		{http.MethodPost, "/developers/debug", member, account.SeeDeveloperLog, s.debug},
		{http.MethodGet, "/developers/callbacks", member, account.SeeDeveloperLog, s.callbacks},
	}
}

// keysInfo tells of a merchant's credentials what is no secret. A time of 0
// means that the credential is as old as the merchant.
type keysInfo struct {
	AppID                  string `json:"app_id"`
	CreatedAt              int64  `json:"created_at"`
	AppSecretRotatedAt     int64  `json:"app_secret_rotated_at"`
	AppKeyRotatedAt        int64  `json:"app_key_rotated_at"`
	WebhookSecretRotatedAt int64  `json:"webhook_secret_rotated_at"`
	// Until when the old ones are good as well, 0 for no longer.
	AppSecretPreviousUntil     int64 `json:"app_secret_previous_until"`
	AppKeyPreviousUntil        int64 `json:"app_key_previous_until"`
	WebhookSecretPreviousUntil int64 `json:"webhook_secret_previous_until"`
}

// rotateAction is what a rotation is called in the audit log.
const rotateAction = "keys.rotate."

func (s *Server) keys(ctx context.Context, c *call) (any, error) {
	rotations, err := s.store.LastAudits(ctx, c.Merchant.ID, rotateAction+"%")
	if err != nil {
		return nil, err
	}
	at := map[string]int64{}
	for _, r := range rotations {
		at[r.Action] = r.At
	}
	out := keysInfo{
		AppID: c.Merchant.AppID, CreatedAt: c.Merchant.CreatedAt,
		AppSecretRotatedAt:     at[rotateAction+string(credentials.AppSecret)],
		AppKeyRotatedAt:        at[rotateAction+string(credentials.AppKey)],
		WebhookSecretRotatedAt: at[rotateAction+string(credentials.WebhookSecret)],
	}
	now := s.clock.Millis()
	for until, stored := range map[*int64]int64{
		&out.AppSecretPreviousUntil:     c.Merchant.AppSecretPreviousUntil,
		&out.AppKeyPreviousUntil:        c.Merchant.AppKeyPreviousUntil,
		&out.WebhookSecretPreviousUntil: c.Merchant.WebhookPreviousUntil,
	} {
		if stored > now {
			*until = stored
		}
	}
	return out, nil
}

// rotatedInfo is shown once: the secret cannot be read again.
type rotatedInfo struct {
	Which         credentials.Which `json:"which"`
	Secret        string            `json:"secret"`
	PreviousUntil int64             `json:"previous_until"`
}

func (s *Server) rotateKey(ctx context.Context, c *call) (any, error) {
	var in struct {
		Which credentials.Which `json:"which"`
		// Overlap is in milliseconds.
		Overlap int64 `json:"overlap"`
	}
	in.Overlap = credentials.DefaultOverlap
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	ctx = s.recording(ctx, c, rotateAction+string(in.Which), "merchant", c.Merchant.Slug, nil, map[string]int64{"overlap": in.Overlap})
	rotated, err := s.use.Credentials.Rotate(ctx, c.Merchant, in.Which, in.Overlap)
	return rotatedInfo{in.Which, rotated.Secret, rotated.PreviousUntil}, changedMeanwhile(err)
}

// endOverlap makes the old credential good for nothing, on all nodes at once.
func (s *Server) endOverlap(ctx context.Context, c *call) (any, error) {
	var in struct {
		Which credentials.Which `json:"which"`
	}
	if err := c.decode(&in); err != nil {
		return nil, err
	}
	ctx = s.recording(ctx, c, "keys.end_overlap."+string(in.Which), "merchant", c.Merchant.Slug, nil, nil)
	return nil, changedMeanwhile(s.use.Credentials.EndOverlap(ctx, c.Merchant, in.Which))
}
