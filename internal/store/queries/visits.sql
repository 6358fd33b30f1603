-- name: InsertVisit :one
-- No row where the visit has been applied.
INSERT INTO visits (merchant_id, machine_id, user_id, visit_key, created_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (merchant_id, visit_key) DO NOTHING
RETURNING id;

-- name: VisitByKey :one
SELECT * FROM visits WHERE merchant_id = $1 AND visit_key = $2;

-- name: InsertVisitLine :exec
INSERT INTO visit_lines (visit_id, product_id, expected, counted, removed, added, previous_level, level)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: VisitLines :many
SELECT * FROM visit_lines WHERE visit_id = $1 ORDER BY product_id;
