-- name: InsertModelTemplate :one
INSERT INTO model_templates (merchant_id, name, created_at) VALUES ($1, $2, $3)
ON CONFLICT (merchant_id, name) DO NOTHING
RETURNING id;

-- name: LockModelTemplate :execrows
-- Others that change the template, or give a machine one of its versions, wait until
-- this transaction is over.
UPDATE model_templates SET name = name WHERE id = $1 AND merchant_id = $2;

-- name: InsertVersionModel :one
INSERT INTO models (merchant_id, name) VALUES ($1, $2) ON CONFLICT (merchant_id, name) DO NOTHING RETURNING id;

-- name: InsertModelVersion :exec
INSERT INTO model_versions (template_id, version, model_id, channels, channel_count, created_by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: RenameModelTemplate :execrows
-- Only if it still has the old name, and no other of the merchant has the new one.
UPDATE model_templates SET name = sqlc.arg(name)
WHERE model_templates.id = sqlc.arg(id) AND model_templates.name = sqlc.arg(old_name) AND NOT EXISTS (
    SELECT 1 FROM model_templates t
    WHERE t.merchant_id = model_templates.merchant_id AND t.name = sqlc.arg(name) AND t.id <> model_templates.id);

-- name: RenameModel :execrows
-- Only if no other model of the merchant has the name.
UPDATE models SET name = sqlc.arg(name)
WHERE models.id = sqlc.arg(id) AND NOT EXISTS (
    SELECT 1 FROM models m WHERE m.merchant_id = models.merchant_id AND m.name = sqlc.arg(name) AND m.id <> models.id);

-- name: MachinesOfTemplate :one
-- How many machines have any of its versions, whoever they belong to.
SELECT COUNT(*) FROM model_versions v CROSS JOIN machines m WHERE v.template_id = $1 AND m.model_id = v.model_id;

-- name: ModelsOfTemplate :many
-- The models that are its versions.
SELECT version, model_id FROM model_versions WHERE template_id = $1 ORDER BY version;

-- name: DeleteModelVersions :exec
DELETE FROM model_versions WHERE template_id = $1;

-- name: DeleteModelTemplate :execrows
DELETE FROM model_templates WHERE id = $1 AND merchant_id = $2;

-- name: DeleteBoardsOfModel :exec
DELETE FROM model_boards WHERE model_id = $1;

-- name: DeleteModel :exec
DELETE FROM models WHERE id = $1;

-- name: ModelVersion :one
-- A version of a merchant's template, the newest for 0.
SELECT sqlc.embed(model_versions), model_templates.name FROM model_versions
JOIN model_templates ON model_templates.id = model_versions.template_id
WHERE model_versions.template_id = sqlc.arg(template_id) AND model_templates.merchant_id = sqlc.arg(merchant_id)
  AND (CAST(sqlc.arg(version) AS BIGINT) = 0 OR model_versions.version = sqlc.arg(version))
ORDER BY model_versions.version DESC LIMIT 1;

-- name: IsModelVersion :one
SELECT COUNT(*) FROM model_versions WHERE model_id = $1;

-- name: ModelVersions :many
-- The versions of a template, newest first, with how many machines have each, in a
-- group of machines or in all.
SELECT model_versions.version, model_versions.channel_count, model_versions.created_at,
    CAST(COALESCE(users.name, '') AS TEXT) AS created_by_name,
    CAST((SELECT COUNT(*) FROM machines m WHERE m.model_id = model_versions.model_id AND m.merchant_id = model_templates.merchant_id
        AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR m.machine_group = sqlc.arg(machine_group))) AS BIGINT) AS machines
FROM model_versions
JOIN model_templates ON model_templates.id = model_versions.template_id
LEFT JOIN users ON users.id = model_versions.created_by
WHERE model_versions.template_id = sqlc.arg(template_id)
ORDER BY model_versions.version DESC;

-- name: ModelPage :many
-- A merchant's templates by name, with the newest version of each and how many
-- machines have any, in a group of machines or in all. pattern '' does not count.
-- CROSS JOIN keeps SQLite from looking at all machines of the merchant for each.
SELECT model_templates.id, model_templates.name, model_versions.version, model_versions.channel_count, model_versions.created_at,
    CAST((SELECT COUNT(*) FROM model_boards b WHERE b.model_id = model_versions.model_id) AS BIGINT) AS boards,
    CAST((SELECT COUNT(*) FROM model_versions v CROSS JOIN machines m
        WHERE v.template_id = model_templates.id AND m.model_id = v.model_id AND m.merchant_id = model_templates.merchant_id
          AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR m.machine_group = sqlc.arg(machine_group))) AS BIGINT) AS machines
FROM model_templates
JOIN model_versions ON model_versions.template_id = model_templates.id
WHERE model_templates.merchant_id = sqlc.arg(merchant_id)
  AND model_versions.version = (SELECT MAX(n.version) FROM model_versions n WHERE n.template_id = model_templates.id)
  AND (CAST(sqlc.arg(pattern) AS TEXT) = '' OR LOWER(model_templates.name) LIKE sqlc.arg(pattern) ESCAPE '!')
  AND (model_templates.name > CAST(sqlc.arg(after_name) AS TEXT)
    OR (model_templates.name = sqlc.arg(after_name) AND model_templates.id > CAST(sqlc.arg(after_id) AS BIGINT)))
ORDER BY model_templates.name, model_templates.id
LIMIT sqlc.arg(page_size);

-- name: ModelOfMachine :one
-- The template's version that a machine has, and the newest there is.
SELECT model_templates.id, model_templates.name, model_versions.version,
    CAST((SELECT MAX(n.version) FROM model_versions n WHERE n.template_id = model_templates.id) AS BIGINT) AS newest
FROM machines
JOIN model_versions ON model_versions.model_id = machines.model_id
JOIN model_templates ON model_templates.id = model_versions.template_id AND model_templates.merchant_id = machines.merchant_id
WHERE machines.id = $1;

-- name: SetMachineModel :exec
UPDATE machines SET model_id = $2 WHERE id = $1;

-- name: RetireEmptyProduct :execrows
-- Only what holds no piece, and no customer has a usable code for.
UPDATE products SET on_sale = FALSE, channel_id = 0
WHERE products.id = sqlc.arg(id) AND products.current_inventory = 0 AND NOT EXISTS (
    SELECT 1 FROM pickup_codes c WHERE c.product_id = products.id AND c.state = 'UNUSED'
      AND (c.expired_at = 0 OR c.expired_at > sqlc.arg(now)));
