-- name: GoodPage :many
-- A merchant's goods by name, with how many machines and channels hold each, in
-- a group of machines or in all. pattern '' does not count.
WITH held AS (
    SELECT products.good_id, COUNT(DISTINCT products.machine_id) AS machines, COUNT(*) AS channels
    FROM machines
    JOIN products ON products.machine_id = machines.id AND products.channel_id <> 0
    WHERE machines.merchant_id = sqlc.arg(merchant_id)
      AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group))
    GROUP BY products.good_id
)
SELECT sqlc.embed(goods), CAST(COALESCE(held.machines, 0) AS BIGINT) AS machines,
    CAST(COALESCE(held.channels, 0) AS BIGINT) AS channels
FROM goods
LEFT JOIN held ON held.good_id = goods.id
WHERE goods.merchant_id = sqlc.arg(merchant_id)
  AND (CAST(sqlc.arg(pattern) AS TEXT) = '' OR LOWER(goods.name) LIKE sqlc.arg(pattern) ESCAPE '!'
    OR LOWER(goods.slug) LIKE sqlc.arg(pattern) ESCAPE '!')
  AND (goods.name > CAST(sqlc.arg(after_name) AS TEXT)
    OR (goods.name = sqlc.arg(after_name) AND goods.id > CAST(sqlc.arg(after_id) AS BIGINT)))
ORDER BY goods.name, goods.id
LIMIT sqlc.arg(page_size);

-- name: GoodUses :many
-- Where a good is, in a group of machines or in all.
SELECT machines.machine_no, machines.name AS machine_name, channels.name AS channel_name, products.id AS product_id,
    products.current_inventory, products.inventory, products.on_sale
FROM products
JOIN channels ON channels.id = products.channel_id
JOIN machines ON machines.id = products.machine_id
WHERE products.good_id = sqlc.arg(good_id) AND machines.merchant_id = sqlc.arg(merchant_id)
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group))
ORDER BY machines.name, machines.id, channels.addr, channels.motor;

-- name: InsertGood :one
INSERT INTO goods (merchant_id, slug, name, description, content, thumb, media, price, original_price, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (merchant_id, slug) DO NOTHING
RETURNING id;

-- name: UpdateGood :execrows
-- Unless somebody else has changed it since it was read.
UPDATE goods SET name = sqlc.arg(name), description = sqlc.arg(description), content = sqlc.arg(content),
    thumb = sqlc.arg(thumb), media = sqlc.arg(media), price = sqlc.arg(price), original_price = sqlc.arg(original_price), updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND updated_at = sqlc.arg(old_updated_at);
