-- name: TakeDispenseLock :execrows
INSERT INTO dispense_locks (machine_id, delivery_id, locked_until)
VALUES (sqlc.arg(machine_id), sqlc.arg(delivery_id), sqlc.arg(locked_until))
ON CONFLICT (machine_id) DO UPDATE SET delivery_id = excluded.delivery_id, locked_until = excluded.locked_until
WHERE dispense_locks.locked_until <= sqlc.arg(now);

-- name: DispenseLock :one
SELECT * FROM dispense_locks WHERE machine_id = $1;

-- name: ReleaseDispenseLock :exec
UPDATE dispense_locks SET locked_until = 0 WHERE machine_id = $1 AND delivery_id = $2;

-- name: InsertDelivery :execrows
INSERT INTO deliveries (id, machine_id, order_id, record_id, product_id, quantity, delivered, state,
    delivered_at, timeout_at, pickup_at, finished_at, fail_reason)
VALUES ($1, $2, $3, $4, $5, $6, 0, 'PENDING', $7, $8, 0, 0, '')
ON CONFLICT (id) DO NOTHING;

-- name: DeliveryByID :one
SELECT * FROM deliveries WHERE id = $1;

-- name: DeliveriesOfRecord :many
SELECT * FROM deliveries WHERE record_id = $1 ORDER BY id;

-- name: DeliverySent :execrows
UPDATE deliveries SET state = 'SENT' WHERE id = $1 AND state = 'PENDING';

-- name: FinishDelivery :execrows
UPDATE deliveries SET state = sqlc.arg(state), delivered = sqlc.arg(delivered), finished_at = sqlc.arg(now),
    fail_reason = sqlc.arg(fail_reason)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(old_state);

-- name: OverdueDeliveries :many
SELECT id FROM deliveries WHERE state IN ('PENDING', 'SENT') AND timeout_at <= $1
ORDER BY timeout_at LIMIT $2;

-- name: NewestSuccess :one
-- The last success of a product, or of those behind the same lock.
SELECT deliveries.* FROM deliveries
JOIN products ON products.id = deliveries.product_id
JOIN records ON records.id = deliveries.record_id AND records.state = 'IS_SUCCESS'
WHERE deliveries.machine_id = sqlc.arg(machine_id) AND deliveries.state = 'SUCCESS'
  AND deliveries.finished_at >= sqlc.arg(since)
  AND (products.id = sqlc.arg(product_id) OR products.lock_id <> 0 AND products.lock_id = sqlc.arg(channel_id))
ORDER BY deliveries.finished_at DESC, deliveries.record_id DESC LIMIT 1;

-- name: DeliveryPickedUp :execrows
UPDATE deliveries SET state = 'PICKED_UP', pickup_at = $2 WHERE id = $1 AND state = 'SUCCESS';

-- name: RecordPickedUp :execrows
UPDATE records SET state = 'IS_PICKED_UP' WHERE id = $1 AND state = 'IS_SUCCESS';
