package redeem

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"

	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/vending"
)

// The shop: one merchant whose machines have one product each. Code i is on
// machine i modulo their number, so that the load spreads over all of them. Ids
// of rows count from 1 in every table.
const (
	appID     = "bench-0123456789"
	appSecret = "0123456789abcdef0123456789abcdef"
	appKey    = "kvb"
	stock     = 1_000_000_000
)

func machineNo(i int) string { return fmt.Sprint(20_000_000 + i) }

func codeText(i int) string { return fmt.Sprint(1_000_000_000 + i) }

func tradeID(i int) string { return fmt.Sprintf("%032x", i) }

// newKey makes the key of the box that seals the shop's AppKey.
func newKey() []byte {
	key := make([]byte, secrets.KeySize)
	_, _ = rand.Read(key) // never fails, it ends the process instead
	return key
}

// fillPostgres brings a database to the newest schema and puts the shop into it.
func fillPostgres(ctx context.Context, dsn string, box *secrets.Box, machines, codes int) (err error) {
	e, err := postgres.Open(ctx, dsn, postgres.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := fill(ctx, e.Pool(), box, machines, codes); err != nil {
		return err
	}
	if _, err := e.Pool().ExecContext(ctx, "VACUUM ANALYZE"); err != nil {
		return fmt.Errorf("VACUUM: %w", err)
	}
	return nil
}

// fillSQLite does the same with a new file. Nobody minds if a power cut destroys
// it meanwhile.
func fillSQLite(ctx context.Context, file string, box *secrets.Box, machines, codes int) (err error) {
	e, err := sqlite.Open(ctx, file, sqlite.Options{})
	if err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	pool, err := sql.Open("sqlite", "file:"+file+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=cache_size(-262144)")
	if err != nil {
		return fmt.Errorf("open %s: %w", file, err)
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	return fill(ctx, pool, box, machines, codes)
}

// fill puts the shop into an empty database of any engine.
func fill(ctx context.Context, pool *sql.DB, box *secrets.Box, machines, codes int) error {
	sealed, err := box.Seal(secrets.PurposeAppKey, appKey)
	if err != nil {
		return err
	}
	const count = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < CAST($1 AS INTEGER)) "
	for _, step := range []struct {
		query string
		args  []any
	}{
		{`INSERT INTO merchants (slug, title, description, logo, store_id, status, app_id, app_secret_hash, app_key_sealed,
			webhook_secret_sealed, webhook_secret_previous_sealed, webhook_previous_until, debug, timezone, created_at, expired_at)
			VALUES ('bench', 'Bench', '', '', '', $1, $2, $3, $4, '', '', 0, FALSE, '', 0, 0)`,
			[]any{vending.MerchantVerified, appID, secrets.Hash(appSecret), sealed}},
		{`INSERT INTO models (merchant_id, name) VALUES (1, 'bench')`, nil},
		{`INSERT INTO model_boards (model_id, addr, floor_type, lift, drop_detection, capacity) VALUES (1, 1, 1, FALSE, TRUE, 10)`, nil},
		{`INSERT INTO goods (merchant_id, slug, name, description, content, thumb, media, price, original_price, updated_at)
			VALUES (1, 'water', 'Water', '', '', '', '', 100, 100, 0)`, nil},
		{count + `INSERT INTO machines (merchant_id, model_id, machine_no, name, status, machine_type, address, lng_lat, cover_image,
			contact, tel, timezone, currency_id, pickup_code_enabled, password_hash, created_at)
			SELECT 1, 1, CAST(20000000 + i AS TEXT), '', $2, 0, '', '', '', '', '', '', 0, TRUE, '', 0
			FROM n`, []any{machines, vending.MachineOperational}},
		{`INSERT INTO presence (machine_id, is_online, epoch, last_heartbeat_at, notify_message, network_type, network_rssi, uptime_minutes_today)
			SELECT id, TRUE, 0, 0, '', '', '', 0 FROM machines`, nil},
		{`INSERT INTO channels (machine_id, addr, motor, name, x, y, is_auxiliary) SELECT id, 1, 0, 'A1', 0, 0, FALSE FROM machines ORDER BY id`, nil},
		{`INSERT INTO products (machine_id, channel_id, good_id, category_id, on_sale, inventory, current_inventory, sort_id, floor_status)
			SELECT machine_id, id, 1, 0, TRUE, $1, $1, 0, '1' FROM channels ORDER BY id`, []any{stock}},
		{count + `INSERT INTO pickup_codes (machine_id, product_id, code, quantity, state, created_at, expired_at, finished_at, order_id, trade_id)
			SELECT i % CAST($2 AS INTEGER) + 1, i % CAST($2 AS INTEGER) + 1, CAST(1000000000 + i AS TEXT), 1, 'UNUSED', 0, 0, 0, 0, ''
			FROM n`, []any{codes, machines}},
	} {
		if _, err := pool.ExecContext(ctx, step.query, step.args...); err != nil {
			return fmt.Errorf("%s: %w", step.query, err)
		}
	}
	return nil
}

func verifyPostgres(ctx context.Context, dsn string, redemptions int, acknowledged []int64) error {
	return verify(ctx, "pgx", dsn, redemptions, acknowledged)
}

func verifySQLite(ctx context.Context, file string, redemptions int, acknowledged []int64) error {
	return verify(ctx, "sqlite", "file:"+file, redemptions, acknowledged)
}

// verify compares the database with what was answered: every redemption that
// was acknowledged is there once and whole, and there is no other. acknowledged
// counts them all, in any order; nil compares the numbers alone.
func verify(ctx context.Context, driver, dsn string, redemptions int, acknowledged []int64) (err error) {
	pool, err := sql.Open(driver, dsn)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	for what, query := range map[string]string{
		"orders":        `SELECT COUNT(*) FROM orders`,
		"records":       `SELECT COUNT(DISTINCT order_id) FROM records`,
		"used codes":    `SELECT COUNT(*) FROM pickup_codes WHERE state = 'USED'`,
		"whole":         `SELECT COUNT(*) FROM orders o JOIN pickup_codes c ON c.id = o.pickup_code_id AND c.order_id = o.id JOIN records r ON r.order_id = o.id`,
		"pieces taken":  `SELECT COALESCE(SUM(inventory - current_inventory), 0) FROM products`,
		"messages":      `SELECT COUNT(*) FROM commands`,
		"machines told": `SELECT COUNT(DISTINCT fields) FROM commands c`,
	} {
		var n int
		if err := pool.QueryRowContext(ctx, query).Scan(&n); err != nil {
			return fmt.Errorf("count %s: %w", what, err)
		}
		if n != redemptions {
			return fmt.Errorf("%s: %d after %d redemptions", what, n, redemptions)
		}
	}
	return findAll(ctx, pool, acknowledged)
}

// findAll looks for the order of every code that was acknowledged.
func findAll(ctx context.Context, pool *sql.DB, acknowledged []int64) error {
	there := map[int64]bool{}
	rows, err := pool.QueryContext(ctx, "SELECT pickup_code_id FROM orders")
	if err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var code int64
		if err := rows.Scan(&code); err != nil {
			return fmt.Errorf("read orders: %w", err)
		}
		there[code] = true
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read orders: %w", err)
	}
	for _, code := range acknowledged {
		if !there[code] {
			return errors.New("an acknowledged redemption is not in the database")
		}
	}
	return nil
}
