package credentials

import (
	"context"

	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// DefaultOverlap is how long an old credential is good as well where nobody chose,
// in milliseconds (consume.md §9.4).
const DefaultOverlap = 24 * hour

const hour = 60 * 60 * 1000

// knownOverlap tells whether an overlap, in milliseconds, can be chosen.
func knownOverlap(overlap int64) bool {
	return overlap == 0 || overlap == hour || overlap == DefaultOverlap || overlap == 7*24*hour
}

// AppKeys are a merchant's signing keys as they are stored.
type AppKeys struct {
	// Sealed signs and verifies; PreviousSealed, "" for none, verifies until
	// PreviousUntil, in UTC milliseconds.
	Sealed, PreviousSealed string
	PreviousUntil          int64
}

// KeysOf are the keys of a merchant.
func KeysOf(m db.Merchant) AppKeys {
	return AppKeys{m.AppKeySealed, m.AppKeyPreviousSealed, m.AppKeyPreviousUntil}
}

// Accepted opens the keys that a signature may be made with at a time, in UTC
// milliseconds (signing.md §4): both while a rotation overlaps.
func (k AppKeys) Accepted(box *secrets.Box, now int64) ([]string, error) {
	key, err := box.Open(secrets.PurposeAppKey, k.Sealed)
	if err != nil {
		return nil, err
	}
	keys := []string{key}
	if now < k.PreviousUntil {
		if previous := k.Previous(box); previous != "" {
			keys = append(keys, previous)
		}
	}
	return keys, nil
}

// Previous opens the key before the last rotation, whether it is still good or not;
// "" if there was none. One that another master key has sealed is none either: it
// must not keep its successor from working.
func (k AppKeys) Previous(box *secrets.Box) string {
	key, err := box.Open(secrets.PurposeAppKey, k.PreviousSealed)
	if err != nil {
		return ""
	}
	return key
}

// AppSecretFits tells whether an AppSecret is a merchant's at a time, in UTC
// milliseconds (openapi.md §3.1 G5).
func AppSecretFits(m db.Merchant, secret string, now int64) bool {
	return secrets.HashMatches(secret, m.AppSecretHash) || OldAppSecretFits(m, secret, now)
}

// OldAppSecretFits tells whether it is the one before the last rotation, while that
// is good.
func OldAppSecretFits(m db.Merchant, secret string, now int64) bool {
	return now < m.AppSecretPreviousUntil && secrets.HashMatches(secret, m.AppSecretPreviousHash)
}

// EndOverlap ends the time in which the credential before the last rotation is good
// as well, at once. Another change since merchant was read is store.ErrLostRace.
func (s *Service) EndOverlap(ctx context.Context, merchant db.Merchant, which Which) error {
	return s.store.InTx(ctx, func(tx *store.Tx) error {
		var n int64
		var err error
		switch which {
		case AppSecret:
			n, err = tx.EndAppSecretOverlap(ctx, merchant.ID, merchant.AppSecretPreviousUntil)
		case AppKey:
			n, err = tx.EndAppKeyOverlap(ctx, merchant.ID, merchant.AppKeyPreviousUntil)
		case WebhookSecret:
			n, err = tx.EndWebhookOverlap(ctx, merchant.ID, merchant.WebhookPreviousUntil)
		default:
			return vending.RefuseField("which", "range")
		}
		return store.Changed("end overlap of "+string(which), n, err)
	})
}
