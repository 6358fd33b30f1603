-- name: SavedViews :many
-- What a user can open at a merchant's page: their own and shared ones, by name.
SELECT sqlc.embed(saved_views), CAST(COALESCE(users.name, '') AS TEXT) AS owner_name FROM saved_views
LEFT JOIN users ON users.id = saved_views.user_id
WHERE saved_views.merchant_id = sqlc.arg(merchant_id) AND saved_views.page = sqlc.arg(page)
  AND (saved_views.shared OR saved_views.user_id = sqlc.arg(user_id))
ORDER BY saved_views.name, saved_views.id;

-- name: SavedView :one
SELECT * FROM saved_views
WHERE id = sqlc.arg(id) AND merchant_id = sqlc.arg(merchant_id) AND (shared OR user_id = sqlc.arg(user_id));

-- name: InsertSavedView :one
-- None beyond the bound to those of a user for a page.
INSERT INTO saved_views (merchant_id, user_id, page, name, query, shared, created_at)
SELECT CAST(sqlc.arg(merchant_id) AS BIGINT), CAST(sqlc.arg(user_id) AS BIGINT), CAST(sqlc.arg(page) AS TEXT), CAST(sqlc.arg(name) AS TEXT),
    CAST(sqlc.arg(query) AS TEXT), CAST(sqlc.arg(shared) AS BOOLEAN), CAST(sqlc.arg(now) AS BIGINT)
WHERE (SELECT COUNT(*) FROM saved_views v WHERE v.merchant_id = sqlc.arg(merchant_id) AND v.user_id = sqlc.arg(user_id)
    AND v.page = sqlc.arg(page)) < CAST(sqlc.arg(most) AS BIGINT)
RETURNING *;

-- name: UpdateSavedView :exec
UPDATE saved_views SET name = sqlc.arg(name), query = sqlc.arg(query), shared = sqlc.arg(shared) WHERE id = sqlc.arg(id);

-- name: DeleteSavedView :exec
DELETE FROM saved_views WHERE id = $1;
