-- name: NewestCode :one
SELECT * FROM pickup_codes WHERE machine_id = $1 AND code = $2 ORDER BY id DESC LIMIT 1;

-- name: CodeOfMachine :one
SELECT * FROM pickup_codes WHERE id = $1 AND machine_id = $2;

-- name: CodeInScope :one
-- A code on a machine of a merchant, and of a group unless that is ''; not one
-- that an earlier merchant of the machine redeemed.
SELECT sqlc.embed(pickup_codes), sqlc.embed(machines) FROM pickup_codes
JOIN machines ON machines.id = pickup_codes.machine_id
WHERE pickup_codes.id = sqlc.arg(id) AND machines.merchant_id = sqlc.arg(merchant_id)
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group))
  AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = pickup_codes.order_id AND o.merchant_id <> machines.merchant_id);

-- name: CodeTaken :one
-- A value is free again 90 days after its last code ended (openapi.md §7.8).
SELECT COUNT(*) FROM pickup_codes
WHERE machine_id = $1 AND code = $2 AND (state = 'UNUSED' OR finished_at > $3);

-- name: InsertCode :one
INSERT INTO pickup_codes (machine_id, product_id, code, quantity, state, created_at, expired_at, finished_at, order_id, trade_id, batch_id)
VALUES ($1, $2, $3, $4, 'UNUSED', $5, $6, 0, 0, '', $7)
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

-- name: ExtendCode :execrows
-- A code that never ends, or ends later than that, stays as it is.
UPDATE pickup_codes SET expired_at = sqlc.arg(expired_at)
WHERE id = sqlc.arg(id) AND state = 'UNUSED' AND expired_at > sqlc.arg(now)
  AND (CAST(sqlc.arg(expired_at) AS BIGINT) = 0 OR expired_at < sqlc.arg(expired_at));

-- name: ExpireCodes :execrows
-- The outer guard counts where several write: a code that was redeemed since the
-- inner query looked stays redeemed.
UPDATE pickup_codes SET state = 'EXPIRED', finished_at = expired_at
WHERE state = 'UNUSED' AND id IN (
    SELECT c.id FROM pickup_codes c
    WHERE c.state = 'UNUSED' AND c.expired_at <> 0 AND c.expired_at <= sqlc.arg(now)
    ORDER BY c.expired_at LIMIT sqlc.arg(batch)
);
