package postgres_test

import (
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/testkit"
)

// A plan made while the server knows that there are no orders, when all indexes
// look alike, is kept while the table fills: even then it looks them up by the
// index of what is asked for.
func TestFactsPlanOfEmptyOrders(t *testing.T) {
	conn, err := testkit.NewPostgres(t).SQL(t).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	for _, query := range []string{
		"VACUUM ANALYZE", "BEGIN", postgres.Settings,
		"PREPARE facts (text[], text[], bigint[], text[]) AS " + postgres.FactsSQL,
	} {
		if _, err := conn.ExecContext(t.Context(), query); err != nil {
			t.Fatalf("%.20s: %v", query, err)
		}
	}
	rows, err := conn.QueryContext(t.Context(), "EXPLAIN EXECUTE facts ('{a}', '{b}', '{1}', '{c}')")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(plan, "\n")
	for _, index := range []string{"orders_pkey", "orders_merchant_id_trade_key_key"} {
		if !strings.Contains(text, "using "+index+" on orders") {
			t.Errorf("orders are not looked up by %s:\n%s", index, text)
		}
	}
}
