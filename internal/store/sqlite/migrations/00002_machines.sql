-- +goose Up
-- What machines report and are told beyond dispensing (mqtt.md §4, §5).

-- In tenths of a degree Celsius; equal limits watch nothing.
ALTER TABLE merchants ADD COLUMN temperature_min BIGINT NOT NULL DEFAULT 0;
ALTER TABLE merchants ADD COLUMN temperature_max BIGINT NOT NULL DEFAULT 0;

ALTER TABLE machines ADD COLUMN connect_type BIGINT NOT NULL DEFAULT 1;
-- The password before the last change, accepted until a time (mqtt.md §5.5).
ALTER TABLE machines ADD COLUMN password_previous_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE machines ADD COLUMN password_previous_until BIGINT NOT NULL DEFAULT 0;

-- When an offline machine becomes an alert; 0 for none (mqtt.md §4.4).
ALTER TABLE presence ADD COLUMN alert_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX presence_alerts ON presence (alert_at) WHERE alert_at <> 0;

ALTER TABLE products ADD COLUMN lock_status TEXT NOT NULL DEFAULT '';
-- The channel of the lock that belongs to the product, 0 for none.
ALTER TABLE products ADD COLUMN lock_id BIGINT NOT NULL DEFAULT 0;

ALTER TABLE goods ADD COLUMN is_returnable BOOLEAN NOT NULL DEFAULT TRUE;

ALTER TABLE banners ADD COLUMN title TEXT NOT NULL DEFAULT '';
ALTER TABLE banners ADD COLUMN video_url TEXT NOT NULL DEFAULT '';
ALTER TABLE banners ADD COLUMN link_url TEXT NOT NULL DEFAULT '';
ALTER TABLE banners ADD COLUMN view_type BIGINT NOT NULL DEFAULT 0;

-- One setting of a machine: what it last reported, beside what it was told.
CREATE TABLE machine_config (
    machine_id  BIGINT NOT NULL REFERENCES machines (id),
    name        TEXT   NOT NULL,
    reported    TEXT   NOT NULL,
    reported_at BIGINT NOT NULL,
    desired     TEXT   NOT NULL,
    desired_at  BIGINT NOT NULL,
    PRIMARY KEY (machine_id, name)
);

-- kind is ONCE or CYCLE (mqtt.md §5.7, §5.8); times as the wire has them.
CREATE TABLE power_schedules (
    machine_id BIGINT NOT NULL REFERENCES machines (id),
    kind       TEXT   NOT NULL,
    power_on   TEXT   NOT NULL,
    power_off  TEXT   NOT NULL,
    weekdays   TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (machine_id, kind)
);

-- Every accepted up message and every down message (mqtt.md §3.5).
CREATE TABLE machine_logs (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    machine_id BIGINT  NOT NULL,
    is_up      BOOLEAN NOT NULL,
    method     TEXT    NOT NULL,
    payload    TEXT    NOT NULL,
    created_at BIGINT  NOT NULL
);
CREATE INDEX machine_logs_by_machine ON machine_logs (machine_id, id);

-- The last running totals a machine sent, and what each day used (mqtt.md §4.13).
CREATE TABLE traffic_totals (
    machine_id       BIGINT NOT NULL REFERENCES machines (id),
    network_type     BIGINT NOT NULL,
    upload_bytes     BIGINT NOT NULL,
    download_bytes   BIGINT NOT NULL,
    upload_packets   BIGINT NOT NULL,
    download_packets BIGINT NOT NULL,
    PRIMARY KEY (machine_id, network_type)
);

CREATE TABLE traffic_days (
    machine_id       BIGINT NOT NULL REFERENCES machines (id),
    day              TEXT   NOT NULL,
    network_type     BIGINT NOT NULL,
    upload_bytes     BIGINT NOT NULL,
    download_bytes   BIGINT NOT NULL,
    upload_packets   BIGINT NOT NULL,
    download_packets BIGINT NOT NULL,
    PRIMARY KEY (machine_id, day, network_type)
);

-- What an operator should look at. At most one of a kind is open for a subject.
CREATE TABLE alerts (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    machine_id  BIGINT NOT NULL REFERENCES machines (id),
    kind        TEXT   NOT NULL,
    subject     TEXT   NOT NULL,
    detail      TEXT   NOT NULL,
    opened_at   BIGINT NOT NULL,
    resolved_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX alerts_open ON alerts (machine_id, kind, subject) WHERE resolved_at = 0;

-- Whether one message filled or emptied the whole machine (mqtt.md §4.9).
ALTER TABLE replenishments ADD COLUMN is_all BOOLEAN NOT NULL DEFAULT FALSE;

-- For the newest success of a product whose door was opened (mqtt.md §4.8).
CREATE INDEX deliveries_done ON deliveries (product_id, finished_at) WHERE state = 'SUCCESS';

-- +goose Down
DROP INDEX deliveries_done;
ALTER TABLE replenishments DROP COLUMN is_all;
DROP TABLE alerts;
DROP TABLE traffic_days;
DROP TABLE traffic_totals;
DROP TABLE machine_logs;
DROP TABLE power_schedules;
DROP TABLE machine_config;
ALTER TABLE banners DROP COLUMN view_type;
ALTER TABLE banners DROP COLUMN link_url;
ALTER TABLE banners DROP COLUMN video_url;
ALTER TABLE banners DROP COLUMN title;
ALTER TABLE goods DROP COLUMN is_returnable;
ALTER TABLE products DROP COLUMN lock_id;
ALTER TABLE products DROP COLUMN lock_status;
DROP INDEX presence_alerts;
ALTER TABLE presence DROP COLUMN alert_at;
ALTER TABLE machines DROP COLUMN password_previous_until;
ALTER TABLE machines DROP COLUMN password_previous_hash;
ALTER TABLE machines DROP COLUMN connect_type;
ALTER TABLE merchants DROP COLUMN temperature_max;
ALTER TABLE merchants DROP COLUMN temperature_min;
