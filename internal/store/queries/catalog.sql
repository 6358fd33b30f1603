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

-- name: GoodBySlug :one
SELECT * FROM goods WHERE merchant_id = $1 AND slug = $2;

-- name: SetGood :one
INSERT INTO goods (merchant_id, slug, name, description, content, thumb, media, price, original_price, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (merchant_id, slug) DO UPDATE SET name = excluded.name, description = excluded.description,
    content = excluded.content, thumb = excluded.thumb, media = excluded.media, price = excluded.price,
    original_price = excluded.original_price, updated_at = excluded.updated_at
RETURNING id;

-- name: ChannelsOfMachine :many
SELECT * FROM channels WHERE machine_id = $1 ORDER BY addr, motor;

-- name: SetChannel :one
INSERT INTO channels (machine_id, addr, motor, name, x, y, is_auxiliary)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (machine_id, addr, motor) DO UPDATE SET name = excluded.name, x = excluded.x, y = excluded.y,
    is_auxiliary = excluded.is_auxiliary
RETURNING id;

-- name: DeleteChannel :exec
DELETE FROM channels WHERE id = $1;

-- name: ProductByChannel :one
SELECT * FROM products WHERE channel_id = $1 AND channel_id <> 0;

-- name: ProductsOfMachine :many
SELECT * FROM products WHERE machine_id = $1 ORDER BY id;

-- name: InsertProduct :one
INSERT INTO products (machine_id, channel_id, good_id, category_id, on_sale, inventory, current_inventory, sort_id, floor_status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '1')
RETURNING id;

-- name: InsertProductWithID :execrows
INSERT INTO products (id, machine_id, channel_id, good_id, category_id, on_sale, inventory, current_inventory, sort_id, floor_status)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, '1')
ON CONFLICT (id) DO NOTHING;

-- name: UpdateProduct :exec
UPDATE products SET good_id = $2, category_id = $3, on_sale = $4, inventory = $5, current_inventory = $6, sort_id = $7
WHERE id = $1;

-- name: RetireProduct :exec
UPDATE products SET on_sale = FALSE, channel_id = 0 WHERE id = $1;
