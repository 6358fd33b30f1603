-- name: CountUsers :one
SELECT COUNT(*) FROM users;

-- name: InsertUser :one
INSERT INTO users (email, name, password_hash, is_platform_admin, status, language, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING *;

-- name: UserByID :one
SELECT * FROM users WHERE id = $1;

-- name: UserByEmail :one
SELECT * FROM users WHERE email = $1;

-- name: Users :many
SELECT * FROM users ORDER BY id;

-- name: SetUserPassword :execrows
UPDATE users SET password_hash = $2 WHERE id = $1;

-- name: SetUserStatus :execrows
UPDATE users SET status = $2 WHERE id = $1;

-- name: SetUserLanguage :execrows
UPDATE users SET language = $2 WHERE id = $1;

-- name: Member :one
SELECT * FROM members WHERE user_id = $1 AND merchant_id = $2;

-- name: SetMember :exec
INSERT INTO members (user_id, merchant_id, role, machine_group, created_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (user_id, merchant_id) DO UPDATE SET role = excluded.role, machine_group = excluded.machine_group;

-- name: DeleteMember :execrows
DELETE FROM members WHERE user_id = $1 AND merchant_id = $2;

-- name: MembersOfMerchant :many
SELECT sqlc.embed(members), users.email, users.name, users.status
FROM members
JOIN users ON users.id = members.user_id
WHERE members.merchant_id = $1
ORDER BY members.user_id;

-- name: MembershipsOfUser :many
SELECT members.merchant_id, members.role, members.machine_group, merchants.title, merchants.status
FROM members
JOIN merchants ON merchants.id = members.merchant_id
WHERE members.user_id = $1
ORDER BY members.merchant_id;

-- name: Merchants :many
SELECT * FROM merchants ORDER BY id;

-- name: SetMerchantStatus :execrows
UPDATE merchants SET status = sqlc.arg(status) WHERE id = sqlc.arg(id) AND status = sqlc.arg(old_status);

-- name: SetMerchantNotifyURL :execrows
UPDATE merchants SET notify_url = sqlc.arg(url) WHERE id = sqlc.arg(id) AND notify_url = sqlc.arg(old_url);

-- name: LockMerchant :execrows
-- Others that change the members, views or names of models of the merchant wait until
-- this transaction is over.
UPDATE merchants SET id = id WHERE id = $1;

-- name: InsertUserSession :exec
INSERT INTO user_sessions (token_hash, user_id, merchant_id, created_at, last_seen_at, expires_at, ip, user_agent)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8);

-- name: UserSession :one
SELECT sqlc.embed(user_sessions), sqlc.embed(users)
FROM user_sessions
JOIN users ON users.id = user_sessions.user_id
WHERE user_sessions.token_hash = $1;

-- name: TouchUserSession :exec
UPDATE user_sessions SET last_seen_at = $2, expires_at = $3 WHERE id = $1;

-- name: SetSessionMerchant :exec
UPDATE user_sessions SET merchant_id = $2 WHERE id = $1;

-- name: SessionsOfUser :many
SELECT * FROM user_sessions WHERE user_id = $1 AND expires_at > $2 ORDER BY id DESC;

-- name: DeleteUserSession :execrows
DELETE FROM user_sessions WHERE id = $1 AND user_id = $2;

-- name: DeleteOtherUserSessions :execrows
-- All of them where the one to keep is 0.
DELETE FROM user_sessions WHERE user_id = $1 AND id <> $2;

-- name: DeleteExpiredUserSessions :exec
DELETE FROM user_sessions WHERE expires_at <= $1;

-- name: InsertLogin :exec
INSERT INTO login_log (user_id, at, method, result, ip, user_agent) VALUES ($1, $2, $3, $4, $5, $6);

-- name: LoginsOfUser :many
SELECT * FROM login_log WHERE user_id = $1 ORDER BY id DESC LIMIT $2;

-- name: DeleteOldLogins :exec
DELETE FROM login_log WHERE at <= $1;

-- name: InsertInvitation :one
INSERT INTO invitations (token_hash, merchant_id, email, role, machine_group, invited_by, created_at, expires_at, used_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)
RETURNING id;

-- name: InvitationByToken :one
SELECT * FROM invitations WHERE token_hash = $1;

-- name: OpenInvitationsForEmail :many
SELECT * FROM invitations WHERE email = $1 AND used_by = 0 AND expires_at > $2 ORDER BY id;

-- name: UseInvitation :execrows
UPDATE invitations SET used_by = sqlc.arg(user_id)
WHERE id = sqlc.arg(id) AND used_by = 0 AND expires_at > sqlc.arg(now);

-- name: InsertAudit :exec
INSERT INTO audit_log (at, user_id, merchant_id, action, subject_kind, subject_id, before, after, ip)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: AuditOfMerchant :many
-- Newest first, those older than an id.
SELECT sqlc.embed(audit_log), CAST(COALESCE(users.email, '') AS TEXT) AS email
FROM audit_log
LEFT JOIN users ON users.id = audit_log.user_id
WHERE audit_log.merchant_id = sqlc.arg(merchant_id) AND audit_log.id < sqlc.arg(before_id)
ORDER BY audit_log.id DESC
LIMIT sqlc.arg(page_size);

-- name: SetMachineGroup :exec
UPDATE machines SET machine_group = $2 WHERE id = $1;

-- name: LastAudits :many
-- When a merchant's changes of some kinds were made last; pattern is of LIKE.
SELECT action, CAST(MAX(at) AS BIGINT) AS at FROM audit_log
WHERE merchant_id = $1 AND action LIKE $2
GROUP BY action;
