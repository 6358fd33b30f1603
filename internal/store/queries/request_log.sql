-- name: InsertRequestLog :exec
INSERT INTO request_log (merchant_id, machine_no, kind, request_id, at, duration, client, verb, target, method, headers,
    raw, payload, status, code, reason, diagnosis, answer, old_credentials)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19);

-- name: RequestPage :many
-- A merchant's requests, newest first, older than an id. Filters that are '' or
-- FALSE do not count.
SELECT * FROM request_log
WHERE merchant_id = sqlc.arg(merchant_id) AND id < sqlc.arg(before_id)
  AND (CAST(sqlc.arg(kind) AS TEXT) = '' OR kind = sqlc.arg(kind))
  AND (CAST(sqlc.arg(machine_no) AS TEXT) = '' OR machine_no = sqlc.arg(machine_no))
  AND (NOT CAST(sqlc.arg(rejected) AS BOOLEAN) OR code <> 0 OR reason <> '')
  AND (CAST(sqlc.arg(request_id) AS TEXT) = '' OR request_id = sqlc.arg(request_id))
ORDER BY id DESC
LIMIT sqlc.arg(page_size);

-- name: RequestByID :one
SELECT * FROM request_log WHERE id = $1 AND merchant_id = $2;

-- name: DeleteOldRequests :execrows
-- Looks at the oldest lines only: ids and times grow together.
DELETE FROM request_log WHERE request_log.at < sqlc.arg(before) AND request_log.id IN (
    SELECT l.id FROM request_log l ORDER BY l.id LIMIT sqlc.arg(batch)
);

-- name: RequestLogSizes :many
-- How many lines each merchant has.
SELECT merchant_id, COUNT(*) AS lines FROM request_log GROUP BY merchant_id;

-- name: DeleteOldestRequests :execrows
DELETE FROM request_log WHERE request_log.id IN (
    SELECT l.id FROM request_log l WHERE l.merchant_id = sqlc.arg(merchant_id) ORDER BY l.id LIMIT sqlc.arg(batch)
);
