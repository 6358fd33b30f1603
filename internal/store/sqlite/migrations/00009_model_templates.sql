-- +goose Up
-- Layouts that a merchant has given a name, to build machines by.
CREATE TABLE model_templates (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    merchant_id BIGINT NOT NULL REFERENCES merchants (id),
    name        TEXT   NOT NULL,
    created_at  BIGINT NOT NULL,
    UNIQUE (merchant_id, name)
);

-- A version never changes. It is a model, which has the boards, with channels (a
-- JSON array); the machines that have it are those of that model.
CREATE TABLE model_versions (
    template_id   BIGINT NOT NULL REFERENCES model_templates (id),
    version       BIGINT NOT NULL CHECK (version > 0),
    model_id      BIGINT NOT NULL UNIQUE REFERENCES models (id),
    channels      TEXT   NOT NULL,
    channel_count BIGINT NOT NULL,
    created_by    BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (template_id, version)
);
CREATE INDEX machines_by_model ON machines (model_id);

-- +goose Down
DROP INDEX machines_by_model;
DROP TABLE model_versions;
DROP TABLE model_templates;
