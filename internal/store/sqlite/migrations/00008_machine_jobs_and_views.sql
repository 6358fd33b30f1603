-- +goose Up
-- Actions on many machines at once, done in the background. machine_group is the
-- group that who asked is bound to, '' for all. value is the new group of
-- set_group. state is RUNNING or DONE. Whoever holds the lease goes on with the
-- job; between two looks at its machines lease_until is when the next one is due.
CREATE TABLE machine_jobs (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id   BIGINT NOT NULL REFERENCES merchants (id),
    machine_group TEXT   NOT NULL,
    created_by    BIGINT NOT NULL,
    ip            TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    action        TEXT   NOT NULL,
    value         TEXT   NOT NULL,
    state         TEXT   NOT NULL,
    lease_until   BIGINT NOT NULL,
    finished_at   BIGINT NOT NULL
);
CREATE INDEX machine_jobs_by_merchant ON machine_jobs (merchant_id, id);
CREATE INDEX machine_jobs_running ON machine_jobs (lease_until) WHERE state = 'RUNNING';

-- One machine of a job. state is WAITING, ACCEPTED (a message to it is queued),
-- ACKNOWLEDGED (it has the message), DONE or FAILED; reason is the code of why it
-- failed. epoch is that of its connection when the message was queued.
CREATE TABLE machine_job_rows (
    job_id     BIGINT NOT NULL REFERENCES machine_jobs (id),
    machine_id BIGINT NOT NULL REFERENCES machines (id),
    state      TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    command_id BIGINT NOT NULL,
    epoch      BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (job_id, machine_id)
);

-- Filters of a page that a user keeps under a name. query is the search part of
-- the page's address. Shared ones are seen by all members of the merchant.
CREATE TABLE saved_views (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT  NOT NULL REFERENCES merchants (id),
    user_id     BIGINT  NOT NULL REFERENCES users (id),
    page        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    query       TEXT    NOT NULL,
    shared      BOOLEAN NOT NULL,
    created_at  BIGINT  NOT NULL
);
CREATE INDEX saved_views_by_page ON saved_views (merchant_id, page, id);

-- The list of machines is in the order of their names.
CREATE INDEX machines_by_name ON machines (merchant_id, name, id);

-- +goose Down
DROP INDEX machines_by_name;
DROP TABLE saved_views;
DROP TABLE machine_job_rows;
DROP TABLE machine_jobs;
