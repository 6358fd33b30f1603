-- +goose Up
-- The AppSecret and the AppKey before the last rotation are good as well until a
-- time, UTC milliseconds; 0 is no longer. A line of the request log says which old
-- ones were used, with a space between: app_secret, app_key.
ALTER TABLE merchants ADD COLUMN app_secret_previous_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE merchants ADD COLUMN app_secret_previous_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE merchants ADD COLUMN app_key_previous_sealed TEXT NOT NULL DEFAULT '';
ALTER TABLE merchants ADD COLUMN app_key_previous_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE request_log ADD COLUMN old_credentials TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE request_log DROP COLUMN old_credentials;
ALTER TABLE merchants DROP COLUMN app_key_previous_until;
ALTER TABLE merchants DROP COLUMN app_key_previous_sealed;
ALTER TABLE merchants DROP COLUMN app_secret_previous_until;
ALTER TABLE merchants DROP COLUMN app_secret_previous_hash;
