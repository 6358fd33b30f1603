-- +goose Up
-- The console: who may sign in, what they may do, and what they did.

-- email is folded to lower case. password_hash is '' for an account that signs
-- in elsewhere. status is ACTIVE or DISABLED.
CREATE TABLE users (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    email             TEXT    NOT NULL UNIQUE,
    name              TEXT    NOT NULL,
    password_hash     TEXT    NOT NULL,
    is_platform_admin BOOLEAN NOT NULL,
    status            TEXT    NOT NULL,
    language          TEXT    NOT NULL,
    created_at        BIGINT  NOT NULL
);

-- What a user is at a merchant. machine_group '' means all machines.
CREATE TABLE members (
    user_id       BIGINT NOT NULL REFERENCES users (id),
    merchant_id   BIGINT NOT NULL REFERENCES merchants (id),
    role          TEXT   NOT NULL,
    machine_group TEXT   NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (user_id, merchant_id)
);
CREATE INDEX members_by_merchant ON members (merchant_id, user_id);

-- token_hash is the SHA-256 of what the cookie holds. merchant_id is the
-- merchant the session looks at, 0 before the first choice.
CREATE TABLE user_sessions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash   TEXT   NOT NULL UNIQUE,
    user_id      BIGINT NOT NULL REFERENCES users (id),
    merchant_id  BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,
    ip           TEXT   NOT NULL,
    user_agent   TEXT   NOT NULL
);
CREATE INDEX user_sessions_by_user ON user_sessions (user_id, id);
CREATE INDEX user_sessions_expiring ON user_sessions (expires_at);

-- Every attempt to sign in with an account that exists.
CREATE TABLE login_log (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    BIGINT NOT NULL REFERENCES users (id),
    at         BIGINT NOT NULL,
    method     TEXT   NOT NULL,
    result     TEXT   NOT NULL,
    ip         TEXT   NOT NULL,
    user_agent TEXT   NOT NULL
);
CREATE INDEX login_log_by_user ON login_log (user_id, id);
CREATE INDEX login_log_by_time ON login_log (at);

-- email '' invites whoever has the token; used_by 0 means open.
CREATE TABLE invitations (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash    TEXT   NOT NULL UNIQUE,
    merchant_id   BIGINT NOT NULL REFERENCES merchants (id),
    email         TEXT   NOT NULL,
    role          TEXT   NOT NULL,
    machine_group TEXT   NOT NULL,
    invited_by    BIGINT NOT NULL REFERENCES users (id),
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT NOT NULL,
    used_by       BIGINT NOT NULL
);
CREATE INDEX invitations_open ON invitations (email, id) WHERE used_by = 0;

-- Every change made in the console, with JSON of what it changed. user_id 0 is
-- the operator at the command line, merchant_id 0 the platform itself.
CREATE TABLE audit_log (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           BIGINT NOT NULL,
    user_id      BIGINT NOT NULL,
    merchant_id  BIGINT NOT NULL,
    action       TEXT   NOT NULL,
    subject_kind TEXT   NOT NULL,
    subject_id   TEXT   NOT NULL,
    before       TEXT   NOT NULL,
    after        TEXT   NOT NULL,
    ip           TEXT   NOT NULL
);
CREATE INDEX audit_log_by_merchant ON audit_log (merchant_id, id);

-- What pages that are open should look at again. Rows live for minutes; id is
-- the only index, because every redemption writes some.
CREATE TABLE changes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL,
    machine_id  BIGINT NOT NULL,
    kind        TEXT   NOT NULL,
    ref         BIGINT NOT NULL
);

-- A name that machines share; members may be bound to it. '' is none.
ALTER TABLE machines ADD COLUMN machine_group TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE machines DROP COLUMN machine_group;
DROP TABLE changes;
DROP TABLE audit_log;
DROP TABLE invitations;
DROP TABLE login_log;
DROP TABLE user_sessions;
DROP TABLE members;
DROP TABLE users;
