-- name: MachineOverview :many
-- A merchant's machines with what a desk wants to see of each, by name. A
-- filter that is '' or 0 does not count; pattern finds text in name or number.
WITH overview AS (
    SELECT machines.id, machines.machine_no, machines.name, machines.machine_group, machines.status,
        machines.address, machines.timezone, presence.is_online, presence.last_heartbeat_at, presence.network_type,
        presence.network_rssi,
        CAST((SELECT COALESCE(SUM(p.current_inventory), 0) FROM products p WHERE p.machine_id = machines.id AND p.channel_id <> 0) AS BIGINT) AS stock,
        CAST((SELECT COALESCE(SUM(p.inventory), 0) FROM products p WHERE p.machine_id = machines.id AND p.channel_id <> 0) AS BIGINT) AS capacity,
        CAST((SELECT COUNT(*) FROM products p WHERE p.machine_id = machines.id AND p.channel_id <> 0) AS BIGINT) AS channels,
        CAST((SELECT COUNT(*) FROM products p WHERE p.machine_id = machines.id AND p.channel_id <> 0 AND p.on_sale AND p.current_inventory = 0) AS BIGINT) AS sold_out,
        CAST((SELECT COUNT(*) FROM products p WHERE p.machine_id = machines.id AND p.channel_id <> 0 AND p.floor_status <> '1') AS BIGINT) AS faulty,
        CAST((SELECT COUNT(*) FROM alerts a WHERE a.machine_id = machines.id AND a.resolved_at = 0) AS BIGINT) AS alerts
    FROM machines
    JOIN presence ON presence.machine_id = machines.id
    WHERE machines.merchant_id = sqlc.arg(merchant_id)
      AND (CAST(sqlc.arg(machine_id) AS BIGINT) = 0 OR machines.id = sqlc.arg(machine_id))
      AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group))
      AND (CAST(sqlc.arg(pattern) AS TEXT) = '' OR LOWER(machines.name) LIKE sqlc.arg(pattern) ESCAPE '!'
        OR LOWER(machines.machine_no) LIKE sqlc.arg(pattern) ESCAPE '!')
      AND (machines.name > CAST(sqlc.arg(after_name) AS TEXT)
        OR (machines.name = sqlc.arg(after_name) AND machines.id > CAST(sqlc.arg(after_id) AS BIGINT)))
)
SELECT * FROM overview
WHERE CAST(sqlc.arg(state) AS TEXT) = ''
   OR (CAST(sqlc.arg(state) AS TEXT) IN ('offline', 'attention') AND NOT overview.is_online)
   OR (CAST(sqlc.arg(state) AS TEXT) IN ('low_stock', 'attention') AND (overview.sold_out > 0 OR overview.stock * 4 < overview.capacity))
   OR (CAST(sqlc.arg(state) AS TEXT) IN ('faulty', 'attention') AND overview.faulty > 0)
   OR (CAST(sqlc.arg(state) AS TEXT) = 'attention' AND overview.alerts > 0)
ORDER BY overview.name, overview.id
LIMIT sqlc.arg(page_size);

-- name: ModelByID :one
SELECT * FROM models WHERE id = $1;

-- name: Planogram :many
-- Every channel of a machine with what it holds, by cabinet, row (x) and column (y); product_id and good_id are 0
-- where there is none. reserved are usable pickup codes.
SELECT sqlc.embed(channels),
    CAST(COALESCE(products.id, 0) AS BIGINT) AS product_id,
    CAST(COALESCE(products.current_inventory, 0) AS BIGINT) AS quantity,
    CAST(COALESCE(products.inventory, 0) AS BIGINT) AS capacity,
    COALESCE(products.on_sale, FALSE) AS on_sale,
    CAST(COALESCE(products.floor_status, '') AS TEXT) AS floor_status,
    CAST(COALESCE(goods.id, 0) AS BIGINT) AS good_id,
    CAST(COALESCE(goods.slug, '') AS TEXT) AS good_slug,
    CAST(COALESCE(goods.name, '') AS TEXT) AS good_name,
    CAST(COALESCE(goods.thumb, '') AS TEXT) AS good_thumb,
    CAST(COALESCE(goods.price, 0) AS BIGINT) AS good_price,
    CAST((SELECT COUNT(*) FROM pickup_codes c WHERE c.product_id = products.id AND c.state = 'UNUSED'
        AND (c.expired_at = 0 OR c.expired_at > sqlc.arg(now))) AS BIGINT) AS reserved
FROM channels
LEFT JOIN products ON products.channel_id = channels.id AND products.channel_id <> 0
LEFT JOIN goods ON goods.id = products.good_id
WHERE channels.machine_id = sqlc.arg(machine_id)
ORDER BY channels.addr, channels.x, channels.y, channels.motor;

-- name: RecentMessages :many
-- The times of what a machine said last, newest first: of a number of messages,
-- those since a time.
SELECT method, created_at FROM (
    SELECT l.id, l.method, l.created_at FROM machine_logs l
    WHERE l.machine_id = sqlc.arg(machine_id) AND l.is_up ORDER BY l.id DESC LIMIT sqlc.arg(page_size)
) recent
WHERE created_at >= sqlc.arg(since)
ORDER BY id DESC;

-- name: MachineLogOfDelivery :many
-- What was said of a delivery between two times.
SELECT * FROM machine_logs
WHERE machine_id = sqlc.arg(machine_id) AND created_at >= sqlc.arg(from_at) AND created_at <= sqlc.arg(to_at)
  AND payload LIKE sqlc.arg(pattern)
ORDER BY id LIMIT 100;

-- name: MachinesToLabel :many
-- All machines of a merchant by number, those of a group unless it is ''.
SELECT * FROM machines
WHERE merchant_id = sqlc.arg(merchant_id)
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machine_group = sqlc.arg(machine_group))
ORDER BY machine_no LIMIT sqlc.arg(page_size);
