-- name: MerchantByAppID :one
SELECT * FROM merchants WHERE app_id = $1;

-- name: MerchantByID :one
SELECT * FROM merchants WHERE id = $1;

-- name: MerchantBySlug :one
SELECT * FROM merchants WHERE slug = $1;

-- name: InsertMerchant :one
INSERT INTO merchants (slug, title, description, logo, store_id, status, app_id, app_secret_hash,
    app_key_sealed, webhook_secret_sealed, webhook_secret_previous_sealed, webhook_previous_until,
    debug, timezone, created_at, expired_at, temperature_min, temperature_max, notify_url)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', 0, $11, $12, $13, $14, $15, $16, $17)
RETURNING *;

-- name: UpdateMerchant :exec
UPDATE merchants SET title = $2, description = $3, logo = $4, store_id = $5, status = $6, debug = $7,
    timezone = $8, expired_at = $9, app_key_sealed = $10, temperature_min = $11, temperature_max = $12,
    app_secret_hash = $13, webhook_secret_sealed = $14, webhook_secret_previous_sealed = $15, webhook_previous_until = $16,
    notify_url = $17
WHERE id = $1;

-- name: RotateAppSecret :execrows
-- The present one becomes the previous, which is good as well until a time; unless
-- somebody else has done so since it was read.
UPDATE merchants SET app_secret_hash = sqlc.arg(hash), app_secret_previous_hash = sqlc.arg(old_hash),
    app_secret_previous_until = sqlc.arg(previous_until)
WHERE id = sqlc.arg(id) AND app_secret_hash = sqlc.arg(old_hash);

-- name: RotateAppKey :execrows
UPDATE merchants SET app_key_sealed = sqlc.arg(sealed), app_key_previous_sealed = sqlc.arg(old_sealed),
    app_key_previous_until = sqlc.arg(previous_until)
WHERE id = sqlc.arg(id) AND app_key_sealed = sqlc.arg(old_sealed);

-- name: EndAppSecretOverlap :execrows
UPDATE merchants SET app_secret_previous_until = 0 WHERE id = sqlc.arg(id) AND app_secret_previous_until = sqlc.arg(old_until);

-- name: EndAppKeyOverlap :execrows
UPDATE merchants SET app_key_previous_until = 0 WHERE id = sqlc.arg(id) AND app_key_previous_until = sqlc.arg(old_until);

-- name: EndWebhookOverlap :execrows
UPDATE merchants SET webhook_previous_until = 0 WHERE id = sqlc.arg(id) AND webhook_previous_until = sqlc.arg(old_until);

-- name: RotateWebhookSecret :execrows
UPDATE merchants SET webhook_secret_sealed = sqlc.arg(sealed), webhook_secret_previous_sealed = sqlc.arg(old_sealed),
    webhook_previous_until = sqlc.arg(previous_until)
WHERE id = sqlc.arg(id) AND webhook_secret_sealed = sqlc.arg(old_sealed);
