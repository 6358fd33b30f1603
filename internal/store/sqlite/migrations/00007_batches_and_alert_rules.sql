-- +goose Up
-- Codes that are made in the background, many at a time. state is RUNNING, DONE
-- or CANCELLED. Whoever holds the lease makes the next piece; lease_until is also
-- what tells a holder that another one took over.
CREATE TABLE code_batches (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL REFERENCES merchants (id),
    created_by  BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    code_length BIGINT NOT NULL,
    quantity    BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    lease_until BIGINT NOT NULL,
    finished_at BIGINT NOT NULL
);
CREATE INDEX code_batches_by_merchant ON code_batches (merchant_id, id);
CREATE INDEX code_batches_running ON code_batches (lease_until) WHERE state = 'RUNNING';

-- How many codes of a product a batch wants, and has. failure is the code of the
-- refusal that ended the line early, '' for none.
CREATE TABLE code_batch_lines (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    batch_id   BIGINT NOT NULL REFERENCES code_batches (id),
    machine_id BIGINT NOT NULL REFERENCES machines (id),
    product_id BIGINT NOT NULL,
    wanted     BIGINT NOT NULL CHECK (wanted > 0),
    made       BIGINT NOT NULL CHECK (made >= 0 AND made <= wanted),
    failure    TEXT   NOT NULL
);
CREATE INDEX code_batch_lines_by_batch ON code_batch_lines (batch_id, id);

-- The batch a code was made in, 0 for none.
ALTER TABLE pickup_codes ADD COLUMN batch_id BIGINT NOT NULL DEFAULT 0;
CREATE INDEX pickup_codes_by_batch ON pickup_codes (batch_id, id) WHERE batch_id <> 0;

-- Who is told of alerts. kinds are joined with commas; machine_group '' is all
-- machines. channel is EMAIL or WEBHOOK, target an address or a URL. Nothing
-- leaves between quiet_from and quiet_to, minutes of the merchant's day; equal is
-- no quiet time.
CREATE TABLE alert_rules (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id   BIGINT  NOT NULL REFERENCES merchants (id),
    kinds         TEXT    NOT NULL,
    machine_group TEXT    NOT NULL,
    channel       TEXT    NOT NULL,
    target        TEXT    NOT NULL,
    language      TEXT    NOT NULL,
    tell_resolved BOOLEAN NOT NULL,
    quiet_from    BIGINT  NOT NULL,
    quiet_to      BIGINT  NOT NULL,
    enabled       BOOLEAN NOT NULL,
    created_at    BIGINT  NOT NULL
);
CREATE INDEX alert_rules_by_merchant ON alert_rules (merchant_id, id);

-- Messages about alerts, written in the transaction that opens or resolves one.
-- event is OPENED, RESOLVED or TEST, which has alert_id 0. state is PENDING,
-- DELIVERED or DEAD; error tells how the last attempt failed.
CREATE TABLE alert_messages (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL REFERENCES merchants (id),
    rule_id     BIGINT NOT NULL,
    alert_id    BIGINT NOT NULL,
    event       TEXT   NOT NULL,
    channel     TEXT   NOT NULL,
    target      TEXT   NOT NULL,
    state       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    error       TEXT   NOT NULL
);
CREATE INDEX alert_messages_due ON alert_messages (due_at, id) WHERE state = 'PENDING';
CREATE INDEX alert_messages_by_merchant ON alert_messages (merchant_id, id);
CREATE INDEX alert_messages_finished ON alert_messages (finished_at) WHERE state <> 'PENDING';

-- What a watch over open alerts looks at, and the alerts of a machine.
CREATE INDEX alerts_open_by_kind ON alerts (kind, id) WHERE resolved_at = 0;
CREATE INDEX alerts_by_machine ON alerts (machine_id, kind, opened_at);

-- +goose Down
DROP INDEX alerts_by_machine;
DROP INDEX alerts_open_by_kind;
DROP TABLE alert_messages;
DROP TABLE alert_rules;
DROP INDEX pickup_codes_by_batch;
ALTER TABLE pickup_codes DROP COLUMN batch_id;
DROP TABLE code_batch_lines;
DROP TABLE code_batches;
