-- name: CodePage :many
-- The pickup codes on a merchant's machines, newest first, older than an id.
-- Filters that are '' or 0 do not count. A code whose time is over is EXPIRED
-- before the sweep has been there; one that an earlier merchant of the machine
-- redeemed is not there.
WITH found AS (
    SELECT pickup_codes.id, pickup_codes.code, pickup_codes.quantity, pickup_codes.created_at, pickup_codes.expired_at,
        pickup_codes.finished_at, pickup_codes.order_id, pickup_codes.product_id, pickup_codes.trade_id, pickup_codes.batch_id,
        machines.machine_no, machines.name AS machine_name, machines.timezone,
        CAST(CASE WHEN pickup_codes.state = 'UNUSED' AND pickup_codes.expired_at <> 0
            AND pickup_codes.expired_at <= CAST(sqlc.arg(now) AS BIGINT) THEN 'EXPIRED' ELSE pickup_codes.state END AS TEXT) AS state,
        CAST(COALESCE(channels.name, '') AS TEXT) AS channel_name,
        CAST(COALESCE(goods.name, '') AS TEXT) AS good_name,
        CAST(COALESCE((SELECT r.state FROM records r WHERE r.order_id = pickup_codes.order_id ORDER BY r.id LIMIT 1), '') AS TEXT) AS record_state
    FROM pickup_codes
    JOIN machines ON machines.id = pickup_codes.machine_id
    LEFT JOIN products ON products.id = pickup_codes.product_id
    LEFT JOIN channels ON channels.id = products.channel_id
    LEFT JOIN goods ON goods.id = products.good_id
    WHERE machines.merchant_id = sqlc.arg(merchant_id)
      AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group))
      AND pickup_codes.id < sqlc.arg(before_id)
      AND (CAST(sqlc.arg(code_id) AS BIGINT) = 0 OR pickup_codes.id = sqlc.arg(code_id))
      AND (CAST(sqlc.arg(machine_id) AS BIGINT) = 0 OR pickup_codes.machine_id = sqlc.arg(machine_id))
      AND (CAST(sqlc.arg(product_id) AS BIGINT) = 0 OR pickup_codes.product_id = sqlc.arg(product_id))
      AND (CAST(sqlc.arg(batch_id) AS BIGINT) = 0 OR pickup_codes.batch_id = sqlc.arg(batch_id))
      AND (CAST(sqlc.arg(code) AS TEXT) = '' OR pickup_codes.code = sqlc.arg(code))
      AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = pickup_codes.order_id AND o.merchant_id <> machines.merchant_id)
)
SELECT * FROM found
WHERE CAST(sqlc.arg(state) AS TEXT) = '' OR state = sqlc.arg(state)
ORDER BY id DESC
LIMIT sqlc.arg(page_size);

-- name: CodeFunnel :many
-- How many codes, issued in a time, have come to which end: their state as in
-- CodePage, and for redeemed ones that of their record. Filters that are 0 or
-- '' do not count.
WITH found AS (
    SELECT CAST(CASE WHEN pickup_codes.state = 'UNUSED' AND pickup_codes.expired_at <> 0
            AND pickup_codes.expired_at <= CAST(sqlc.arg(now) AS BIGINT) THEN 'EXPIRED' ELSE pickup_codes.state END AS TEXT) AS state,
        CAST(COALESCE((SELECT r.state FROM records r WHERE r.order_id = pickup_codes.order_id ORDER BY r.id LIMIT 1), '') AS TEXT) AS record_state
    FROM pickup_codes
    JOIN machines ON machines.id = pickup_codes.machine_id
    WHERE machines.merchant_id = sqlc.arg(merchant_id)
      AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group))
      AND pickup_codes.created_at >= sqlc.arg(from_at)
      AND (CAST(sqlc.arg(machine_id) AS BIGINT) = 0 OR pickup_codes.machine_id = sqlc.arg(machine_id))
      AND (CAST(sqlc.arg(product_id) AS BIGINT) = 0 OR pickup_codes.product_id = sqlc.arg(product_id))
      AND (CAST(sqlc.arg(batch_id) AS BIGINT) = 0 OR pickup_codes.batch_id = sqlc.arg(batch_id))
      AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.id = pickup_codes.order_id AND o.merchant_id <> machines.merchant_id)
)
SELECT state, record_state, COUNT(*) AS codes FROM found GROUP BY state, record_state;
