// Package credentials is the use case of what a merchant authenticates and signs
// with (signing.md §1): it opens the AppKey for those who check signatures, and
// replaces each credential by a new one that is shown once.
package credentials

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Which names a credential that can be replaced.
type Which string

// The credentials.
const (
	AppSecret     Which = "app_secret"
	AppKey        Which = "app_key"
	WebhookSecret Which = "webhook_secret"
)

// WebhookPrefix starts a webhook secret (consume.md §9.4).
const WebhookPrefix = "whsec_"

// Service is the use case.
type Service struct {
	store  *store.Store
	box    *secrets.Box
	clock  vending.Clock
	random io.Reader
}

// New makes the use case. random must be cryptographic.
func New(st *store.Store, box *secrets.Box, clock vending.Clock, random io.Reader) *Service {
	return &Service{store: st, box: box, clock: clock, random: random}
}

// AppKey opens a merchant's signing key.
func (s *Service) AppKey(merchant db.Merchant) (string, error) {
	key, err := s.box.Open(secrets.PurposeAppKey, merchant.AppKeySealed)
	if err != nil {
		return "", fmt.Errorf("key of merchant %d: %w", merchant.ID, err)
	}
	return key, nil
}

// PreviousAppKey opens the signing key before the last rotation, "" if there was none.
func (s *Service) PreviousAppKey(merchant db.Merchant) string {
	return KeysOf(merchant).Previous(s.box)
}

// Draw makes an AppSecret or an AppKey: 128 bits in hex (signing.md §1).
func Draw(random io.Reader) (string, error) {
	raw, err := draw(random, 16)
	return hex.EncodeToString(raw), err
}

// DrawWebhookSecret makes a webhook secret of 256 bits (consume.md §9.4).
func DrawWebhookSecret(random io.Reader) (string, error) {
	raw, err := draw(random, 32)
	return WebhookPrefix + base64.StdEncoding.EncodeToString(raw), err
}

func draw(random io.Reader, size int) ([]byte, error) {
	raw := make([]byte, size)
	if _, err := io.ReadFull(random, raw); err != nil {
		return nil, fmt.Errorf("draw a secret: %w", err)
	}
	return raw, nil
}

// Rotated is a new credential.
type Rotated struct {
	Secret string
	// PreviousUntil is how long the old one is good for, in UTC milliseconds; 0
	// means that it ended at once.
	PreviousUntil int64
}

// Rotate replaces a credential; the old one is good as well for overlap
// milliseconds: 0, an hour, DefaultOverlap or a week. What was old before is good no
// longer. It refuses with 10001; another rotation since merchant was read is
// store.ErrLostRace.
func (s *Service) Rotate(ctx context.Context, merchant db.Merchant, which Which, overlap int64) (Rotated, error) {
	if !knownOverlap(overlap) {
		return Rotated{}, vending.RefuseField("overlap", "range")
	}
	draw := Draw
	switch which { // it is a name, and still no secret is compared with an operator
	case WebhookSecret:
		draw = DrawWebhookSecret
	}
	secret, err := draw(s.random)
	if err != nil {
		return Rotated{}, err
	}
	out := Rotated{Secret: secret}
	if overlap != 0 {
		out.PreviousUntil = s.clock.Millis() + overlap
	}
	var change func(tx *store.Tx) (int64, error)
	switch which {
	case AppSecret:
		change = func(tx *store.Tx) (int64, error) {
			return tx.RotateAppSecret(ctx, db.RotateAppSecretParams{
				ID: merchant.ID, Hash: secrets.Hash(out.Secret), OldHash: merchant.AppSecretHash, PreviousUntil: out.PreviousUntil,
			})
		}
	case AppKey:
		sealed, err := s.box.Seal(secrets.PurposeAppKey, out.Secret)
		if err != nil {
			return Rotated{}, err
		}
		change = func(tx *store.Tx) (int64, error) {
			return tx.RotateAppKey(ctx, db.RotateAppKeyParams{
				ID: merchant.ID, Sealed: sealed, OldSealed: merchant.AppKeySealed, PreviousUntil: out.PreviousUntil,
			})
		}
	case WebhookSecret:
		sealed, err := s.box.Seal(secrets.PurposeWebhookSecret, out.Secret)
		if err != nil {
			return Rotated{}, err
		}
		change = func(tx *store.Tx) (int64, error) {
			return tx.RotateWebhookSecret(ctx, db.RotateWebhookSecretParams{
				ID: merchant.ID, Sealed: sealed, OldSealed: merchant.WebhookSecretSealed, PreviousUntil: out.PreviousUntil,
			})
		}
	default:
		return Rotated{}, vending.RefuseField("which", "range")
	}
	err = s.store.InTx(ctx, func(tx *store.Tx) error {
		n, err := change(tx)
		return store.Changed("replace "+string(which), n, err)
	})
	if err != nil {
		return Rotated{}, err
	}
	return out, nil
}
