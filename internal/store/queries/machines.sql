-- name: MachineByNo :one
SELECT sqlc.embed(machines), sqlc.embed(presence), merchants.app_id, merchants.app_key_sealed
FROM machines
JOIN presence ON presence.machine_id = machines.id
JOIN merchants ON merchants.id = machines.merchant_id
WHERE machines.machine_no = $1;

-- name: MachineByID :one
SELECT sqlc.embed(machines), sqlc.embed(presence), merchants.app_id, merchants.app_key_sealed
FROM machines
JOIN presence ON presence.machine_id = machines.id
JOIN merchants ON merchants.id = machines.merchant_id
WHERE machines.id = $1;

-- name: SenderByNo :one
-- What every message of a machine is checked with: no more, because each column
-- costs.
SELECT machines.id, machines.merchant_id, machines.machine_no, machines.timezone,
    merchants.app_id, merchants.app_key_sealed, merchants.app_key_previous_sealed, merchants.app_key_previous_until
FROM machines
JOIN merchants ON merchants.id = machines.merchant_id
WHERE machines.machine_no = $1;

-- name: MachineIDByNo :one
SELECT id FROM machines WHERE machine_no = $1;

-- name: PasswordsOfMachine :one
SELECT m.id, m.password_hash, m.password_previous_hash, m.password_previous_until, p.password_version
FROM machines m
JOIN presence p ON p.machine_id = m.id
WHERE m.machine_no = $1;

-- name: MachinesOfMerchant :many
SELECT sqlc.embed(machines), sqlc.embed(presence)
FROM machines
JOIN presence ON presence.machine_id = machines.id
WHERE machines.merchant_id = $1
ORDER BY machines.id;

-- name: InsertMachine :one
INSERT INTO machines (merchant_id, model_id, machine_no, name, status, machine_type, address, lng_lat,
    cover_image, contact, tel, timezone, currency_id, pickup_code_enabled, password_hash, created_at, connect_type)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
RETURNING id;

-- name: InsertPresence :exec
INSERT INTO presence (machine_id, is_online, epoch, last_heartbeat_at, notify_message, network_type,
    network_rssi, uptime_minutes_today)
VALUES ($1, FALSE, 0, 0, '', '', '', 0);

-- name: UpdateMachine :exec
UPDATE machines SET model_id = $2, name = $3, status = $4, machine_type = $5, address = $6, lng_lat = $7,
    cover_image = $8, contact = $9, tel = $10, timezone = $11, currency_id = $12,
    pickup_code_enabled = $13, connect_type = $14
WHERE id = $1;

-- name: ChangePassword :execrows
UPDATE machines SET password_hash = sqlc.arg(password_hash), password_previous_hash = sqlc.arg(previous_hash),
    password_previous_until = sqlc.arg(previous_until)
WHERE id = sqlc.arg(id) AND password_hash = sqlc.arg(old_hash);

-- name: EndPasswordOverlap :execrows
UPDATE machines SET password_previous_hash = '', password_previous_until = 0
WHERE id = $1 AND password_hash = $2 AND password_previous_hash <> '';

-- name: SetAnnouncement :exec
INSERT INTO announcements (machine_id, id, title, content, is_link, link_url)
VALUES ($1, $1, $2, $3, $4, $5)
ON CONFLICT (machine_id) DO UPDATE SET title = excluded.title, content = excluded.content,
    is_link = excluded.is_link, link_url = excluded.link_url;

-- name: DeleteAnnouncement :exec
DELETE FROM announcements WHERE machine_id = $1;

-- name: AnnouncementOfMachine :one
SELECT * FROM announcements WHERE machine_id = $1;

-- name: ModelByName :one
SELECT * FROM models WHERE merchant_id = $1 AND name = $2;

-- name: InsertModel :one
INSERT INTO models (merchant_id, name) VALUES ($1, $2) RETURNING *;

-- name: SetModelBoard :exec
INSERT INTO model_boards (model_id, addr, floor_type, lift, drop_detection, capacity)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (model_id, addr) DO UPDATE SET floor_type = excluded.floor_type, lift = excluded.lift,
    drop_detection = excluded.drop_detection, capacity = excluded.capacity;

-- name: DeleteModelBoard :exec
DELETE FROM model_boards WHERE model_id = $1 AND addr = $2;

-- name: BoardsOfModel :many
SELECT * FROM model_boards WHERE model_id = $1 ORDER BY addr;

-- name: CategoriesOfMachine :many
SELECT * FROM categories WHERE machine_id = $1 ORDER BY sort_id DESC, id;

-- name: VisibleCategoriesOfMachine :many
SELECT * FROM categories WHERE machine_id = $1 AND is_visible ORDER BY sort_id DESC, id;

-- name: SetCategory :one
INSERT INTO categories (machine_id, title, sort_id, is_visible)
VALUES ($1, $2, $3, $4)
ON CONFLICT (machine_id, title) DO UPDATE SET sort_id = excluded.sort_id, is_visible = excluded.is_visible
RETURNING id;

-- name: DeleteCategory :exec
DELETE FROM categories WHERE id = $1;
