-- name: InsertVisit :one
-- No row where the visit has been applied.
INSERT INTO visits (merchant_id, machine_id, user_id, visit_key, created_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (merchant_id, visit_key) DO NOTHING
RETURNING id;

-- name: VisitByKey :one
SELECT * FROM visits WHERE merchant_id = $1 AND visit_key = $2;

-- name: InsertVisitLine :exec
INSERT INTO visit_lines (visit_id, product_id, expected, counted, removed, added, previous_level, level)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: VisitLines :many
SELECT * FROM visit_lines WHERE visit_id = $1 ORDER BY product_id;

-- name: VisitPage :many
-- A merchant's visits, newest first, older than an id, with what they came to in
-- pieces. missing and surplus are where the count was not what the platform
-- believed. Filters that are '' or 0 do not count. A machine that has another
-- merchant now keeps its name to itself. The page is found before anything is
-- summed up, or the lines of all visits would be.
WITH page AS (
    SELECT v.id FROM visits v
    JOIN machines m ON m.id = v.machine_id
    WHERE v.merchant_id = sqlc.arg(merchant_id) AND v.id < sqlc.arg(before_id)
      AND (CAST(sqlc.arg(machine_id) AS BIGINT) = 0 OR v.machine_id = sqlc.arg(machine_id))
      AND (CAST(sqlc.arg(visit_id) AS BIGINT) = 0 OR v.id = sqlc.arg(visit_id))
      AND (CAST(sqlc.arg(machine_group) AS TEXT) = ''
        OR m.machine_group = sqlc.arg(machine_group) AND m.merchant_id = v.merchant_id)
    ORDER BY v.id DESC
    LIMIT sqlc.arg(page_size)
)
SELECT visits.id, visits.created_at, machines.machine_no, users.email, users.name AS user_name,
    CAST(CASE WHEN machines.merchant_id = visits.merchant_id THEN machines.name ELSE '' END AS TEXT) AS machine_name,
    machines.timezone,
    CAST(COUNT(l.product_id) AS BIGINT) AS products,
    CAST(COALESCE(SUM(l.added), 0) AS BIGINT) AS added,
    CAST(COALESCE(SUM(l.removed), 0) AS BIGINT) AS removed,
    CAST(COALESCE(SUM(CASE WHEN l.counted < l.expected THEN l.expected - l.counted ELSE 0 END), 0) AS BIGINT) AS missing,
    CAST(COALESCE(SUM(CASE WHEN l.counted > l.expected THEN l.counted - l.expected ELSE 0 END), 0) AS BIGINT) AS surplus
FROM page
JOIN visits ON visits.id = page.id
JOIN machines ON machines.id = visits.machine_id
JOIN users ON users.id = visits.user_id
LEFT JOIN visit_lines l ON l.visit_id = visits.id
GROUP BY visits.id, visits.created_at, visits.merchant_id, machines.machine_no, machines.merchant_id, machines.name, machines.timezone,
    users.email, users.name
ORDER BY visits.id DESC;

-- name: VisitLinesWithGoods :many
-- The lines of a visit with what their channels hold now.
SELECT sqlc.embed(l), CAST(COALESCE(channels.name, '') AS TEXT) AS channel_name,
    CAST(COALESCE(goods.name, '') AS TEXT) AS good_name
FROM visit_lines l
JOIN visits ON visits.id = l.visit_id
LEFT JOIN products ON products.id = l.product_id
LEFT JOIN channels ON channels.id = products.channel_id
LEFT JOIN goods ON goods.id = products.good_id AND goods.merchant_id = visits.merchant_id
WHERE l.visit_id = sqlc.arg(visit_id)
ORDER BY l.product_id;

-- name: PickList :many
-- What fills the channels of a merchant's machines, by good, in a group of
-- machines or in all.
SELECT goods.id, goods.slug, goods.name, goods.thumb,
    CAST(SUM(products.inventory - products.current_inventory) AS BIGINT) AS pieces,
    CAST(COUNT(*) AS BIGINT) AS channels, CAST(COUNT(DISTINCT products.machine_id) AS BIGINT) AS machines
FROM machines
JOIN products ON products.machine_id = machines.id AND products.channel_id <> 0
JOIN goods ON goods.id = products.good_id AND goods.merchant_id = machines.merchant_id
WHERE machines.merchant_id = sqlc.arg(merchant_id) AND products.inventory > products.current_inventory
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group))
  AND (goods.name > CAST(sqlc.arg(after_name) AS TEXT)
    OR (goods.name = sqlc.arg(after_name) AND goods.id > CAST(sqlc.arg(after_id) AS BIGINT)))
GROUP BY goods.id, goods.slug, goods.name, goods.thumb
ORDER BY goods.name, goods.id
LIMIT sqlc.arg(page_size);
