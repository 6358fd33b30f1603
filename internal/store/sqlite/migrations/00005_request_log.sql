-- +goose Up
-- The log of requests for the merchant's developer, kept for 7 days: calls of
-- the Open API, and messages of machines that were dropped. merchant_id 0 is a
-- caller that named no merchant. at is UTC milliseconds, duration microseconds.
CREATE TABLE request_log (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    machine_no  TEXT   NOT NULL,
    kind        TEXT   NOT NULL,
    request_id  TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    duration    BIGINT NOT NULL,
    client      TEXT   NOT NULL,
    verb        TEXT   NOT NULL,
    target      TEXT   NOT NULL,
    method      TEXT   NOT NULL,
    headers     TEXT   NOT NULL,
    raw         TEXT   NOT NULL,
    payload     TEXT   NOT NULL,
    status      BIGINT NOT NULL,
    code        BIGINT NOT NULL,
    reason      TEXT   NOT NULL,
    diagnosis   TEXT   NOT NULL,
    answer      TEXT   NOT NULL
);
CREATE INDEX request_log_by_merchant ON request_log (merchant_id, id);

-- What the console lists of a merchant, newest first.
CREATE INDEX orders_by_merchant ON orders (merchant_id, created_at, id);
CREATE INDEX orders_by_machine ON orders (machine_id, created_at, id);
CREATE INDEX callbacks_dead ON callbacks (merchant_id, id) WHERE state = 'DEAD';

-- +goose Down
DROP INDEX callbacks_dead;
DROP INDEX orders_by_machine;
DROP INDEX orders_by_merchant;
DROP TABLE request_log;
