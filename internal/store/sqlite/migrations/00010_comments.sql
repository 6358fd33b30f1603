-- +goose Up
-- What the merchant's people say about an order, for the others and for the
-- evidence. A comment is never changed.
CREATE TABLE order_comments (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id   BIGINT NOT NULL REFERENCES orders (id),
    user_id    BIGINT NOT NULL REFERENCES users (id),
    text       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX order_comments_by_order ON order_comments (order_id, id);

CREATE INDEX visits_by_merchant ON visits (merchant_id, id);

-- +goose Down
DROP INDEX visits_by_merchant;
DROP TABLE order_comments;
