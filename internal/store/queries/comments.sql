-- name: InsertOrderComment :one
INSERT INTO order_comments (order_id, user_id, text, created_at)
VALUES ($1, $2, $3, $4)
RETURNING id;

-- name: CommentsOfOrder :many
-- The oldest first.
SELECT order_comments.id, order_comments.text, order_comments.created_at, users.email, users.name AS user_name
FROM order_comments
JOIN users ON users.id = order_comments.user_id
WHERE order_comments.order_id = $1
ORDER BY order_comments.id;
