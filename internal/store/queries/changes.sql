-- name: NoteMachine :exec
INSERT INTO changes (merchant_id, machine_id, kind, ref)
SELECT machines.merchant_id, machines.id, CAST(sqlc.arg(kind) AS TEXT), machines.id FROM machines WHERE machines.id = sqlc.arg(id);

-- name: NoteMachineOfProduct :exec
INSERT INTO changes (merchant_id, machine_id, kind, ref)
SELECT machines.merchant_id, machines.id, CAST(sqlc.arg(kind) AS TEXT), machines.id
FROM products
JOIN machines ON machines.id = products.machine_id
WHERE products.id = sqlc.arg(id);

-- name: NoteOrder :exec
INSERT INTO changes (merchant_id, machine_id, kind, ref)
SELECT orders.merchant_id, orders.machine_id, CAST(sqlc.arg(kind) AS TEXT), orders.id FROM orders WHERE orders.id = sqlc.arg(id);

-- name: NoteOrderOfDelivery :exec
INSERT INTO changes (merchant_id, machine_id, kind, ref)
SELECT orders.merchant_id, orders.machine_id, CAST(sqlc.arg(kind) AS TEXT), orders.id
FROM deliveries
JOIN orders ON orders.id = deliveries.order_id
WHERE deliveries.id = sqlc.arg(id);

-- name: NoteOrderOfCallback :exec
INSERT INTO changes (merchant_id, machine_id, kind, ref)
SELECT orders.merchant_id, orders.machine_id, CAST(sqlc.arg(kind) AS TEXT), orders.id
FROM callbacks
JOIN orders ON orders.id = callbacks.order_id
WHERE callbacks.id = sqlc.arg(id);

-- name: NoteMachineOfCode :exec
INSERT INTO changes (merchant_id, machine_id, kind, ref)
SELECT machines.merchant_id, machines.id, CAST(sqlc.arg(kind) AS TEXT), machines.id
FROM pickup_codes
JOIN machines ON machines.id = pickup_codes.machine_id
WHERE pickup_codes.id = sqlc.arg(id);

-- name: ChangesAfter :many
SELECT * FROM changes WHERE id > $1 ORDER BY id LIMIT $2;

-- name: ChangesBounds :one
-- The first and the last change, 0 where there is none.
SELECT CAST(COALESCE((SELECT MIN(id) FROM changes), 0) AS BIGINT) AS first,
    CAST(COALESCE((SELECT MAX(id) FROM changes), 0) AS BIGINT) AS last;

-- name: DeleteChanges :exec
DELETE FROM changes WHERE id <= $1;
