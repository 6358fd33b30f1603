package postgres_test

import (
	"database/sql"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/testkit"
)

// fillOrders makes as many orders of one merchant as are missing.
const fillOrders = `INSERT INTO orders (id, merchant_id, machine_id, trade_id, trade_key, status, date, amount, notify_url,
    notify_send_count, pickup_code_id, created_at, expires_at)
SELECT n, 1, 1, '', 'a-trade-key-of-some-length-' || n, 7, '', 100, '', 0, n, n, 0
FROM generate_series((SELECT COALESCE(MAX(id), 0) + 1 FROM orders), $1) n`

// A plan is made when a connection first reads facts, and kept. The server once knew
// that there are no orders, and now finds a few pages of them: whatever it takes that
// for, it looks them up by the index of what is asked for.
func TestFactsPlanOfFewOrders(t *testing.T) {
	conn, err := testkit.NewPostgres(t).SQL(t).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	run := func(query string, args ...any) {
		t.Helper()
		if _, err := conn.ExecContext(t.Context(), query, args...); err != nil {
			t.Fatalf("%.20s: %v", query, err)
		}
	}
	run("VACUUM ANALYZE")
	run("ALTER TABLE orders DROP CONSTRAINT orders_merchant_id_fkey, DROP CONSTRAINT orders_machine_id_fkey") // orders alone will do
	for orders := 0; orders <= 600; orders += 25 {
		run(fillOrders, orders)
		run("BEGIN")
		run(postgres.Settings)
		run(postgres.InOrderOfIndex)
		run("PREPARE facts (text[], text[], bigint[], text[]) AS " + postgres.FactsSQL)
		plan := explain(t, conn, "EXECUTE facts ('{a}', '{b}', '{1}', '{c}')")
		for _, index := range []string{"orders_pkey", "orders_merchant_id_trade_key_key"} {
			if !strings.Contains(plan, "using "+index+" on orders") {
				t.Errorf("%d orders are not looked up by %s:\n%s", orders, index, plan)
			}
		}
		run("ROLLBACK")
		run("DEALLOCATE facts")
	}
}

func explain(t *testing.T, conn *sql.Conn, query string) string {
	t.Helper()
	rows, err := conn.QueryContext(t.Context(), "EXPLAIN "+query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var plan strings.Builder
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(line + "\n")
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
