-- name: NewestCode :one
SELECT * FROM pickup_codes WHERE machine_id = $1 AND code = $2 ORDER BY id DESC LIMIT 1;

-- name: CodeOfMachine :one
SELECT * FROM pickup_codes WHERE id = $1 AND machine_id = $2;

-- name: CodeTaken :one
-- A value is free again 90 days after its last code ended (openapi.md §7.8).
SELECT COUNT(*) FROM pickup_codes
WHERE machine_id = $1 AND code = $2 AND (state = 'UNUSED' OR finished_at > $3);

-- name: InsertCode :one
INSERT INTO pickup_codes (machine_id, product_id, code, quantity, state, created_at, expired_at, finished_at, order_id, trade_id)
VALUES ($1, $2, $3, $4, 'UNUSED', $5, $6, 0, 0, '')
ON CONFLICT DO NOTHING
RETURNING id;

-- name: LiveCodesOfProduct :many
SELECT * FROM pickup_codes
WHERE product_id = $1 AND state = 'UNUSED' AND (expired_at = 0 OR expired_at > sqlc.arg(now))
ORDER BY id;

-- name: LiveCodesOfMachine :many
SELECT id FROM pickup_codes WHERE machine_id = $1 AND state = 'UNUSED' AND (expired_at = 0 OR expired_at > sqlc.arg(now))
ORDER BY id;

-- name: UseCode :execrows
UPDATE pickup_codes SET state = 'USED', finished_at = sqlc.arg(now), order_id = sqlc.arg(order_id), trade_id = sqlc.arg(trade_id)
WHERE id = sqlc.arg(id) AND state = 'UNUSED' AND (expired_at = 0 OR expired_at > sqlc.arg(now));

-- name: UseCodeAtMachine :execrows
-- Without an order: the machine uploads it later (mqtt.md §4.11).
UPDATE pickup_codes SET state = 'USED', finished_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND state = 'UNUSED' AND (expired_at = 0 OR expired_at > sqlc.arg(now));

-- name: CancelCode :execrows
UPDATE pickup_codes SET state = 'CANCELLED', finished_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND state = 'UNUSED' AND (expired_at = 0 OR expired_at > sqlc.arg(now));

-- name: ExpireCodes :execrows
-- The outer guard counts where several write: a code that was redeemed since the
-- inner query looked stays redeemed.
UPDATE pickup_codes SET state = 'EXPIRED', finished_at = expired_at
WHERE state = 'UNUSED' AND id IN (
    SELECT c.id FROM pickup_codes c
    WHERE c.state = 'UNUSED' AND c.expired_at <> 0 AND c.expired_at <= sqlc.arg(now)
    ORDER BY c.expired_at LIMIT sqlc.arg(batch)
);
