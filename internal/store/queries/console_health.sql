-- name: Queues :many
-- What waits to be sent although its time has come, and since when, by queue;
-- callbacks_dead are messages that were given up (their since is 0).
SELECT CAST('commands' AS TEXT) AS queue, CAST(COUNT(*) AS BIGINT) AS waiting, CAST(COALESCE(MIN(due_at), 0) AS BIGINT) AS since
FROM commands WHERE commands.state = 'QUEUED' AND commands.due_at <= sqlc.arg(now)
UNION ALL
SELECT 'callbacks', COUNT(*), COALESCE(MIN(due_at), 0)
FROM callbacks WHERE callbacks.state = 'PENDING' AND callbacks.due_at <= sqlc.arg(now)
UNION ALL
SELECT 'callbacks_dead', COUNT(*), 0 FROM callbacks WHERE callbacks.state = 'DEAD'
UNION ALL
SELECT 'alert_messages', COUNT(*), COALESCE(MIN(due_at), 0)
FROM alert_messages WHERE alert_messages.state = 'PENDING' AND alert_messages.due_at <= sqlc.arg(now);

-- name: MachinesConnected :one
-- Of all merchants, at all nodes.
SELECT CAST(COUNT(*) AS BIGINT) FROM presence WHERE is_online;
