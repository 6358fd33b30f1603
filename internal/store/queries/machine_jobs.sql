-- name: InsertMachineJob :one
INSERT INTO machine_jobs (merchant_id, machine_group, created_by, ip, created_at, action, value, state, lease_until, finished_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 'RUNNING', 0, 0)
RETURNING id;

-- name: InsertMachineJobRow :exec
INSERT INTO machine_job_rows (job_id, machine_id, state, reason, command_id, epoch, updated_at)
VALUES ($1, $2, 'WAITING', '', 0, 0, $3);

-- name: MachineJobDue :one
SELECT EXISTS (SELECT 1 FROM machine_jobs WHERE state = 'RUNNING' AND lease_until <= $1);

-- name: ClaimMachineJob :one
-- The outer guard counts where several write.
UPDATE machine_jobs SET lease_until = sqlc.arg(lease_until)
WHERE state = 'RUNNING' AND machine_jobs.lease_until <= sqlc.arg(now) AND id = (
    SELECT j.id FROM machine_jobs j WHERE j.state = 'RUNNING' AND j.lease_until <= sqlc.arg(now) ORDER BY j.id LIMIT 1
)
RETURNING *;

-- name: RenewMachineJob :execrows
-- No row is changed if the job has ended or somebody else holds it.
UPDATE machine_jobs SET lease_until = sqlc.arg(lease_until)
WHERE id = sqlc.arg(id) AND state = 'RUNNING' AND lease_until = sqlc.arg(held_until);

-- name: EndMachineJob :exec
UPDATE machine_jobs SET state = 'DONE', finished_at = sqlc.arg(now), lease_until = 0
WHERE id = sqlc.arg(id) AND state = 'RUNNING';

-- name: NextMachineOfJob :one
SELECT machine_id FROM machine_job_rows WHERE job_id = $1 AND state = 'WAITING' ORDER BY machine_id LIMIT 1;

-- name: OpenMachinesOfJob :one
SELECT COUNT(*) FROM machine_job_rows WHERE job_id = $1 AND state IN ('WAITING', 'ACCEPTED', 'ACKNOWLEDGED');

-- name: SetMachineJobRow :execrows
UPDATE machine_job_rows SET state = sqlc.arg(state), reason = sqlc.arg(reason), command_id = sqlc.arg(command_id),
    epoch = sqlc.arg(epoch), updated_at = sqlc.arg(now)
WHERE job_id = sqlc.arg(job_id) AND machine_id = sqlc.arg(machine_id) AND state = 'WAITING';

-- name: StopMachinesOfJob :execrows
-- Those whose turn has not come. The one that is worked on is whose transaction
-- comes first: SetMachineJobRow needs it WAITING as well.
UPDATE machine_job_rows SET state = 'STOPPED', reason = sqlc.arg(reason), updated_at = sqlc.arg(now)
WHERE job_id = sqlc.arg(job_id) AND machine_job_rows.state = 'WAITING'
  AND EXISTS (SELECT 1 FROM machine_jobs j WHERE j.id = machine_job_rows.job_id AND j.merchant_id = sqlc.arg(merchant_id));

-- name: QueuedCommand :one
-- The newest message of a method that waits for a machine.
SELECT id FROM commands WHERE machine_id = $1 AND method = $2 AND state = 'QUEUED' ORDER BY id DESC LIMIT 1;

-- name: AcknowledgeMachinesOfJob :execrows
UPDATE machine_job_rows SET state = 'ACKNOWLEDGED', updated_at = sqlc.arg(now)
WHERE job_id = sqlc.arg(job_id) AND machine_job_rows.state = 'ACCEPTED'
  AND EXISTS (SELECT 1 FROM commands c WHERE c.id = machine_job_rows.command_id AND c.state = 'DONE');

-- name: GiveUpMachinesOfJob :execrows
-- Those whose message has expired.
UPDATE machine_job_rows SET state = 'FAILED', reason = sqlc.arg(reason), updated_at = sqlc.arg(now)
WHERE job_id = sqlc.arg(job_id) AND machine_job_rows.state = 'ACCEPTED'
  AND NOT EXISTS (SELECT 1 FROM commands c WHERE c.id = machine_job_rows.command_id AND c.state IN ('QUEUED', 'DONE'));

-- name: FinishMachinesOfJob :execrows
-- Those that have connected anew since.
UPDATE machine_job_rows SET state = 'DONE', updated_at = sqlc.arg(now)
WHERE job_id = sqlc.arg(job_id) AND state = 'ACKNOWLEDGED'
  AND EXISTS (SELECT 1 FROM presence p
    WHERE p.machine_id = machine_job_rows.machine_id AND p.is_online AND p.epoch > machine_job_rows.epoch);

-- name: MissMachinesOfJob :execrows
-- Those that have been silent since they had the message.
UPDATE machine_job_rows SET state = 'FAILED', reason = sqlc.arg(reason), updated_at = sqlc.arg(now)
WHERE job_id = sqlc.arg(job_id) AND state = 'ACKNOWLEDGED' AND machine_job_rows.updated_at <= sqlc.arg(silent_since);

-- name: SetMachineStatus :execrows
UPDATE machines SET status = sqlc.arg(status) WHERE id = sqlc.arg(id) AND status = sqlc.arg(old_status);

-- name: SetPickupCodes :execrows
-- Opens a machine for pickup codes, or closes it.
UPDATE machines SET pickup_code_enabled = sqlc.arg(enabled) WHERE id = sqlc.arg(id) AND pickup_code_enabled <> sqlc.arg(enabled);

-- name: MachineJobPage :many
-- A merchant's jobs, newest first, older than an id. A member who is bound to a
-- group sees those whose machines are all in it. The page is found before
-- anything is counted, or the machines of all jobs would be.
WITH page AS (
    SELECT j.id FROM machine_jobs j
    WHERE j.merchant_id = sqlc.arg(merchant_id) AND j.id < sqlc.arg(before_id)
      AND (CAST(sqlc.arg(job_id) AS BIGINT) = 0 OR j.id = sqlc.arg(job_id))
      AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR NOT EXISTS (
        SELECT 1 FROM machine_job_rows r
        JOIN machines m ON m.id = r.machine_id
        WHERE r.job_id = j.id AND (m.machine_group <> sqlc.arg(machine_group) OR m.merchant_id <> j.merchant_id)))
    ORDER BY j.id DESC
    LIMIT sqlc.arg(page_size)
)
SELECT sqlc.embed(machine_jobs), CAST(COALESCE(users.name, '') AS TEXT) AS created_by_name,
    CAST(COUNT(r.machine_id) AS BIGINT) AS machines,
    CAST(COUNT(CASE WHEN r.state = 'ACCEPTED' THEN 1 END) AS BIGINT) AS accepted,
    CAST(COUNT(CASE WHEN r.state = 'ACKNOWLEDGED' THEN 1 END) AS BIGINT) AS acknowledged,
    CAST(COUNT(CASE WHEN r.state = 'DONE' THEN 1 END) AS BIGINT) AS done,
    CAST(COUNT(CASE WHEN r.state = 'FAILED' THEN 1 END) AS BIGINT) AS failed,
    CAST(COUNT(CASE WHEN r.state = 'STOPPED' THEN 1 END) AS BIGINT) AS stopped
FROM page
JOIN machine_jobs ON machine_jobs.id = page.id
LEFT JOIN machine_job_rows r ON r.job_id = machine_jobs.id
LEFT JOIN users ON users.id = machine_jobs.created_by
GROUP BY machine_jobs.id, users.id
ORDER BY machine_jobs.id DESC;

-- name: MachinesOfJob :many
-- The machines of a job by number, behind a number; state '' is all.
SELECT sqlc.embed(machine_job_rows), machines.machine_no, machines.name AS machine_name, machines.machine_group
FROM machine_job_rows
JOIN machines ON machines.id = machine_job_rows.machine_id
WHERE machine_job_rows.job_id = sqlc.arg(job_id) AND machines.machine_no > sqlc.arg(after_no)
  AND (CAST(sqlc.arg(state) AS TEXT) = '' OR machine_job_rows.state = sqlc.arg(state))
ORDER BY machines.machine_no
LIMIT sqlc.arg(page_size);

-- name: DeleteOldMachineJobRows :execrows
DELETE FROM machine_job_rows WHERE (job_id, machine_id) IN (
    SELECT r.job_id, r.machine_id FROM machine_jobs j JOIN machine_job_rows r ON r.job_id = j.id
    WHERE j.state = 'DONE' AND j.finished_at < sqlc.arg(before) LIMIT sqlc.arg(batch)
);

-- name: DeleteOldMachineJobs :execrows
DELETE FROM machine_jobs WHERE id IN (
    SELECT j.id FROM machine_jobs j WHERE j.state = 'DONE' AND j.finished_at < sqlc.arg(before)
      AND NOT EXISTS (SELECT 1 FROM machine_job_rows r WHERE r.job_id = j.id)
    LIMIT sqlc.arg(batch)
);
