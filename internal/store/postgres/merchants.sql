-- MerchantByAppID for many at once; $1 are AppIds.
SELECT id, slug, title, description, logo, store_id, status, app_id, app_secret_hash, app_key_sealed,
    webhook_secret_sealed, webhook_secret_previous_sealed, webhook_previous_until, debug, timezone,
    created_at, expired_at, temperature_min, temperature_max, notify_url,
    app_secret_previous_hash, app_secret_previous_until, app_key_previous_sealed, app_key_previous_until
FROM merchants
WHERE app_id = ANY ($1::text[])
