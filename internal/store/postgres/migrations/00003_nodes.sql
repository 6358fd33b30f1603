-- +goose Up
-- Several nodes on one database.

-- The nodes at work. beat changes as long as the node lives; the others delete
-- the row of one whose beat stands still, which frees all it held.
CREATE TABLE nodes (
    id         TEXT   NOT NULL PRIMARY KEY,
    beat       BIGINT NOT NULL,
    started_at BIGINT NOT NULL
);

-- The node that has a machine's connection or had the last one; '' for none.
-- One that is not in nodes holds nothing.
ALTER TABLE presence ADD COLUMN node TEXT NOT NULL DEFAULT '';
CREATE INDEX presence_by_node ON presence (node) WHERE node <> '';

-- Periodic work that one node does for all.
CREATE TABLE leases (
    name       TEXT   NOT NULL PRIMARY KEY,
    node       TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);

-- +goose Down
DROP TABLE leases;
DROP INDEX presence_by_node;
ALTER TABLE presence DROP COLUMN node;
DROP TABLE nodes;
