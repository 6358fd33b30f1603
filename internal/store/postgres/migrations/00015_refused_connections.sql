-- +goose Up
-- How often the passwords of the machine were changed, and from when on that of its
-- newest connection is not accepted any more, UTC milliseconds; 0 is never.
ALTER TABLE presence ADD COLUMN password_version BIGINT NOT NULL DEFAULT 0;
ALTER TABLE presence ADD COLUMN refused_from BIGINT NOT NULL DEFAULT 0;
CREATE INDEX presence_refused ON presence (refused_from) WHERE refused_from <> 0;

-- +goose Down
DROP INDEX presence_refused;
ALTER TABLE presence DROP COLUMN refused_from;
ALTER TABLE presence DROP COLUMN password_version;
