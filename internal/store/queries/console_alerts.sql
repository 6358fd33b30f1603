-- name: AlertPage :many
-- Alerts of a merchant's machines, newest first, older than an id. Filters that
-- are '' or 0 do not count; state is open or resolved.
SELECT sqlc.embed(alerts), machines.machine_no, machines.name AS machine_name
FROM alerts
JOIN machines ON machines.id = alerts.machine_id
WHERE machines.merchant_id = sqlc.arg(merchant_id)
  AND (CAST(sqlc.arg(machine_group) AS TEXT) = '' OR machines.machine_group = sqlc.arg(machine_group))
  AND alerts.id < sqlc.arg(before_id)
  AND (CAST(sqlc.arg(alert_id) AS BIGINT) = 0 OR alerts.id = sqlc.arg(alert_id))
  AND (CAST(sqlc.arg(kind) AS TEXT) = '' OR alerts.kind = sqlc.arg(kind))
  AND (CAST(sqlc.arg(state) AS TEXT) = ''
    OR (CAST(sqlc.arg(state) AS TEXT) = 'open' AND alerts.resolved_at = 0)
    OR (CAST(sqlc.arg(state) AS TEXT) = 'resolved' AND alerts.resolved_at <> 0))
ORDER BY alerts.id DESC
LIMIT sqlc.arg(page_size);
