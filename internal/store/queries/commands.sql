-- name: InsertCommand :exec
INSERT INTO commands (machine_id, method, fields, delivery_id, state, created_at, expires_at, due_at, lease_until, attempts, sent_at)
VALUES (sqlc.arg(machine_id), sqlc.arg(method), sqlc.arg(fields), sqlc.arg(delivery_id), 'QUEUED',
    sqlc.arg(now), sqlc.arg(expires_at), sqlc.arg(now), 0, 0, 0);

-- name: ClaimCommands :many
-- attempts counts before the bytes leave, so that a row with attempts 0 was
-- certainly never seen by its machine.
UPDATE commands SET lease_until = sqlc.arg(lease_until), attempts = attempts + 1
WHERE id IN (
    SELECT c.id FROM commands c
    WHERE c.state = 'QUEUED' AND c.due_at <= sqlc.arg(now) AND c.lease_until <= sqlc.arg(now)
    ORDER BY c.due_at, c.id LIMIT sqlc.arg(batch)
)
RETURNING *;

-- name: ParkCommand :execrows
-- The machine is not connected: nothing was written. The row waits for it,
-- at the latest until it expires.
UPDATE commands SET due_at = expires_at, lease_until = 0, attempts = attempts - 1
WHERE id = $1 AND state = 'QUEUED';

-- name: RepeatCommand :execrows
UPDATE commands SET due_at = sqlc.arg(due_at), lease_until = 0,
    sent_at = CASE WHEN sent_at = 0 THEN sqlc.arg(sent_at) ELSE sent_at END
WHERE id = sqlc.arg(id) AND state = 'QUEUED';

-- name: FinishCommand :execrows
UPDATE commands SET state = sqlc.arg(state), lease_until = 0
WHERE id = sqlc.arg(id) AND state = 'QUEUED';

-- name: FinishCommandsOfDelivery :exec
UPDATE commands SET state = 'DONE', lease_until = 0 WHERE delivery_id = $1 AND delivery_id <> 0 AND state = 'QUEUED';

-- name: WakeCommandsOfMachine :execrows
-- Rows that have not been acknowledged go out again when their machine is back.
UPDATE commands SET due_at = sqlc.arg(now), lease_until = 0
WHERE machine_id = sqlc.arg(machine_id) AND state = 'QUEUED' AND sent_at = 0 AND expires_at > sqlc.arg(now);

-- name: CommandsOfDelivery :many
SELECT * FROM commands WHERE delivery_id = $1 AND delivery_id <> 0 ORDER BY id;

-- name: CommandsOfMachine :many
SELECT * FROM commands WHERE machine_id = $1 ORDER BY id;

-- name: DeleteOldCommands :execrows
DELETE FROM commands WHERE id IN (
    SELECT c.id FROM commands c WHERE c.state <> 'QUEUED' AND c.created_at < sqlc.arg(before) LIMIT sqlc.arg(batch)
);
