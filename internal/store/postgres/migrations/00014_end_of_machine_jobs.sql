-- +goose Up
-- A job can be stopped: machines of machine_job_rows whose turn had not come are
-- STOPPED then. Jobs that are over are deleted by the time of their end.
CREATE INDEX machine_jobs_finished ON machine_jobs (finished_at) WHERE state = 'DONE';

-- +goose Down
DROP INDEX machine_jobs_finished;
