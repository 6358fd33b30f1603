-- name: OrderPage :many
-- A merchant's orders, newest first, older than a place in that order. Filters
-- that are '' or 0 do not count. The outcome sums the records up; a machine that
-- has another merchant now keeps its name to itself.
WITH found AS (
    SELECT orders.id, orders.trade_id, orders.status, orders.amount, orders.pickup_code_id, orders.created_at,
        machines.machine_no, machines.currency_id,
        CAST(CASE WHEN machines.merchant_id = orders.merchant_id THEN machines.name ELSE '' END AS TEXT) AS machine_name,
        CAST(COALESCE((
            SELECT g.name FROM records r
            JOIN products p ON p.id = r.product_id
            JOIN goods g ON g.id = p.good_id AND g.merchant_id = orders.merchant_id
            WHERE r.order_id = orders.id ORDER BY r.id LIMIT 1
        ), '') AS TEXT) AS good_name,
        CAST((SELECT COALESCE(SUM(r.quantity), 0) FROM records r WHERE r.order_id = orders.id) AS BIGINT) AS quantity,
        CAST((SELECT COALESCE(SUM(r.delivered), 0) FROM records r WHERE r.order_id = orders.id) AS BIGINT) AS delivered,
        CAST(CASE
            WHEN orders.status IN (0, 5, 6) THEN 'UNPAID'
            WHEN orders.status = 2 THEN 'REFUNDED'
            WHEN orders.status IN (3, 4, 9) THEN 'CLOSED'
            WHEN EXISTS (SELECT 1 FROM records r WHERE r.order_id = orders.id AND r.state = 'IS_DELIVERING') THEN 'DISPENSING'
            WHEN EXISTS (SELECT 1 FROM records r WHERE r.order_id = orders.id AND r.state = 'IS_TIMEOUT') THEN 'TIMEOUT'
            WHEN EXISTS (SELECT 1 FROM records r WHERE r.order_id = orders.id AND r.state = 'IS_FAILED') THEN 'FAILED'
            WHEN EXISTS (SELECT 1 FROM records r WHERE r.order_id = orders.id AND r.state = 'WAITING_PICKED_UP') THEN 'WAITING'
            WHEN EXISTS (SELECT 1 FROM records r WHERE r.order_id = orders.id AND r.state IN ('IS_SUCCESS', 'IS_PICKED_UP')) THEN 'DISPENSED'
            ELSE 'REFUNDED'
        END AS TEXT) AS outcome
    FROM orders
    JOIN machines ON machines.id = orders.machine_id
    WHERE orders.merchant_id = sqlc.arg(merchant_id)
      AND orders.created_at <= sqlc.arg(before_at)
      AND (orders.created_at < sqlc.arg(before_at) OR orders.id < sqlc.arg(before_id))
      AND orders.created_at >= sqlc.arg(from_at)
      AND (CAST(sqlc.arg(machine_id) AS BIGINT) = 0 OR orders.machine_id = sqlc.arg(machine_id))
      AND (CAST(sqlc.arg(machine_group) AS TEXT) = ''
        OR machines.machine_group = sqlc.arg(machine_group) AND machines.merchant_id = orders.merchant_id)
      AND (CAST(sqlc.arg(trade_key) AS TEXT) = '' AND CAST(sqlc.arg(order_id) AS BIGINT) = 0
        OR orders.trade_key = sqlc.arg(trade_key) OR orders.id = sqlc.arg(order_id))
)
SELECT * FROM found
WHERE CAST(sqlc.arg(outcome) AS TEXT) = '' OR outcome = sqlc.arg(outcome)
ORDER BY created_at DESC, id DESC
LIMIT sqlc.arg(page_size);

-- name: RecordsWithGoods :many
-- The records of an order with what their channels hold now.
SELECT sqlc.embed(records), CAST(COALESCE(channels.name, '') AS TEXT) AS channel_name,
    CAST(COALESCE(goods.name, '') AS TEXT) AS good_name
FROM records
JOIN orders ON orders.id = records.order_id
LEFT JOIN products ON products.id = records.product_id
LEFT JOIN channels ON channels.id = products.channel_id
LEFT JOIN goods ON goods.id = products.good_id AND goods.merchant_id = orders.merchant_id
WHERE records.order_id = $1
ORDER BY records.id;

-- name: CallbackPage :many
-- A merchant's messages to its notify_url, newest first, older than an id.
SELECT sqlc.embed(callbacks), machines.machine_no, orders.trade_id
FROM callbacks
JOIN orders ON orders.id = callbacks.order_id
JOIN machines ON machines.id = orders.machine_id
WHERE callbacks.merchant_id = sqlc.arg(merchant_id) AND callbacks.id < sqlc.arg(before_id)
  AND (CAST(sqlc.arg(state) AS TEXT) = '' OR callbacks.state = sqlc.arg(state))
ORDER BY callbacks.id DESC
LIMIT sqlc.arg(page_size);

-- name: OrderOfDelivery :one
SELECT order_id FROM deliveries WHERE id = $1;
