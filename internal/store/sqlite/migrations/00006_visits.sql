-- +goose Up
-- Where the results of codes go that customers redeem on the pickup page, where
-- no caller names a notify_url; '' is nowhere.
ALTER TABLE merchants ADD COLUMN notify_url TEXT NOT NULL DEFAULT '';

-- Restocking visits, apart from sales. visit_key is drawn by the restocker's
-- phone: however often it sends a visit, the visit is applied once.
CREATE TABLE visits (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL REFERENCES merchants (id),
    machine_id  BIGINT NOT NULL REFERENCES machines (id),
    user_id     BIGINT NOT NULL REFERENCES users (id),
    visit_key   TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    UNIQUE (merchant_id, visit_key)
);
CREATE INDEX visits_by_machine ON visits (machine_id, id);

-- What was done to one product, in pieces. expected is what the phone believed
-- to be there, counted what was found; previous_level and level are the
-- platform's stock around the visit.
CREATE TABLE visit_lines (
    visit_id       BIGINT NOT NULL REFERENCES visits (id),
    product_id     BIGINT NOT NULL,
    expected       BIGINT NOT NULL,
    counted        BIGINT NOT NULL,
    removed        BIGINT NOT NULL,
    added          BIGINT NOT NULL,
    previous_level BIGINT NOT NULL,
    level          BIGINT NOT NULL,
    PRIMARY KEY (visit_id, product_id)
);

-- +goose Down
DROP TABLE visit_lines;
DROP TABLE visits;
ALTER TABLE merchants DROP COLUMN notify_url;
