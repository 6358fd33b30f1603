-- name: ShownProduct :one
-- What a customer sees of a product.
SELECT goods.name, goods.thumb, channels.name AS channel_name
FROM products
JOIN goods ON goods.id = products.good_id
JOIN channels ON channels.id = products.channel_id
WHERE products.id = $1 AND products.machine_id = $2;

-- name: CodeElsewhere :one
-- Whether another machine of a merchant has a usable code.
SELECT COUNT(*) FROM machines
JOIN pickup_codes c ON c.machine_id = machines.id
WHERE machines.merchant_id = sqlc.arg(merchant_id) AND c.code = sqlc.arg(code) AND c.state = 'UNUSED'
  AND (c.expired_at = 0 OR c.expired_at > sqlc.arg(now));
