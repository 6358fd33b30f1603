-- name: InsertAlertRule :one
INSERT INTO alert_rules (merchant_id, kinds, machine_group, channel, target, language, tell_resolved, quiet_from, quiet_to, enabled, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
RETURNING id;

-- name: UpdateAlertRule :execrows
UPDATE alert_rules SET kinds = sqlc.arg(kinds), machine_group = sqlc.arg(machine_group), channel = sqlc.arg(channel),
    target = sqlc.arg(target), language = sqlc.arg(language), tell_resolved = sqlc.arg(tell_resolved),
    quiet_from = sqlc.arg(quiet_from), quiet_to = sqlc.arg(quiet_to), enabled = sqlc.arg(enabled)
WHERE id = sqlc.arg(id) AND merchant_id = sqlc.arg(merchant_id);

-- name: DeleteAlertRule :execrows
DELETE FROM alert_rules WHERE id = $1 AND merchant_id = $2;

-- name: AlertRules :many
SELECT * FROM alert_rules WHERE merchant_id = $1 ORDER BY id;

-- name: CountAlertTests :one
SELECT COUNT(*) FROM alert_messages WHERE merchant_id = $1 AND event = 'TEST' AND created_at > $2;

-- name: AlertRule :one
SELECT * FROM alert_rules WHERE id = $1;

-- name: QueueAlertMessages :execrows
-- One message for every rule that the newest alert of a kind and subject meets.
INSERT INTO alert_messages (merchant_id, rule_id, alert_id, event, channel, target, state, created_at, due_at, lease_until, attempts, finished_at, error)
SELECT r.merchant_id, r.id, a.id, CAST(sqlc.arg(event) AS TEXT), r.channel, r.target, 'PENDING',
    CAST(sqlc.arg(now) AS BIGINT), CAST(sqlc.arg(now) AS BIGINT), 0, 0, 0, ''
FROM alerts a
JOIN machines m ON m.id = a.machine_id
JOIN alert_rules r ON r.merchant_id = m.merchant_id
WHERE a.id = (SELECT MAX(n.id) FROM alerts n
        WHERE n.machine_id = sqlc.arg(machine_id) AND n.kind = sqlc.arg(kind) AND n.subject = sqlc.arg(subject))
  AND r.enabled AND (r.machine_group = '' OR r.machine_group = m.machine_group)
  AND (CAST(sqlc.arg(event) AS TEXT) <> 'RESOLVED' OR r.tell_resolved)
  AND ',' || r.kinds || ',' LIKE '%,' || a.kind || ',%';

-- name: QueueAlertTest :one
INSERT INTO alert_messages (merchant_id, rule_id, alert_id, event, channel, target, state, created_at, due_at, lease_until, attempts, finished_at, error)
SELECT r.merchant_id, r.id, 0, 'TEST', r.channel, r.target, 'PENDING', CAST(sqlc.arg(now) AS BIGINT), CAST(sqlc.arg(now) AS BIGINT), 0, 0, 0, ''
FROM alert_rules r WHERE r.id = sqlc.arg(rule_id)
RETURNING id;

-- name: ClaimAlertMessages :many
-- Also those that a node leased which is gone since. The outer guard counts
-- where several write.
UPDATE alert_messages SET lease_until = sqlc.arg(lease_until), leased_by = sqlc.arg(node), attempts = attempts + 1
WHERE state = 'PENDING'
  AND (alert_messages.lease_until <= sqlc.arg(now) OR alert_messages.leased_by NOT IN ('', sqlc.arg(node))
       AND alert_messages.leased_by NOT IN (SELECT n.id FROM nodes n))
  AND id IN (
    SELECT m.id FROM alert_messages m
    WHERE m.state = 'PENDING' AND m.due_at <= sqlc.arg(now)
      AND (m.lease_until <= sqlc.arg(now) OR m.leased_by NOT IN ('', sqlc.arg(node))
           AND m.leased_by NOT IN (SELECT n.id FROM nodes n))
    ORDER BY m.due_at, m.id LIMIT sqlc.arg(batch)
)
RETURNING *;

-- name: PostponeAlertMessage :execrows
-- Not an attempt: it is not the time to speak.
UPDATE alert_messages SET due_at = sqlc.arg(due_at), lease_until = 0, attempts = attempts - 1
WHERE id = sqlc.arg(id) AND state = 'PENDING' AND lease_until = sqlc.arg(lease_until);

-- name: RetryAlertMessage :execrows
UPDATE alert_messages SET due_at = sqlc.arg(due_at), lease_until = 0, error = sqlc.arg(error)
WHERE id = sqlc.arg(id) AND state = 'PENDING' AND lease_until = sqlc.arg(lease_until);

-- name: EndAlertMessage :execrows
UPDATE alert_messages SET state = sqlc.arg(state), finished_at = sqlc.arg(now), lease_until = 0, error = sqlc.arg(error)
WHERE id = sqlc.arg(id) AND state = 'PENDING' AND lease_until = sqlc.arg(lease_until);

-- name: AlertByID :one
SELECT sqlc.embed(alerts), machines.machine_no, machines.name AS machine_name, machines.timezone
FROM alerts
JOIN machines ON machines.id = alerts.machine_id
WHERE alerts.id = $1;

-- name: AlertMessagePage :many
-- A merchant's messages, newest first, older than an id.
SELECT alert_messages.*, CAST(COALESCE(alerts.kind, '') AS TEXT) AS kind, CAST(COALESCE(machines.machine_no, '') AS TEXT) AS machine_no
FROM alert_messages
LEFT JOIN alerts ON alerts.id = alert_messages.alert_id
LEFT JOIN machines ON machines.id = alerts.machine_id
WHERE alert_messages.merchant_id = sqlc.arg(merchant_id) AND alert_messages.id < sqlc.arg(before_id)
  AND (CAST(sqlc.arg(state) AS TEXT) = '' OR alert_messages.state = sqlc.arg(state))
ORDER BY alert_messages.id DESC
LIMIT sqlc.arg(page_size);

-- name: DeleteOldAlertMessages :execrows
DELETE FROM alert_messages WHERE id IN (
    SELECT m.id FROM alert_messages m WHERE m.state <> 'PENDING' AND m.finished_at < sqlc.arg(before) LIMIT sqlc.arg(batch)
);

-- name: FilledProducts :many
-- Open alerts of products that have stock again, or are not sold any more.
SELECT alerts.machine_id, alerts.subject FROM alerts
WHERE alerts.kind = 'SOLD_OUT' AND alerts.resolved_at = 0 AND NOT EXISTS (
    SELECT 1 FROM products p
    WHERE p.machine_id = alerts.machine_id AND CAST(p.id AS TEXT) = alerts.subject AND p.current_inventory = 0 AND p.on_sale AND p.good_id <> 0)
ORDER BY alerts.id LIMIT sqlc.arg(batch);

-- name: FailingCallbacks :many
-- The newest message of each merchant that was given up lately or has failed often,
-- unless somebody has been told since or a newer one arrived: in this order, since
-- the latter looks through the messages of all merchants.
WITH failing AS (
    SELECT f.merchant_id, f.id FROM callbacks f WHERE f.state = 'DEAD' AND f.finished_at >= sqlc.arg(since)
    UNION ALL
    SELECT p.merchant_id, p.id FROM callbacks p WHERE p.state = 'PENDING' AND p.attempts >= sqlc.arg(failures)
), newest AS (
    SELECT MAX(failing.id) AS id FROM failing GROUP BY failing.merchant_id
)
SELECT callbacks.id, orders.machine_id
FROM newest
JOIN callbacks ON callbacks.id = newest.id
JOIN orders ON orders.id = callbacks.order_id
WHERE NOT EXISTS (SELECT 1 FROM machines m
    JOIN alerts a ON a.machine_id = m.id
    WHERE m.merchant_id = callbacks.merchant_id AND a.kind = 'CALLBACK_FAILING'
      AND (a.resolved_at = 0 OR a.opened_at >= callbacks.created_at))
  AND NOT EXISTS (SELECT 1 FROM callbacks d
    WHERE d.id > callbacks.id AND d.merchant_id = callbacks.merchant_id AND d.state = 'DELIVERED')
ORDER BY callbacks.id;

-- name: RecoveredCallbacks :many
-- Open alerts of merchants whose server has taken a message since, with no newer
-- one that fails. Only messages taken lately are looked through, which are those
-- of all merchants.
SELECT alerts.machine_id, alerts.subject FROM alerts
JOIN machines ON machines.id = alerts.machine_id
WHERE alerts.kind = 'CALLBACK_FAILING' AND alerts.resolved_at = 0 AND EXISTS (
    SELECT 1 FROM callbacks d
    WHERE d.merchant_id = machines.merchant_id AND d.state <> 'PENDING' AND d.state = 'DELIVERED'
      AND d.finished_at > CASE WHEN alerts.opened_at > CAST(sqlc.arg(since) AS BIGINT) THEN alerts.opened_at ELSE CAST(sqlc.arg(since) AS BIGINT) END
      AND d.id > COALESCE((SELECT MAX(f.id) FROM callbacks f
        WHERE f.merchant_id = machines.merchant_id AND f.state = 'DEAD'), 0)
      AND d.id > COALESCE((SELECT MAX(p.id) FROM callbacks p
        WHERE p.merchant_id = machines.merchant_id AND p.state = 'PENDING' AND p.attempts >= sqlc.arg(failures)), 0))
ORDER BY alerts.id;
