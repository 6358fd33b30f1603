-- +goose Up
-- Times are UTC milliseconds, 0 meaning "none". Money is minor currency units.
-- The same tables, column for column, stand in ../../postgres/migrations.

CREATE TABLE merchants (
    id                             INTEGER PRIMARY KEY AUTOINCREMENT,
    slug                           TEXT    NOT NULL UNIQUE,
    title                          TEXT    NOT NULL,
    description                    TEXT    NOT NULL,
    logo                           TEXT    NOT NULL,
    store_id                       TEXT    NOT NULL,
    status                         TEXT    NOT NULL,
    app_id                         TEXT    NOT NULL UNIQUE,
    app_secret_hash                TEXT    NOT NULL,
    app_key_sealed                 TEXT    NOT NULL,
    webhook_secret_sealed          TEXT    NOT NULL,
    webhook_secret_previous_sealed TEXT    NOT NULL,
    webhook_previous_until         BIGINT  NOT NULL,
    debug                          BOOLEAN NOT NULL,
    timezone                       TEXT    NOT NULL,
    created_at                     BIGINT  NOT NULL,
    expired_at                     BIGINT  NOT NULL
);

CREATE TABLE models (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL REFERENCES merchants (id),
    name        TEXT   NOT NULL,
    UNIQUE (merchant_id, name)
);

CREATE TABLE model_boards (
    model_id       BIGINT  NOT NULL REFERENCES models (id),
    addr           BIGINT  NOT NULL CHECK (addr BETWEEN 1 AND 8),
    floor_type     BIGINT  NOT NULL,
    lift           BOOLEAN NOT NULL,
    drop_detection BOOLEAN NOT NULL,
    -- Of a channel on this board that names none.
    capacity       BIGINT  NOT NULL,
    PRIMARY KEY (model_id, addr)
);

CREATE TABLE machines (
    id                  INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id         BIGINT  NOT NULL REFERENCES merchants (id),
    model_id            BIGINT  NOT NULL REFERENCES models (id),
    machine_no          TEXT    NOT NULL UNIQUE,
    name                TEXT    NOT NULL,
    status              TEXT    NOT NULL,
    machine_type        BIGINT  NOT NULL,
    address             TEXT    NOT NULL,
    lng_lat             TEXT    NOT NULL,
    cover_image         TEXT    NOT NULL,
    contact             TEXT    NOT NULL,
    tel                 TEXT    NOT NULL,
    timezone            TEXT    NOT NULL,
    currency_id         BIGINT  NOT NULL,
    pickup_code_enabled BOOLEAN NOT NULL,
    password_hash       TEXT    NOT NULL,
    created_at          BIGINT  NOT NULL
);
CREATE INDEX machines_by_merchant ON machines (merchant_id, id);

-- What a machine says of itself, apart from machines because it changes with
-- every heartbeat.
CREATE TABLE presence (
    machine_id           BIGINT  NOT NULL PRIMARY KEY REFERENCES machines (id),
    is_online            BOOLEAN NOT NULL,
    epoch                BIGINT  NOT NULL,
    last_heartbeat_at    BIGINT  NOT NULL,
    notify_message       TEXT    NOT NULL,
    network_type         TEXT    NOT NULL,
    network_rssi         TEXT    NOT NULL,
    uptime_minutes_today BIGINT  NOT NULL
);
CREATE INDEX presence_online ON presence (last_heartbeat_at) WHERE is_online;

-- The wrong-code counter and lock of a machine (consume.md §5).
CREATE TABLE wrong_codes (
    machine_id   BIGINT NOT NULL PRIMARY KEY REFERENCES machines (id),
    attempts     TEXT   NOT NULL,
    locked_until BIGINT NOT NULL
);

CREATE TABLE announcements (
    machine_id BIGINT  NOT NULL PRIMARY KEY REFERENCES machines (id),
    id         BIGINT  NOT NULL,
    title      TEXT    NOT NULL,
    content    TEXT    NOT NULL,
    is_link    BOOLEAN NOT NULL,
    link_url   TEXT    NOT NULL
);

CREATE TABLE categories (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    machine_id BIGINT  NOT NULL REFERENCES machines (id),
    title      TEXT    NOT NULL,
    sort_id    BIGINT  NOT NULL,
    is_visible BOOLEAN NOT NULL,
    UNIQUE (machine_id, title)
);

CREATE TABLE banners (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    machine_id  BIGINT  NOT NULL REFERENCES machines (id),
    status      TEXT    NOT NULL,
    is_visible  BOOLEAN NOT NULL,
    cover_image TEXT    NOT NULL,
    sort_id     BIGINT  NOT NULL,
    hit_count   BIGINT  NOT NULL,
    views_count BIGINT  NOT NULL,
    expired_at  BIGINT  NOT NULL,
    UNIQUE (machine_id, cover_image)
);

CREATE TABLE goods (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id    BIGINT NOT NULL REFERENCES merchants (id),
    slug           TEXT   NOT NULL,
    name           TEXT   NOT NULL,
    description    TEXT   NOT NULL,
    content        TEXT   NOT NULL,
    thumb          TEXT   NOT NULL,
    media          TEXT   NOT NULL,
    price          BIGINT NOT NULL CHECK (price >= 0),
    original_price BIGINT NOT NULL CHECK (original_price >= 0),
    updated_at     BIGINT NOT NULL,
    UNIQUE (merchant_id, slug)
);

CREATE TABLE channels (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    machine_id   BIGINT  NOT NULL REFERENCES machines (id),
    addr         BIGINT  NOT NULL CHECK (addr BETWEEN 1 AND 8),
    motor        BIGINT  NOT NULL CHECK (motor BETWEEN 0 AND 99),
    name         TEXT    NOT NULL,
    x            BIGINT  NOT NULL,
    y            BIGINT  NOT NULL,
    is_auxiliary BOOLEAN NOT NULL,
    UNIQUE (machine_id, addr, motor),
    UNIQUE (machine_id, name)
);

-- A channel filled with a good. good_id, channel_id and category_id are 0
-- where there is none (any more).
CREATE TABLE products (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    machine_id        BIGINT  NOT NULL REFERENCES machines (id),
    channel_id        BIGINT  NOT NULL,
    good_id           BIGINT  NOT NULL,
    category_id       BIGINT  NOT NULL,
    on_sale           BOOLEAN NOT NULL,
    inventory         BIGINT  NOT NULL,
    current_inventory BIGINT  NOT NULL,
    sort_id           BIGINT  NOT NULL,
    floor_status      TEXT    NOT NULL,
    CHECK (current_inventory >= 0 AND current_inventory <= inventory)
);
CREATE INDEX products_by_machine ON products (machine_id, id);
CREATE UNIQUE INDEX products_by_channel ON products (channel_id) WHERE channel_id <> 0;

-- Every change of a stock level that is not a sale (openapi.md §7.20).
CREATE TABLE replenishments (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    machine_id     BIGINT NOT NULL REFERENCES machines (id),
    product_id     BIGINT NOT NULL,
    previous_level BIGINT NOT NULL,
    level          BIGINT NOT NULL,
    type           TEXT   NOT NULL,
    source         TEXT   NOT NULL,
    created_at     BIGINT NOT NULL
);
CREATE INDEX replenishments_by_machine ON replenishments (machine_id, id);

CREATE TABLE pickup_codes (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    machine_id  BIGINT NOT NULL REFERENCES machines (id),
    product_id  BIGINT NOT NULL,
    code        TEXT   NOT NULL,
    quantity    BIGINT NOT NULL CHECK (quantity > 0),
    state       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    expired_at  BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    order_id    BIGINT NOT NULL,
    trade_id    TEXT   NOT NULL
);
CREATE UNIQUE INDEX pickup_codes_live ON pickup_codes (machine_id, code) WHERE state = 'UNUSED';
CREATE INDEX pickup_codes_by_code ON pickup_codes (machine_id, code, id);
CREATE INDEX pickup_codes_by_product ON pickup_codes (product_id, id) WHERE state = 'UNUSED';
CREATE INDEX pickup_codes_expiring ON pickup_codes (expired_at) WHERE state = 'UNUSED' AND expired_at <> 0;

CREATE TABLE orders (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id       BIGINT NOT NULL REFERENCES merchants (id),
    machine_id        BIGINT NOT NULL REFERENCES machines (id),
    trade_id          TEXT   NOT NULL,
    trade_key         TEXT   NOT NULL,
    status            BIGINT NOT NULL,
    date              TEXT   NOT NULL,
    amount            BIGINT NOT NULL CHECK (amount >= 0),
    notify_url        TEXT   NOT NULL,
    notify_send_count BIGINT NOT NULL,
    pickup_code_id    BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    -- When an unpaid order ends; 0 once it is paid or ended.
    expires_at        BIGINT NOT NULL,
    UNIQUE (merchant_id, trade_key)
);
CREATE INDEX orders_expiring ON orders (expires_at) WHERE expires_at <> 0;

CREATE TABLE records (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    order_id    BIGINT  NOT NULL REFERENCES orders (id),
    product_id  BIGINT  NOT NULL,
    quantity    BIGINT  NOT NULL CHECK (quantity > 0),
    price       BIGINT  NOT NULL CHECK (price >= 0),
    state       TEXT    NOT NULL,
    delivered   BIGINT  NOT NULL,
    delivery_id BIGINT  NOT NULL,
    callback_id BIGINT  NOT NULL,
    notify_sent BOOLEAN NOT NULL
);
CREATE INDEX records_by_order ON records (order_id, id);

-- One dispense command. The id is the 16-digit delivery_id of the wire.
CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY,
    machine_id   BIGINT NOT NULL REFERENCES machines (id),
    order_id     BIGINT NOT NULL,
    record_id    BIGINT NOT NULL,
    product_id   BIGINT NOT NULL,
    quantity     BIGINT NOT NULL CHECK (quantity > 0),
    delivered    BIGINT NOT NULL,
    state        TEXT   NOT NULL,
    delivered_at BIGINT NOT NULL,
    timeout_at   BIGINT NOT NULL,
    pickup_at    BIGINT NOT NULL,
    finished_at  BIGINT NOT NULL,
    fail_reason  TEXT   NOT NULL
);
CREATE INDEX deliveries_by_record ON deliveries (record_id, id);
CREATE INDEX deliveries_open ON deliveries (timeout_at) WHERE state IN ('PENDING', 'SENT');

CREATE TABLE dispense_locks (
    machine_id   BIGINT NOT NULL PRIMARY KEY REFERENCES machines (id),
    delivery_id  BIGINT NOT NULL,
    locked_until BIGINT NOT NULL
);

-- Outbox to machines: one row per down message (mqtt.md §5, §6.1).
CREATE TABLE commands (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    machine_id  BIGINT NOT NULL REFERENCES machines (id),
    method      TEXT   NOT NULL,
    fields      TEXT   NOT NULL,
    delivery_id BIGINT NOT NULL,
    state       TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    due_at      BIGINT NOT NULL,
    lease_until BIGINT NOT NULL,
    attempts    BIGINT NOT NULL,
    sent_at     BIGINT NOT NULL
);
CREATE INDEX commands_due ON commands (due_at) WHERE state = 'QUEUED';
CREATE INDEX commands_by_machine ON commands (machine_id, id) WHERE state = 'QUEUED';
CREATE INDEX commands_by_delivery ON commands (delivery_id) WHERE delivery_id <> 0;
CREATE INDEX commands_finished ON commands (created_at) WHERE state <> 'QUEUED';

-- Outbox to merchants: one row per message to a notify_url (consume.md §9).
-- lane is '' until a message is found due while its endpoint is busy; then it
-- is that endpoint, so that the rows of a hanging one are out of the way.
CREATE TABLE callbacks (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    webhook_id  TEXT    NOT NULL UNIQUE,
    merchant_id BIGINT  NOT NULL REFERENCES merchants (id),
    order_id    BIGINT  NOT NULL,
    record_id   BIGINT  NOT NULL,
    url         TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL,
    due_at      BIGINT  NOT NULL,
    lease_until BIGINT  NOT NULL,
    attempts    BIGINT  NOT NULL,
    finished_at BIGINT  NOT NULL,
    lane        TEXT    NOT NULL,
    resent      BOOLEAN NOT NULL
);
CREATE INDEX callbacks_due ON callbacks (lane, due_at, id) WHERE state = 'PENDING';
CREATE INDEX callbacks_finished ON callbacks (finished_at) WHERE state <> 'PENDING';
CREATE INDEX callbacks_by_order ON callbacks (order_id, id);

CREATE TABLE callback_attempts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    callback_id BIGINT NOT NULL REFERENCES callbacks (id),
    started_at  BIGINT NOT NULL,
    duration    BIGINT NOT NULL,
    status      BIGINT NOT NULL,
    error       TEXT   NOT NULL
);
CREATE INDEX callback_attempts_by_callback ON callback_attempts (callback_id, id);

-- +goose Down
DROP TABLE callback_attempts;
DROP TABLE callbacks;
DROP TABLE commands;
DROP TABLE dispense_locks;
DROP TABLE deliveries;
DROP TABLE records;
DROP TABLE orders;
DROP TABLE pickup_codes;
DROP TABLE replenishments;
DROP TABLE products;
DROP TABLE channels;
DROP TABLE goods;
DROP TABLE banners;
DROP TABLE categories;
DROP TABLE announcements;
DROP TABLE wrong_codes;
DROP TABLE presence;
DROP TABLE machines;
DROP TABLE model_boards;
DROP TABLE models;
DROP TABLE merchants;
