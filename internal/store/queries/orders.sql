-- name: OrderByTradeKey :one
SELECT * FROM orders WHERE merchant_id = $1 AND trade_key = $2;

-- name: OrderByID :one
SELECT * FROM orders WHERE id = $1;

-- name: LockOrder :exec
-- Others that end the order or a delivery of it wait until this transaction is
-- over. (SQLite knows no SELECT … FOR UPDATE.)
UPDATE orders SET status = status WHERE id = $1;

-- name: InsertOrder :one
INSERT INTO orders (merchant_id, machine_id, trade_id, trade_key, status, date, amount, notify_url,
    notify_send_count, pickup_code_id, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11)
ON CONFLICT (merchant_id, trade_key) DO NOTHING
RETURNING id;

-- name: InsertRecord :one
INSERT INTO records (order_id, product_id, quantity, price, state, delivered, delivery_id, callback_id, notify_sent)
VALUES ($1, $2, $3, $4, 'WAITING_PICKED_UP', 0, 0, 0, FALSE)
RETURNING id;

-- name: RecordsOfOrder :many
SELECT * FROM records WHERE order_id = $1 ORDER BY id;

-- name: RecordByID :one
SELECT * FROM records WHERE id = $1;

-- name: StartRecord :execrows
UPDATE records SET state = 'IS_DELIVERING', delivery_id = sqlc.arg(delivery_id)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(old_state) AND delivery_id = sqlc.arg(old_delivery_id);

-- name: SettleRecord :execrows
UPDATE records SET state = sqlc.arg(state), delivered = delivered + sqlc.arg(delivered)
WHERE id = sqlc.arg(id) AND state = sqlc.arg(old_state);

-- name: RecordCallback :exec
UPDATE records SET callback_id = $2, notify_sent = FALSE WHERE id = $1;

-- name: RecordNotified :exec
UPDATE records SET notify_sent = TRUE WHERE id = $1 AND callback_id = $2;

-- name: CountNotified :exec
UPDATE orders SET notify_send_count = notify_send_count + 1 WHERE id = $1;

-- name: SetOrderStatus :execrows
UPDATE orders SET status = sqlc.arg(status), expires_at = sqlc.arg(expires_at)
WHERE id = sqlc.arg(id) AND status = sqlc.arg(old_status);

-- name: OrdersToExpire :many
SELECT id FROM orders WHERE expires_at <> 0 AND expires_at <= sqlc.arg(now)
ORDER BY expires_at LIMIT sqlc.arg(batch);

-- name: RefundRecord :execrows
UPDATE records SET state = 'IS_REFUND' WHERE id = sqlc.arg(id) AND state = sqlc.arg(old_state);
