-- name: PresenceOfMachine :one
SELECT * FROM presence WHERE machine_id = $1;

-- name: MachineConnected :one
-- The epoch of a new connection, and the node of the one before. No row if the
-- machine's passwords were changed since its own was looked at.
UPDATE presence SET epoch = epoch + 1, refused_from = $3
WHERE machine_id = $1 AND password_version = $2
RETURNING epoch, node;

-- name: MachineMoved :exec
UPDATE presence SET node = $2 WHERE machine_id = $1;

-- name: PasswordsChanged :one
-- Counts a change. From refused_from on the newest connection runs on a password that
-- is not accepted, unless that is so by now.
UPDATE presence SET password_version = password_version + 1,
    refused_from = CASE WHEN refused_from = 0 OR refused_from > sqlc.arg(now) THEN sqlc.arg(refused_from) ELSE refused_from END
WHERE machine_id = sqlc.arg(machine_id)
RETURNING password_version;

-- name: RefusedConnections :many
-- Of the machines that a node holds.
SELECT p.machine_id, m.machine_no, p.epoch, p.refused_from FROM presence p
JOIN machines m ON m.id = p.machine_id
WHERE p.refused_from <> 0 AND p.refused_from <= sqlc.arg(now) AND p.node = sqlc.arg(node)
ORDER BY p.refused_from;

-- name: ForgetRefused :execrows
-- A connection that there is not any more.
UPDATE presence SET refused_from = 0 WHERE machine_id = $1 AND epoch = $2 AND refused_from = $3;

-- name: Heartbeat :execrows
-- Of a machine that is online already, which is the common case.
UPDATE presence SET last_heartbeat_at = $2, network_type = $3, network_rssi = $4, uptime_minutes_today = $5
WHERE machine_id = $1 AND is_online;

-- name: HeartbeatBack :execrows
-- Of a machine that was offline.
UPDATE presence SET last_heartbeat_at = $2, network_type = $3, network_rssi = $4, uptime_minutes_today = $5,
    is_online = TRUE, notify_message = $6, alert_at = 0
WHERE machine_id = $1 AND NOT is_online;

-- name: MachineOffline :execrows
UPDATE presence SET is_online = FALSE, notify_message = $3, alert_at = $4
WHERE machine_id = $1 AND is_online AND epoch <= $2;

-- name: SilentMachines :many
SELECT machine_id FROM presence WHERE is_online AND last_heartbeat_at <= $1
ORDER BY last_heartbeat_at LIMIT $2;

-- name: MachineFellSilent :execrows
UPDATE presence SET is_online = FALSE, notify_message = $3, alert_at = $4
WHERE machine_id = $1 AND is_online AND last_heartbeat_at <= $2;

-- name: MachinesToAlert :many
SELECT machine_id FROM presence WHERE alert_at <> 0 AND alert_at <= $1 ORDER BY alert_at LIMIT $2;

-- name: AlertTaken :execrows
UPDATE presence SET alert_at = 0 WHERE machine_id = $1 AND alert_at <> 0 AND alert_at <= $2;

-- name: WrongCodesOfMachine :one
SELECT * FROM wrong_codes WHERE machine_id = $1;

-- name: LockWrongCodes :exec
-- Makes the counter if there is none. Others that count for the machine wait
-- until this transaction is over.
INSERT INTO wrong_codes (machine_id, attempts, locked_until) VALUES ($1, '[]', 0)
ON CONFLICT (machine_id) DO UPDATE SET machine_id = excluded.machine_id;

-- name: UpdateWrongCodes :execrows
UPDATE wrong_codes SET attempts = sqlc.arg(attempts), locked_until = sqlc.arg(locked_until)
WHERE machine_id = sqlc.arg(machine_id) AND attempts = sqlc.arg(old_attempts)
  AND locked_until = sqlc.arg(old_locked_until);
