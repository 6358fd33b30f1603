-- name: OpenAlert :execrows
INSERT INTO alerts (machine_id, kind, subject, detail, opened_at, resolved_at)
VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT DO NOTHING;

-- name: ResolveAlert :execrows
UPDATE alerts SET resolved_at = sqlc.arg(now)
WHERE machine_id = sqlc.arg(machine_id) AND kind = sqlc.arg(kind) AND subject = sqlc.arg(subject) AND resolved_at = 0;

-- name: AlertsOfMachine :many
SELECT * FROM alerts WHERE machine_id = $1 ORDER BY id DESC LIMIT $2;
