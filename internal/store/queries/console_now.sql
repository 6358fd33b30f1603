-- name: MachinesOnline :one
SELECT CAST(COUNT(*) AS BIGINT) AS machines,
    CAST(COALESCE(SUM(CASE WHEN presence.is_online THEN 1 ELSE 0 END), 0) AS BIGINT) AS online
FROM machines
JOIN presence ON presence.machine_id = machines.id
WHERE machines.merchant_id = sqlc.arg(merchant_id)
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group));

-- name: SalesSince :many
-- By currency: what was paid or redeemed, tests left out.
SELECT machines.currency_id,
    CAST(COALESCE(SUM(CASE WHEN orders.status = 7 THEN 1 ELSE 0 END), 0) AS BIGINT) AS redemptions,
    CAST(COALESCE(SUM(orders.amount), 0) AS BIGINT) AS amount
FROM orders
JOIN machines ON machines.id = orders.machine_id
WHERE orders.merchant_id = sqlc.arg(merchant_id) AND orders.created_at >= sqlc.arg(since) AND orders.status IN (1, 7)
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = ''
    OR machines.machine_group = sqlc.arg(machine_group) AND machines.merchant_id = orders.merchant_id)
GROUP BY machines.currency_id
ORDER BY machines.currency_id;

-- name: OutcomesByHour :many
-- How records of the orders of each hour (UTC milliseconds) ended, tests left
-- out.
SELECT CAST(orders.created_at / 3600000 * 3600000 AS BIGINT) AS hour_start,
    CAST(SUM(CASE WHEN records.state IN ('IS_SUCCESS', 'IS_PICKED_UP') THEN 1 ELSE 0 END) AS BIGINT) AS success,
    CAST(SUM(CASE WHEN records.state IN ('IS_FAILED', 'IS_TIMEOUT') THEN 1 ELSE 0 END) AS BIGINT) AS failure
FROM orders
JOIN records ON records.order_id = orders.id
JOIN machines ON machines.id = orders.machine_id
WHERE orders.merchant_id = sqlc.arg(merchant_id) AND orders.created_at >= sqlc.arg(since) AND orders.status <> 8
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = ''
    OR machines.machine_group = sqlc.arg(machine_group) AND machines.merchant_id = orders.merchant_id)
GROUP BY 1
ORDER BY 1;

-- name: NotDispensed :many
-- Orders that were paid or redeemed and did not give all their goods: failed,
-- timed out, or never started although their time is over.
SELECT orders.id, orders.trade_id, orders.created_at, machines.machine_no,
    CAST(CASE WHEN machines.merchant_id = orders.merchant_id THEN machines.name ELSE '' END AS TEXT) AS machine_name
FROM orders
JOIN machines ON machines.id = orders.machine_id
WHERE orders.merchant_id = sqlc.arg(merchant_id) AND orders.created_at >= sqlc.arg(since) AND orders.status IN (1, 7)
  AND EXISTS (SELECT 1 FROM records r WHERE r.order_id = orders.id
    AND (r.state IN ('IS_FAILED', 'IS_TIMEOUT') OR r.state = 'WAITING_PICKED_UP' AND orders.created_at <= sqlc.arg(late)))
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = ''
    OR machines.machine_group = sqlc.arg(machine_group) AND machines.merchant_id = orders.merchant_id)
ORDER BY orders.created_at DESC, orders.id DESC
LIMIT sqlc.arg(page_size);

-- name: FaultyChannels :many
SELECT products.id AS product_id, channels.name AS channel_name, products.floor_status, machines.machine_no,
    machines.name AS machine_name,
    CAST(COALESCE((SELECT MAX(a.opened_at) FROM alerts a WHERE a.machine_id = machines.id AND a.kind = 'CHANNEL_FAULT'
        AND a.subject = CAST(products.id AS TEXT) AND a.resolved_at = 0), 0) AS BIGINT) AS at
FROM products
JOIN channels ON channels.id = products.channel_id
JOIN machines ON machines.id = products.machine_id
WHERE machines.merchant_id = sqlc.arg(merchant_id) AND products.floor_status <> '1'
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group))
ORDER BY machines.name, machines.id, channels.addr, channels.motor
LIMIT sqlc.arg(page_size);

-- name: OfflineMachines :many
-- The longest silent first.
SELECT machines.machine_no, machines.name AS machine_name, presence.last_heartbeat_at
FROM machines
JOIN presence ON presence.machine_id = machines.id
WHERE machines.merchant_id = sqlc.arg(merchant_id) AND machines.status = 'OPERATIONAL' AND NOT presence.is_online
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group))
ORDER BY presence.last_heartbeat_at, machines.id
LIMIT sqlc.arg(page_size);

-- name: SoldOutMachines :many
-- How many channels of each machine are on sale and empty.
SELECT machines.machine_no, machines.name AS machine_name, CAST(COUNT(*) AS BIGINT) AS channels
FROM products
JOIN channels ON channels.id = products.channel_id
JOIN machines ON machines.id = products.machine_id
WHERE machines.merchant_id = sqlc.arg(merchant_id) AND products.on_sale AND products.good_id <> 0
  AND products.current_inventory = 0 AND NOT channels.is_auxiliary
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group))
GROUP BY machines.id, machines.machine_no, machines.name
ORDER BY COUNT(*) DESC, machines.id
LIMIT sqlc.arg(page_size);

-- name: DeadCallbacks :many
-- Messages that were given up since a time, newest first.
SELECT callbacks.id, callbacks.order_id, callbacks.url, callbacks.finished_at, machines.machine_no,
    CAST(CASE WHEN machines.merchant_id = orders.merchant_id THEN machines.name ELSE '' END AS TEXT) AS machine_name
FROM callbacks
JOIN orders ON orders.id = callbacks.order_id
JOIN machines ON machines.id = orders.machine_id
WHERE callbacks.merchant_id = sqlc.arg(merchant_id) AND callbacks.state = 'DEAD' AND callbacks.finished_at >= sqlc.arg(since)
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = ''
    OR machines.machine_group = sqlc.arg(machine_group) AND machines.merchant_id = orders.merchant_id)
ORDER BY callbacks.id DESC
LIMIT sqlc.arg(page_size);
