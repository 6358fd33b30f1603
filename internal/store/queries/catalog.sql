-- name: Offer :one
-- Everything that decides whether a product can be sold and dispensed.
SELECT products.id, products.machine_id, products.on_sale, products.current_inventory, products.inventory,
    products.floor_status, CAST(COALESCE(goods.id, 0) AS BIGINT) AS good_id,
    CAST(COALESCE(goods.price, 0) AS BIGINT) AS price,
    CAST(COALESCE(channels.id, 0) AS BIGINT) AS channel_id,
    CAST(COALESCE(channels.addr, 0) AS BIGINT) AS addr,
    CAST(COALESCE(channels.motor, 0) AS BIGINT) AS motor,
    CAST(COALESCE(model_boards.floor_type, 0) AS BIGINT) AS floor_type,
    COALESCE(model_boards.lift, FALSE) AS lift,
    COALESCE(model_boards.drop_detection, FALSE) AS drop_detection
FROM products
JOIN machines ON machines.id = products.machine_id
LEFT JOIN goods ON goods.id = products.good_id
LEFT JOIN channels ON channels.id = products.channel_id
LEFT JOIN model_boards ON model_boards.model_id = machines.model_id AND model_boards.addr = channels.addr
WHERE products.id = $1 AND products.machine_id = $2;

-- name: ProductsOnSale :many
SELECT products.id, products.current_inventory, products.inventory, products.category_id,
    CAST(COALESCE(categories.title, '') AS TEXT) AS category_title,
    sqlc.embed(goods), sqlc.embed(channels)
FROM products
JOIN goods ON goods.id = products.good_id
JOIN channels ON channels.id = products.channel_id
LEFT JOIN categories ON categories.id = products.category_id
WHERE products.machine_id = sqlc.arg(machine_id) AND products.on_sale AND NOT channels.is_auxiliary
  AND (CAST(sqlc.arg(addr) AS BIGINT) = 0 OR channels.addr = sqlc.arg(addr))
  AND (CAST(sqlc.arg(category_id) AS BIGINT) = 0 OR products.category_id = sqlc.arg(category_id))
ORDER BY products.sort_id DESC, channels.addr, channels.motor
LIMIT sqlc.arg(page_size) OFFSET sqlc.arg(page_start);

-- name: CountProductsOnSale :one
SELECT COUNT(*)
FROM products
JOIN goods ON goods.id = products.good_id
JOIN channels ON channels.id = products.channel_id
WHERE products.machine_id = sqlc.arg(machine_id) AND products.on_sale AND NOT channels.is_auxiliary
  AND (CAST(sqlc.arg(addr) AS BIGINT) = 0 OR channels.addr = sqlc.arg(addr))
  AND (CAST(sqlc.arg(category_id) AS BIGINT) = 0 OR products.category_id = sqlc.arg(category_id));

-- name: ProductIDsOnSale :many
SELECT products.id
FROM products
JOIN goods ON goods.id = products.good_id
JOIN channels ON channels.id = products.channel_id
WHERE products.machine_id = $1 AND products.on_sale
ORDER BY products.id;

-- name: ProductByID :one
SELECT * FROM products WHERE id = $1;

-- name: TakeStock :execrows
UPDATE products SET current_inventory = current_inventory - sqlc.arg(quantity)
WHERE id = sqlc.arg(id) AND current_inventory >= sqlc.arg(quantity);

-- name: TakeStockAtMost :exec
-- Corrects the count after goods are known to have left; never below 0 (openapi.md §5).
UPDATE products
SET current_inventory = CASE WHEN current_inventory > sqlc.arg(quantity) THEN current_inventory - sqlc.arg(quantity) ELSE 0 END
WHERE id = sqlc.arg(id);

-- name: SetFloorStatus :execrows
UPDATE products SET floor_status = $2 WHERE id = $1;

-- name: SetLockStatus :execrows
UPDATE products SET lock_status = $2 WHERE id = $1;

-- name: SetOnSale :exec
UPDATE products SET on_sale = $2 WHERE id = $1;

-- name: SetLock :exec
UPDATE products SET lock_id = $2 WHERE id = $1;

-- name: ProductOfMachine :one
SELECT * FROM products WHERE id = $1 AND machine_id = $2;

-- name: StockOfMachine :many
-- Every product with a good, for what a machine says of all of them at once.
SELECT products.* FROM products
JOIN goods ON goods.id = products.good_id
WHERE products.machine_id = $1 AND products.channel_id <> 0
ORDER BY products.id;

-- name: ChannelOfMachine :one
SELECT * FROM channels WHERE id = $1 AND machine_id = $2;

-- name: FaultyProducts :many
SELECT id FROM products WHERE machine_id = $1 AND floor_status <> '1' AND channel_id <> 0 ORDER BY id;

-- name: MachinesSellingGood :many
SELECT DISTINCT machine_id FROM products WHERE good_id = $1 AND channel_id <> 0 ORDER BY machine_id;

-- name: GoodByID :one
SELECT * FROM goods WHERE id = $1 AND merchant_id = $2;

-- name: UpdateGoodSlug :execrows
UPDATE goods SET slug = sqlc.arg(slug), is_returnable = sqlc.arg(is_returnable), updated_at = sqlc.arg(now)
WHERE id = sqlc.arg(id) AND slug = sqlc.arg(old_slug);

-- name: GoodBySlug :one
SELECT * FROM goods WHERE merchant_id = $1 AND slug = $2;

-- name: ChannelsOfMachine :many
SELECT * FROM channels WHERE machine_id = $1 ORDER BY addr, motor;

-- name: SetChannel :one
INSERT INTO channels (machine_id, addr, motor, name, x, y, is_auxiliary)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (machine_id, addr, motor) DO UPDATE SET name = excluded.name, x = excluded.x, y = excluded.y,
    is_auxiliary = excluded.is_auxiliary
RETURNING id;

-- name: RenameChannel :exec
UPDATE channels SET name = $2 WHERE id = $1;

-- name: DeleteChannel :exec
DELETE FROM channels WHERE id = $1;

-- name: ProductByChannel :one
SELECT * FROM products WHERE channel_id = $1 AND channel_id <> 0;

-- name: InsertProduct :one
INSERT INTO products (machine_id, channel_id, good_id, category_id, on_sale, inventory, current_inventory, sort_id, floor_status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '1')
RETURNING id;

-- name: InsertProductWithID :execrows
INSERT INTO products (id, machine_id, channel_id, good_id, category_id, on_sale, inventory, current_inventory, sort_id, floor_status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '1')
ON CONFLICT (id) DO NOTHING;

-- name: UpdateProduct :exec
-- The stock stays as it is: it may change at any moment.
UPDATE products SET good_id = $2, category_id = $3, on_sale = $4, inventory = $5, sort_id = $6
WHERE id = $1;

-- name: RetireProduct :exec
UPDATE products SET on_sale = FALSE, channel_id = 0 WHERE id = $1;

-- name: ReturnStock :exec
-- A return never exceeds the capacity (openapi.md §5).
UPDATE products
SET current_inventory = CASE WHEN current_inventory + sqlc.arg(quantity) < inventory THEN current_inventory + sqlc.arg(quantity) ELSE inventory END
WHERE id = sqlc.arg(id);

-- name: SetStock :execrows
UPDATE products SET current_inventory = sqlc.arg(level)
WHERE id = sqlc.arg(id) AND current_inventory = sqlc.arg(old_level) AND inventory >= sqlc.arg(level);

-- name: SetCapacity :execrows
-- Never below what is in the channel.
UPDATE products SET inventory = sqlc.arg(capacity) WHERE id = sqlc.arg(id) AND current_inventory <= sqlc.arg(capacity);

-- name: InsertReplenishment :exec
INSERT INTO replenishments (machine_id, product_id, previous_level, level, type, source, is_all, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: ReplenishmentsOfMachine :many
SELECT * FROM replenishments WHERE machine_id = $1 ORDER BY id DESC LIMIT $2;

-- name: ChannelStock :many
-- What replenishing works on: products with a good, on one board, of one
-- category or of all.
SELECT products.id, products.inventory, products.current_inventory, channels.name
FROM products
JOIN goods ON goods.id = products.good_id
JOIN channels ON channels.id = products.channel_id
WHERE products.machine_id = sqlc.arg(machine_id) AND channels.addr = sqlc.arg(addr)
  AND (CAST(sqlc.arg(category_id) AS BIGINT) = 0 OR products.category_id = sqlc.arg(category_id))
ORDER BY channels.motor;

-- name: BoardOfMachine :one
SELECT COUNT(*) FROM machines
JOIN model_boards ON model_boards.model_id = machines.model_id
WHERE machines.id = $1 AND model_boards.addr = $2;

-- name: CategoryOfMachine :one
SELECT * FROM categories WHERE id = $1 AND machine_id = $2;

-- name: ProductOfChannelName :one
SELECT products.id FROM channels
JOIN products ON products.channel_id = channels.id AND products.channel_id <> 0
WHERE channels.machine_id = $1 AND channels.name = $2;

-- name: FloorsOfMachine :many
SELECT products.id, products.current_inventory, products.inventory, products.floor_status,
    sqlc.embed(goods), sqlc.embed(channels)
FROM products
JOIN goods ON goods.id = products.good_id
JOIN channels ON channels.id = products.channel_id
WHERE products.machine_id = $1 AND products.on_sale AND NOT channels.is_auxiliary
ORDER BY products.sort_id DESC, channels.addr, channels.motor;

-- name: BannersOfMachine :many
SELECT * FROM banners
WHERE machine_id = sqlc.arg(machine_id) AND status = 'APPROVED' AND is_visible
  AND (expired_at = 0 OR expired_at > sqlc.arg(now))
ORDER BY sort_id DESC, id LIMIT 5;

-- name: AllBannersOfMachine :many
SELECT * FROM banners WHERE machine_id = $1 ORDER BY id;

-- name: BannerByID :one
SELECT * FROM banners WHERE id = $1 AND machine_id = $2;

-- name: InsertBanner :one
INSERT INTO banners (machine_id, status, is_visible, cover_image, sort_id, hit_count, views_count, expired_at,
    title, video_url, link_url, view_type)
VALUES ($1, $2, $3, $4, $5, 0, 0, $6, $7, $8, $9, $10)
ON CONFLICT (machine_id, cover_image) DO NOTHING
RETURNING id;

-- name: UpdateBanner :execrows
UPDATE banners SET status = $2, is_visible = $3, cover_image = $4, sort_id = $5, expired_at = $6,
    title = $7, video_url = $8, link_url = $9, view_type = $10
WHERE id = $1;

-- name: DeleteBanner :exec
DELETE FROM banners WHERE id = $1;
