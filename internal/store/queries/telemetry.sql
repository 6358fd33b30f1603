-- name: ReportSetting :exec
INSERT INTO machine_config (machine_id, name, reported, reported_at, desired, desired_at)
VALUES (sqlc.arg(machine_id), sqlc.arg(name), sqlc.arg(value), sqlc.arg(now), '', 0)
ON CONFLICT (machine_id, name) DO UPDATE SET reported = excluded.reported, reported_at = excluded.reported_at;

-- name: DesireSetting :exec
INSERT INTO machine_config (machine_id, name, reported, reported_at, desired, desired_at)
VALUES (sqlc.arg(machine_id), sqlc.arg(name), '', 0, sqlc.arg(value), sqlc.arg(now))
ON CONFLICT (machine_id, name) DO UPDATE SET desired = excluded.desired, desired_at = excluded.desired_at;

-- name: ConfigOfMachine :many
SELECT * FROM machine_config WHERE machine_id = $1 ORDER BY name;

-- name: SetPowerSchedule :exec
INSERT INTO power_schedules (machine_id, kind, power_on, power_off, weekdays, created_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (machine_id, kind) DO UPDATE SET power_on = excluded.power_on, power_off = excluded.power_off,
    weekdays = excluded.weekdays, created_at = excluded.created_at;

-- name: DeletePowerSchedules :exec
DELETE FROM power_schedules WHERE machine_id = $1;

-- name: PowerSchedulesOfMachine :many
SELECT * FROM power_schedules WHERE machine_id = $1 ORDER BY kind;

-- name: TrafficTotal :one
SELECT * FROM traffic_totals WHERE machine_id = $1 AND network_type = $2;

-- name: InsertTrafficTotal :execrows
INSERT INTO traffic_totals (machine_id, network_type, upload_bytes, download_bytes, upload_packets, download_packets)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT DO NOTHING;

-- name: UpdateTrafficTotal :execrows
UPDATE traffic_totals SET upload_bytes = sqlc.arg(upload_bytes), download_bytes = sqlc.arg(download_bytes),
    upload_packets = sqlc.arg(upload_packets), download_packets = sqlc.arg(download_packets)
WHERE machine_id = sqlc.arg(machine_id) AND network_type = sqlc.arg(network_type)
  AND upload_bytes = sqlc.arg(old_upload_bytes) AND download_bytes = sqlc.arg(old_download_bytes)
  AND upload_packets = sqlc.arg(old_upload_packets) AND download_packets = sqlc.arg(old_download_packets);

-- name: AddTraffic :exec
INSERT INTO traffic_days (machine_id, day, network_type, upload_bytes, download_bytes, upload_packets, download_packets)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (machine_id, day, network_type) DO UPDATE SET
    upload_bytes = traffic_days.upload_bytes + excluded.upload_bytes,
    download_bytes = traffic_days.download_bytes + excluded.download_bytes,
    upload_packets = traffic_days.upload_packets + excluded.upload_packets,
    download_packets = traffic_days.download_packets + excluded.download_packets;

-- name: TrafficOfMachine :many
SELECT * FROM traffic_days WHERE machine_id = $1 ORDER BY day DESC, network_type LIMIT $2;
