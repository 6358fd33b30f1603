-- name: InsertCommand :exec
INSERT INTO commands (machine_id, method, fields, delivery_id, state, created_at, expires_at, due_at, lease_until, attempts, sent_at)
VALUES (sqlc.arg(machine_id), sqlc.arg(method), sqlc.arg(fields), sqlc.arg(delivery_id), 'QUEUED',
    sqlc.arg(now), sqlc.arg(expires_at), sqlc.arg(now), 0, 0, 0);

-- name: ClaimCommands :many
-- Of the machines that no other living node holds, also those that a node
-- leased which is gone since. attempts counts before the
-- bytes leave, so that a row with attempts 0 was certainly never seen by its
-- machine. The node is compared as n.id: of p.node SQLite would ask whether the
-- value fits the condition of an index, and prepare the statement anew each time.
UPDATE commands SET lease_until = sqlc.arg(lease_until), leased_by = sqlc.arg(node), attempts = attempts + 1
WHERE id IN (
    SELECT c.id FROM commands c
    WHERE c.state = 'QUEUED' AND c.due_at <= sqlc.arg(now)
      AND (c.lease_until <= sqlc.arg(now)
           OR c.leased_by NOT IN ('', sqlc.arg(node)) AND c.leased_by NOT IN (SELECT n.id FROM nodes n))
      AND (SELECT COUNT(*) FROM presence p JOIN nodes n ON n.id = p.node
           WHERE p.machine_id = c.machine_id AND n.id <> sqlc.arg(node)) = 0
    ORDER BY c.due_at, c.id LIMIT sqlc.arg(batch)
)
RETURNING *;

-- name: ClaimCommandsOfNode :many
-- The same for an engine with several writers: rows that somebody else is
-- changing are left to the next time, so that nodes neither wait for each other
-- nor claim the same row.
WITH due AS MATERIALIZED (
    SELECT c.id FROM commands c
    WHERE c.state = 'QUEUED' AND c.due_at <= sqlc.arg(now)
      AND (c.lease_until <= sqlc.arg(now)
           OR c.leased_by NOT IN ('', sqlc.arg(node)) AND c.leased_by NOT IN (SELECT n.id FROM nodes n))
      AND (SELECT COUNT(*) FROM presence p JOIN nodes n ON n.id = p.node
           WHERE p.machine_id = c.machine_id AND p.node <> sqlc.arg(node)) = 0
    ORDER BY c.due_at, c.id LIMIT sqlc.arg(batch)
    FOR UPDATE SKIP LOCKED
)
UPDATE commands SET lease_until = sqlc.arg(lease_until), leased_by = sqlc.arg(node), attempts = attempts + 1
WHERE id IN (SELECT id FROM due)
RETURNING *;

-- name: PutBackCommand :execrows
-- Returns a claimed row of which nothing was written. Here and below, no row is
-- changed that another node has claimed since.
UPDATE commands SET due_at = sqlc.arg(due_at), lease_until = 0, attempts = attempts - 1
WHERE id = sqlc.arg(id) AND state = 'QUEUED' AND leased_by = sqlc.arg(node);

-- name: UnclaimCommand :execrows
-- Takes back claims that crossed an earlier claim of the same relay; when the
-- row is due stays as the result of that one has set it.
UPDATE commands SET attempts = attempts - sqlc.arg(claims), lease_until = 0
WHERE id = sqlc.arg(id) AND state = 'QUEUED' AND leased_by = sqlc.arg(node);

-- name: EarlierCommand :one
-- The oldest message before this one that its machine has not acknowledged.
-- Dispense commands keep no order with the others.
SELECT * FROM commands
WHERE machine_id = sqlc.arg(machine_id) AND id < sqlc.arg(id) AND state = 'QUEUED' AND delivery_id = 0
ORDER BY id LIMIT 1;

-- name: NextCommandDue :one
SELECT due_at FROM commands WHERE state = 'QUEUED' AND due_at > sqlc.arg(now) ORDER BY due_at LIMIT 1;

-- name: RepeatCommand :execrows
UPDATE commands SET due_at = sqlc.arg(due_at), lease_until = 0,
    sent_at = CASE WHEN sent_at = 0 THEN sqlc.arg(sent_at) ELSE sent_at END
WHERE id = sqlc.arg(id) AND state = 'QUEUED' AND leased_by = sqlc.arg(node);

-- name: ExpireCommand :execrows
UPDATE commands SET state = 'EXPIRED', lease_until = 0
WHERE id = sqlc.arg(id) AND state = 'QUEUED' AND leased_by = sqlc.arg(node);

-- name: FinishCommand :execrows
-- Whoever has it now: what the machine has acknowledged is not sent again.
UPDATE commands SET state = 'DONE', lease_until = 0 WHERE id = $1 AND state = 'QUEUED';

-- name: FinishCommandsOfDelivery :exec
UPDATE commands SET state = 'DONE', lease_until = 0 WHERE delivery_id = $1 AND delivery_id <> 0 AND state = 'QUEUED';

-- name: WakeCommandsOfMachine :execrows
-- Rows that have not been acknowledged go out again when their machine is back.
UPDATE commands SET due_at = sqlc.arg(now), lease_until = 0
WHERE machine_id = sqlc.arg(machine_id) AND state = 'QUEUED' AND sent_at = 0 AND expires_at > sqlc.arg(now);

-- name: MachineToWake :one
-- The machine of this number if WakeCommandsOfMachine would find a row of it.
SELECT c.machine_id FROM commands c
JOIN machines m ON m.id = c.machine_id
WHERE m.machine_no = sqlc.arg(machine_no) AND c.state = 'QUEUED' AND c.sent_at = 0 AND c.expires_at > sqlc.arg(now)
LIMIT 1;

-- name: CommandsOfDelivery :many
SELECT * FROM commands WHERE delivery_id = $1 AND delivery_id <> 0 ORDER BY id;

-- name: CommandsOfMachine :many
SELECT * FROM commands WHERE machine_id = $1 ORDER BY id;

-- name: DeleteOldCommands :execrows
DELETE FROM commands WHERE id IN (
    SELECT c.id FROM commands c WHERE c.state <> 'QUEUED' AND c.created_at < sqlc.arg(before) LIMIT sqlc.arg(batch)
);

-- name: WithdrawMessages :exec
-- Messages of a method that a newer one makes wrong.
UPDATE commands SET state = 'DONE', lease_until = 0
WHERE machine_id = $1 AND method = $2 AND delivery_id = 0 AND state = 'QUEUED';

-- name: WithdrawCommand :execrows
-- Only a command that was certainly never written can be taken back.
UPDATE commands SET state = 'DONE', lease_until = 0
WHERE delivery_id = $1 AND delivery_id <> 0 AND state = 'QUEUED' AND attempts = 0;
