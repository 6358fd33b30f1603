-- name: InsertNode :exec
INSERT INTO nodes (id, beat, started_at) VALUES ($1, 0, $2);

-- name: BeatNode :execrows
UPDATE nodes SET beat = beat + 1 WHERE id = $1;

-- name: Nodes :many
SELECT * FROM nodes ORDER BY id;

-- name: DeleteNode :exec
DELETE FROM nodes WHERE id = $1;

-- name: DeleteSilentNode :execrows
-- Unless it has given a sign of life since.
DELETE FROM nodes WHERE id = $1 AND beat = $2;

-- name: EpochsOfNode :many
SELECT m.machine_no, p.epoch FROM presence p
JOIN machines m ON m.id = p.machine_id
WHERE p.node = $1 AND p.node <> '';

-- name: LivingNodeOfMachine :one
SELECT n.id FROM presence p JOIN nodes n ON n.id = p.node WHERE p.machine_id = $1;

-- name: TakeLease :execrows
-- For one that has it already, that is over, or whose node is gone.
INSERT INTO leases (name, node, expires_at) VALUES (sqlc.arg(name), sqlc.arg(node), sqlc.arg(expires_at))
ON CONFLICT (name) DO UPDATE SET node = excluded.node, expires_at = excluded.expires_at
WHERE leases.node = excluded.node OR leases.expires_at <= sqlc.arg(now)
   OR NOT EXISTS (SELECT 1 FROM nodes n WHERE n.id = leases.node);
