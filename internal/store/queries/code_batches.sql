-- name: InsertCodeBatch :one
INSERT INTO code_batches (merchant_id, created_by, created_at, code_length, quantity, expires_at, state, lease_until, finished_at)
VALUES ($1, $2, $3, $4, $5, $6, 'RUNNING', 0, 0)
RETURNING id;

-- name: InsertCodeBatchLine :exec
INSERT INTO code_batch_lines (batch_id, machine_id, product_id, wanted, made, failure)
VALUES (sqlc.arg(batch_id), sqlc.arg(machine_id), sqlc.arg(product_id), sqlc.arg(wanted), 0, '');

-- name: ClaimCodeBatch :one
-- The outer guard counts where several write.
UPDATE code_batches SET lease_until = sqlc.arg(lease_until)
WHERE state = 'RUNNING' AND code_batches.lease_until <= sqlc.arg(now) AND id = (
    SELECT b.id FROM code_batches b WHERE b.state = 'RUNNING' AND b.lease_until <= sqlc.arg(now) ORDER BY b.id LIMIT 1
)
RETURNING *;

-- name: RenewCodeBatch :execrows
-- No row is changed if the batch has ended or somebody else holds it.
UPDATE code_batches SET lease_until = sqlc.arg(lease_until)
WHERE id = sqlc.arg(id) AND state = 'RUNNING' AND lease_until = sqlc.arg(held_until);

-- name: EndCodeBatch :execrows
UPDATE code_batches SET state = sqlc.arg(state), finished_at = sqlc.arg(now), lease_until = 0
WHERE id = sqlc.arg(id) AND state = 'RUNNING';

-- name: NextCodeBatchLine :one
SELECT * FROM code_batch_lines WHERE batch_id = $1 AND made < wanted AND failure = '' ORDER BY id LIMIT 1;

-- name: CountCodeBatchLine :execrows
UPDATE code_batch_lines SET made = made + CAST(sqlc.arg(more) AS BIGINT)
WHERE id = sqlc.arg(id) AND made = sqlc.arg(made) AND failure = '';

-- name: FailCodeBatchLine :exec
UPDATE code_batch_lines SET failure = sqlc.arg(failure) WHERE id = sqlc.arg(id);

-- name: CodeBatch :one
SELECT * FROM code_batches WHERE id = $1;

-- name: CodeBatchPage :many
-- A merchant's batches, newest first, older than an id. A member who is bound to a
-- group sees those whose machines are all in it.
SELECT sqlc.embed(code_batches), CAST(COALESCE(users.name, '') AS TEXT) AS created_by_name,
    CAST(COALESCE((SELECT SUM(l.wanted) FROM code_batch_lines l WHERE l.batch_id = code_batches.id), 0) AS BIGINT) AS wanted,
    CAST(COALESCE((SELECT SUM(l.made) FROM code_batch_lines l WHERE l.batch_id = code_batches.id), 0) AS BIGINT) AS made
FROM code_batches
LEFT JOIN users ON users.id = code_batches.created_by
WHERE code_batches.merchant_id = sqlc.arg(merchant_id)
  AND code_batches.id < sqlc.arg(before_id)
  AND (CAST(sqlc.arg(batch_id) AS BIGINT) = 0 OR code_batches.id = sqlc.arg(batch_id))
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR NOT EXISTS (
    SELECT 1 FROM code_batch_lines l
    JOIN machines m ON m.id = l.machine_id
    WHERE l.batch_id = code_batches.id AND (m.machine_group <> sqlc.arg(machine_group) OR m.merchant_id <> code_batches.merchant_id)))
ORDER BY code_batches.id DESC
LIMIT sqlc.arg(page_size);

-- name: CodeBatchLines :many
SELECT sqlc.embed(code_batch_lines), machines.machine_no, machines.name AS machine_name,
    CAST(COALESCE(channels.name, '') AS TEXT) AS channel_name, CAST(COALESCE(goods.name, '') AS TEXT) AS good_name
FROM code_batch_lines
JOIN machines ON machines.id = code_batch_lines.machine_id
LEFT JOIN products ON products.id = code_batch_lines.product_id
LEFT JOIN channels ON channels.id = products.channel_id
LEFT JOIN goods ON goods.id = products.good_id
WHERE code_batch_lines.batch_id = $1
ORDER BY code_batch_lines.id;

-- name: LiveCodesOfBatch :many
-- Usable codes of a batch on machines the merchant still has.
SELECT pickup_codes.id, pickup_codes.machine_id FROM pickup_codes
JOIN machines ON machines.id = pickup_codes.machine_id
WHERE pickup_codes.batch_id <> 0 AND pickup_codes.batch_id = sqlc.arg(batch_id) AND pickup_codes.id > sqlc.arg(after_id) AND machines.merchant_id = sqlc.arg(merchant_id)
  AND pickup_codes.state = 'UNUSED' AND (pickup_codes.expired_at = 0 OR pickup_codes.expired_at > sqlc.arg(now))
ORDER BY pickup_codes.id LIMIT sqlc.arg(page_size);
