-- +goose Up
-- The node that made the lease of a row of an outbox: with the node its lease is
-- gone, long before lease_until. '' is a lease from before this column, which
-- has its time.
ALTER TABLE commands ADD COLUMN leased_by TEXT NOT NULL DEFAULT '';
ALTER TABLE callbacks ADD COLUMN leased_by TEXT NOT NULL DEFAULT '';
ALTER TABLE alert_messages ADD COLUMN leased_by TEXT NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE alert_messages DROP COLUMN leased_by;
ALTER TABLE callbacks DROP COLUMN leased_by;
ALTER TABLE commands DROP COLUMN leased_by;
