package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/vendlane/vendlane/internal/secrets"
	engine "github.com/vendlane/vendlane/internal/store/postgres"
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

// newBox makes the box that seals the shop's AppKey.
func newBox() (*secrets.Box, error) {
	key := make([]byte, secrets.KeySize)
	_, _ = rand.Read(key) // never fails, it ends the process instead
	return secrets.NewBox(key, rand.Reader)
}

// fill brings a database to the newest schema and puts the shop into it.
func fill(ctx context.Context, dsn string, box *secrets.Box, machines, codes int) error {
	e, err := engine.Open(ctx, dsn, engine.Options{})
	if err != nil {
		return err
	}
	if err := e.Close(); err != nil {
		return err
	}
	sealed, err := box.Seal(secrets.PurposeAppKey, appKey)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
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
		{`INSERT INTO machines (merchant_id, model_id, machine_no, name, status, machine_type, address, lng_lat, cover_image,
			contact, tel, timezone, currency_id, pickup_code_enabled, password_hash, created_at)
			SELECT 1, 1, CAST(20000000 + i AS TEXT), '', $2, 0, '', '', '', '', '', '', 0, TRUE, '', 0
			FROM generate_series(0, $1 - 1) AS i`, []any{machines, vending.MachineOperational}},
		{`INSERT INTO presence (machine_id, is_online, epoch, last_heartbeat_at, notify_message, network_type, network_rssi, uptime_minutes_today)
			SELECT id, TRUE, 0, 0, '', '', '', 0 FROM machines`, nil},
		{`INSERT INTO channels (machine_id, addr, motor, name, x, y, is_auxiliary) SELECT id, 1, 0, 'A1', 0, 0, FALSE FROM machines ORDER BY id`, nil},
		{`INSERT INTO products (machine_id, channel_id, good_id, category_id, on_sale, inventory, current_inventory, sort_id, floor_status)
			SELECT machine_id, id, 1, 0, TRUE, $1, $1, 0, '1' FROM channels ORDER BY id`, []any{stock}},
		{`INSERT INTO pickup_codes (machine_id, product_id, code, quantity, state, created_at, expired_at, finished_at, order_id, trade_id)
			SELECT i % $1 + 1, i % $1 + 1, CAST(1000000000 + i AS TEXT), 1, 'UNUSED', 0, 0, 0, 0, ''
			FROM generate_series(0, $2 - 1) AS i`, []any{machines, codes}},
		{`VACUUM ANALYZE`, nil},
	} {
		if _, err := conn.Exec(ctx, step.query, step.args...); err != nil {
			return fmt.Errorf("%.40s…: %w", step.query, err)
		}
	}
	return nil
}

// verify compares the database with what was answered: every redemption that
// was acknowledged is there once and whole, and there is no other. acknowledged
// counts them all, in any order; nil compares the numbers alone.
func verify(ctx context.Context, dsn string, redemptions int, acknowledged []int64) error {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
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
		if err := conn.QueryRow(ctx, query).Scan(&n); err != nil {
			return fmt.Errorf("count %s: %w", what, err)
		}
		if n != redemptions {
			return fmt.Errorf("%s: %d after %d redemptions", what, n, redemptions)
		}
	}
	if acknowledged == nil {
		return nil
	}
	var missing int
	err = conn.QueryRow(ctx, `SELECT COUNT(*) FROM unnest($1::bigint[]) AS a (code_id)
		LEFT JOIN orders ON pickup_code_id = code_id WHERE orders.id IS NULL`, acknowledged).Scan(&missing)
	if err != nil {
		return fmt.Errorf("look for acknowledged redemptions: %w", err)
	}
	if missing > 0 {
		return errors.New("an acknowledged redemption is not in the database")
	}
	return nil
}
