package provision

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// ErrSlugTaken means that a merchant that is to be a new one is there already.
var ErrSlugTaken = errors.New("the slug is taken")

func (a *Applier) setMerchant(ctx context.Context, tx *store.Tx, m Merchant) (db.Merchant, MerchantResult, error) {
	row, found, err := store.Find(tx.MerchantBySlug(ctx, m.Slug))
	if err != nil {
		return row, MerchantResult{}, err
	}
	if found && m.MustBeNew {
		return row, MerchantResult{}, ErrSlugTaken
	}
	expiredAt := int64(0)
	if m.ExpiredAt != "" {
		if expiredAt, err = vending.ParseDateTime(m.ExpiredAt, vending.Zone(m.Timezone, a.zone)); err != nil {
			return row, MerchantResult{}, fmt.Errorf("expired_at: %w", err)
		}
	}
	if !found {
		return a.insertMerchant(ctx, tx, m, expiredAt)
	}
	if m.AppID != "" && m.AppID != row.AppID {
		return row, MerchantResult{}, fmt.Errorf("appid cannot be changed from %s", row.AppID)
	}
	keySealed := row.AppKeySealed
	if m.AppKey != "" {
		if keySealed, err = a.box.Seal(secrets.PurposeAppKey, m.AppKey); err != nil {
			return row, MerchantResult{}, err
		}
	}
	secretHash := row.AppSecretHash
	if m.AppSecret != "" {
		secretHash = secrets.Hash(m.AppSecret)
	}
	if err := a.rotateWebhookSecret(&row, m.WebhookSecret); err != nil {
		return row, MerchantResult{}, err
	}
	err = tx.UpdateMerchant(ctx, db.UpdateMerchantParams{
		ID: row.ID, AppSecretHash: secretHash, WebhookSecretSealed: row.WebhookSecretSealed,
		WebhookSecretPreviousSealed: row.WebhookSecretPreviousSealed, WebhookPreviousUntil: row.WebhookPreviousUntil,
		Title: m.Title, Description: m.Description, Logo: m.Logo, StoreID: m.StoreID,
		Status: statusOf(m), Debug: m.Debug, Timezone: m.Timezone, ExpiredAt: expiredAt, AppKeySealed: keySealed,
		TemperatureMin: m.TemperatureMin, TemperatureMax: m.TemperatureMax, NotifyUrl: m.NotifyURL,
	})
	if err == nil {
		err = a.endOverlaps(ctx, tx, m, row)
	}
	row.Timezone = m.Timezone
	return row, MerchantResult{ID: row.ID, Slug: m.Slug, AppID: row.AppID}, err
}

// endOverlaps makes what was old before good for nothing where a file brings another
// AppSecret or AppKey: whoever replaces one so wants it gone at once.
func (a *Applier) endOverlaps(ctx context.Context, tx *store.Tx, m Merchant, before db.Merchant) error {
	if m.AppSecret != "" && !secrets.HashMatches(m.AppSecret, before.AppSecretHash) {
		if _, err := tx.EndAppSecretOverlap(ctx, before.ID, before.AppSecretPreviousUntil); err != nil {
			return fmt.Errorf("end overlap: %w", err)
		}
	}
	if current, err := a.box.Open(secrets.PurposeAppKey, before.AppKeySealed); m.AppKey != "" && (err != nil || !secrets.HashMatches(m.AppKey, secrets.Hash(current))) {
		if _, err := tx.EndAppKeyOverlap(ctx, before.ID, before.AppKeyPreviousUntil); err != nil {
			return fmt.Errorf("end overlap: %w", err)
		}
	}
	return nil
}

// rotateWebhookSecret puts another webhook secret in the place of a merchant's, if
// one is given.
func (a *Applier) rotateWebhookSecret(row *db.Merchant, given string) error {
	if given == "" {
		return nil
	}
	current, err := a.box.Open(secrets.PurposeWebhookSecret, row.WebhookSecretSealed)
	if err != nil {
		return err
	}
	if secrets.HashMatches(given, secrets.Hash(current)) {
		return nil
	}
	sealed, err := a.box.Seal(secrets.PurposeWebhookSecret, given)
	if err != nil {
		return err
	}
	row.WebhookSecretPreviousSealed, row.WebhookPreviousUntil = row.WebhookSecretSealed, a.clock.Millis()+credentials.DefaultOverlap
	row.WebhookSecretSealed = sealed
	return nil
}

func (a *Applier) insertMerchant(ctx context.Context, tx *store.Tx, m Merchant, expiredAt int64) (db.Merchant, MerchantResult, error) {
	r := MerchantResult{
		Slug: m.Slug, Created: true,
		AppID: m.AppID, AppSecret: m.AppSecret, AppKey: m.AppKey, WebhookSecret: m.WebhookSecret,
	}
	if err := a.fillSecrets(&r); err != nil {
		return db.Merchant{}, r, err
	}
	keySealed, err := a.box.Seal(secrets.PurposeAppKey, r.AppKey)
	if err != nil {
		return db.Merchant{}, r, err
	}
	webhookSealed, err := a.box.Seal(secrets.PurposeWebhookSecret, r.WebhookSecret)
	if err != nil {
		return db.Merchant{}, r, err
	}
	row, err := tx.InsertMerchant(ctx, db.InsertMerchantParams{
		Slug: m.Slug, Title: m.Title, Description: m.Description, Logo: m.Logo, StoreID: m.StoreID,
		Status: statusOf(m), AppID: r.AppID, AppSecretHash: secrets.Hash(r.AppSecret),
		AppKeySealed: keySealed, WebhookSecretSealed: webhookSealed,
		Debug: m.Debug, Timezone: m.Timezone, CreatedAt: a.clock.Millis(), ExpiredAt: expiredAt,
		TemperatureMin: m.TemperatureMin, TemperatureMax: m.TemperatureMax, NotifyUrl: m.NotifyURL,
	})
	if err != nil {
		return row, r, fmt.Errorf("insert (is the appid taken?): %w", err)
	}
	r.ID = row.ID
	return row, r, nil
}

// fillSecrets draws what the file left out (signing.md §1).
func (a *Applier) fillSecrets(r *MerchantResult) error {
	var err error
	if r.AppID == "" {
		if r.AppID, err = a.randomHex(8); err != nil {
			return err
		}
		r.AppID = "vm" + r.AppID
	}
	for _, secret := range []*string{&r.AppSecret, &r.AppKey} {
		if *secret == "" {
			if *secret, err = credentials.Draw(a.random); err != nil {
				return err
			}
		}
	}
	if r.WebhookSecret == "" {
		r.WebhookSecret, err = credentials.DrawWebhookSecret(a.random)
	}
	return err
}

func (a *Applier) setGood(ctx context.Context, tx *store.Tx, merchantID int64, g Good) error {
	price, err := vending.ParseMoney(g.Price)
	if err != nil {
		return fmt.Errorf("price: %w", err)
	}
	original := price
	if g.OriginalPrice != "" {
		if original, err = vending.ParseMoney(g.OriginalPrice); err != nil {
			return fmt.Errorf("original_price: %w", err)
		}
	}
	media, err := json.Marshal(append([]string{}, g.Media...))
	if err != nil {
		return err
	}
	return a.catalog.SaveGood(ctx, tx, db.Good{
		MerchantID: merchantID, Slug: g.Slug, Name: g.Name, Description: g.Description,
		Content: g.Content, Thumb: g.Thumb, Media: string(media), Price: price, OriginalPrice: original,
	})
}

func (a *Applier) randomHex(n int) (string, error) {
	raw := make([]byte, n)
	if _, err := io.ReadFull(a.random, raw); err != nil {
		return "", fmt.Errorf("draw a secret: %w", err)
	}
	return hex.EncodeToString(raw), nil
}

func statusOf(m Merchant) string {
	if m.Status == "" {
		return vending.MerchantVerified
	}
	return m.Status
}
