-- name: InsertMachineLog :exec
INSERT INTO machine_logs (machine_id, is_up, method, payload, created_at) VALUES ($1, $2, $3, $4, $5);

-- name: MachineLogPage :many
-- The newest lines of a machine before one; 0 begins with the last.
SELECT * FROM machine_logs
WHERE machine_id = sqlc.arg(machine_id)
  AND (CAST(sqlc.arg(before_id) AS BIGINT) = 0 OR id < sqlc.arg(before_id))
ORDER BY id DESC LIMIT sqlc.arg(page_size);

-- name: DeleteOldMachineLogs :execrows
-- Looks at the oldest lines only: ids and times grow together.
DELETE FROM machine_logs WHERE machine_logs.created_at < sqlc.arg(before) AND machine_logs.id IN (
    SELECT l.id FROM machine_logs l ORDER BY l.id LIMIT sqlc.arg(batch)
);
