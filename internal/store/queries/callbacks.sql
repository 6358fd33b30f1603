-- name: InsertCallback :one
INSERT INTO callbacks (webhook_id, merchant_id, order_id, record_id, url, body, state, created_at, due_at, lease_until,
    attempts, finished_at, lane, resent)
VALUES (sqlc.arg(webhook_id), sqlc.arg(merchant_id), sqlc.arg(order_id), sqlc.arg(record_id), sqlc.arg(url),
    sqlc.arg(body), 'PENDING', sqlc.arg(now), sqlc.arg(now), 0, 0, 0, '', FALSE)
RETURNING id;

-- name: ClaimCallbacks :many
-- Also those that a node leased which is gone since.
UPDATE callbacks SET lease_until = sqlc.arg(lease_until), leased_by = sqlc.arg(node), attempts = attempts + 1
WHERE id IN (
    SELECT c.id FROM callbacks c
    WHERE c.state = 'PENDING' AND c.lane = sqlc.arg(lane) AND c.due_at <= sqlc.arg(now)
      AND (c.lease_until <= sqlc.arg(now)
           OR c.leased_by NOT IN ('', sqlc.arg(node)) AND c.leased_by NOT IN (SELECT n.id FROM nodes n))
    ORDER BY c.due_at, c.id LIMIT sqlc.arg(batch)
)
RETURNING *;

-- name: ClaimCallbacksOfNode :many
-- The same for an engine with several writers, as ClaimCommandsOfNode is.
WITH due AS MATERIALIZED (
    SELECT c.id FROM callbacks c
    WHERE c.state = 'PENDING' AND c.lane = sqlc.arg(lane) AND c.due_at <= sqlc.arg(now)
      AND (c.lease_until <= sqlc.arg(now)
           OR c.leased_by NOT IN ('', sqlc.arg(node)) AND c.leased_by NOT IN (SELECT n.id FROM nodes n))
    ORDER BY c.due_at, c.id LIMIT sqlc.arg(batch)
    FOR UPDATE SKIP LOCKED
)
UPDATE callbacks SET lease_until = sqlc.arg(lease_until), leased_by = sqlc.arg(node), attempts = attempts + 1
WHERE id IN (SELECT id FROM due)
RETURNING *;

-- name: ParkCallback :execrows
-- Returns a claimed row unsent: its endpoint is busy. It waits in the
-- endpoint's lane. Here and below, no row is changed that another node has
-- claimed since.
UPDATE callbacks SET lane = sqlc.arg(lane), lease_until = 0, attempts = attempts - 1
WHERE id = sqlc.arg(id) AND state = 'PENDING' AND leased_by = sqlc.arg(node);

-- name: ParkedLanes :many
SELECT DISTINCT lane FROM callbacks WHERE state = 'PENDING' AND lane > '';

-- name: RetryCallback :execrows
UPDATE callbacks SET due_at = sqlc.arg(due_at), lease_until = 0, lane = ''
WHERE id = sqlc.arg(id) AND state = 'PENDING' AND leased_by = sqlc.arg(node);

-- name: DeliveredCallback :execrows
-- No row is changed if the message was acknowledged before. One that is a dead
-- letter by now, or at another node, is delivered all the same.
UPDATE callbacks SET state = 'DELIVERED', finished_at = sqlc.arg(now), lease_until = 0
WHERE id = sqlc.arg(id) AND state <> 'DELIVERED';

-- name: DeadCallback :execrows
UPDATE callbacks SET state = 'DEAD', finished_at = sqlc.arg(now), lease_until = 0
WHERE id = sqlc.arg(id) AND state = 'PENDING' AND leased_by = sqlc.arg(node);

-- name: ResendCallback :execrows
-- A dead letter gets one more attempt (consume.md §9.5).
UPDATE callbacks SET state = 'PENDING', due_at = sqlc.arg(now), lease_until = 0, finished_at = 0, lane = '', resent = TRUE
WHERE id = sqlc.arg(id) AND state = 'DEAD';

-- name: RecoverCallbacks :execrows
-- The same for all of a merchant that were made since a time; those that have
-- waited longest first, so that asking again goes on with the others.
UPDATE callbacks SET state = 'PENDING', due_at = sqlc.arg(now), lease_until = 0, finished_at = 0, lane = '', resent = TRUE
WHERE state = 'DEAD' AND id IN (
    SELECT c.id FROM callbacks c
    WHERE c.merchant_id = sqlc.arg(merchant_id) AND c.state = 'DEAD' AND c.created_at >= sqlc.arg(since)
    ORDER BY c.finished_at, c.id LIMIT sqlc.arg(batch)
);

-- name: InsertCallbackAttempt :exec
INSERT INTO callback_attempts (callback_id, started_at, duration, status, error) VALUES ($1, $2, $3, $4, $5);

-- name: AttemptsOfCallback :many
SELECT * FROM callback_attempts WHERE callback_id = $1 ORDER BY id;

-- name: CallbacksOfOrder :many
SELECT * FROM callbacks WHERE order_id = $1 ORDER BY id;

-- name: NextCallbackDue :one
-- The time of the next retry, 0 if none is planned.
SELECT CAST(COALESCE(MIN(due_at), 0) AS BIGINT) AS due_at FROM callbacks
WHERE state = 'PENDING' AND lane = '' AND due_at > sqlc.arg(now);

-- name: CallbackByID :one
SELECT * FROM callbacks WHERE id = $1;

-- name: DeleteOldAttempts :execrows
-- Attempts stay as long as their message, so that a dead letter is listed with
-- all of them.
DELETE FROM callback_attempts WHERE id IN (
    SELECT a.id FROM callbacks c JOIN callback_attempts a ON a.callback_id = c.id
    WHERE c.state <> 'PENDING' AND c.finished_at < sqlc.arg(before) LIMIT sqlc.arg(batch)
);

-- name: DeleteOldCallbacks :execrows
-- The outer guard counts where several write: a dead letter that is sent again
-- since the inner query looked stays.
DELETE FROM callbacks WHERE state <> 'PENDING' AND id IN (
    SELECT c.id FROM callbacks c WHERE c.state <> 'PENDING' AND c.finished_at < sqlc.arg(before)
      AND NOT EXISTS (SELECT 1 FROM callback_attempts a WHERE a.callback_id = c.id)
    LIMIT sqlc.arg(batch)
);
