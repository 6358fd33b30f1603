package e2e

import (
	"database/sql"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/testkit"
)

// place is where a platform of the crash tests lives: a data folder, and a
// database that the test looks into.
type place struct {
	t           *testing.T
	environ     []string
	driver, dsn string
	pool        *sql.DB
}

// newSQLitePlace is a place whose database is in a folder, which it makes.
func newSQLitePlace(t *testing.T, folder string, environ ...string) *place {
	t.Helper()
	return newPlace(&place{
		t: t, environ: append(environ, "VENDLANE_DATA="+folder), driver: "sqlite", dsn: sqliteDSN(folder),
	})
}

// sqliteDSN opens the database of a data folder.
func sqliteDSN(folder string) string {
	return "file:" + filepath.Join(folder, "vendlane.db") + "?_pragma=busy_timeout(10000)"
}

// newPostgresPlace is a place on a PostgreSQL server, which the platform
// reaches by dsn: directly, or by a detour.
func newPostgresPlace(t *testing.T, server *testkit.PostgresServer, dsn string, environ ...string) *place {
	t.Helper()
	return newPlace(&place{t: t, driver: "pgx", dsn: server.DSN(), environ: append(environ,
		"VENDLANE_DATA="+filepath.Join(t.TempDir(), "data"), "VENDLANE_STORE_DSN="+dsn, masterKey)})
}

func newPlace(p *place) *place {
	p.t.Helper()
	applyShop(p.t, crashShop, p.environ...)
	var err error
	if p.pool, err = sql.Open(p.driver, p.dsn); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { p.pool.Close() })
	return p
}

// serve starts the platform.
func (p *place) serve(environ ...string) (*process, string) {
	p.t.Helper()
	server := start(p.t, slices.Concat(p.serveEnviron(), environ), "serve")
	return server, "http://" + awaitReady(p.t, server)["http"].(string)
}

func (p *place) serveEnviron() []string {
	return slices.Concat(p.environ, []string{
		"VENDLANE_HTTP_LISTEN=127.0.0.1:0", "VENDLANE_MQTT_LISTEN=127.0.0.1:0",
		"VENDLANE_RATELIMIT_APP_RPS=0", "VENDLANE_LOG_LEVEL=info",
	})
}

// query asks the database; the platform may be running.
func (p *place) query(query string, args ...any) (rows [][]any) {
	p.t.Helper()
	found, err := p.pool.QueryContext(p.t.Context(), query, args...)
	if err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	defer found.Close()
	names, err := found.Columns()
	if err != nil {
		p.t.Fatal(err)
	}
	for found.Next() {
		row, targets := make([]any, len(names)), make([]any, len(names))
		for i := range row {
			targets[i] = &row[i]
		}
		if err := found.Scan(targets...); err != nil {
			p.t.Fatal(err)
		}
		rows = append(rows, row)
	}
	if err := found.Err(); err != nil {
		p.t.Fatal(err)
	}
	return rows
}

// orderOf returns the order with a trade_id, 0 if there is none.
func (p *place) orderOf(tradeID string) int64 {
	p.t.Helper()
	rows := p.query("SELECT id FROM orders WHERE trade_id = $1", tradeID)
	switch len(rows) {
	case 0:
		return 0
	case 1:
		return rows[0][0].(int64)
	}
	p.t.Errorf("%d orders have the trade_id %s", len(rows), tradeID)
	return 0
}

// check holds the database against what the till knows, when nothing is open.
func (p *place) check(k *till) {
	p.t.Helper()
	orders := map[string]int64{}
	for _, row := range p.query(`SELECT orders.trade_id, orders.id, pickup_codes.code, pickup_codes.state
		FROM orders JOIN pickup_codes ON pickup_codes.id = orders.pickup_code_id`) {
		trade, id, code, state := row[0].(string), row[1].(int64), row[2].(string), row[3].(string)
		if orders[trade] != 0 {
			p.t.Errorf("trade_id %s is there twice", trade)
		}
		orders[trade] = id
		if k.orders[trade] == 0 {
			p.t.Errorf("order %d of %s was never acknowledged", id, trade)
		}
		if code != k.codeOf[trade] || state != "USED" {
			p.t.Errorf("order %d of code %s is of code %s, which is %s", id, k.codeOf[trade], code, state)
		}
	}
	for trade, id := range k.orders {
		if orders[trade] != id {
			p.t.Errorf("acknowledged order %d of %s is %d in the database", id, trade, orders[trade])
		}
	}
	counts := p.query(`SELECT (SELECT COUNT(*) FROM orders), (SELECT COUNT(DISTINCT pickup_code_id) FROM orders),
		(SELECT COUNT(*) FROM pickup_codes WHERE state = 'USED'), (SELECT COUNT(DISTINCT order_id) FROM records),
		(SELECT COALESCE(SUM(quantity), 0) FROM records), (SELECT SUM(current_inventory) FROM products)`)[0]
	n := int64(len(k.orders))
	for i, want := range []int64{n, n, n, n, n, crashStock - n} {
		if got := number(counts[i]); got != want {
			p.t.Errorf("of %d redemptions: orders, their codes, used codes, orders with records, pieces, stock are %v", n, counts)
			break
		}
	}
	if p.driver == "sqlite" {
		if verdict := p.query("PRAGMA integrity_check"); len(verdict) != 1 || verdict[0][0] != "ok" {
			p.t.Errorf("integrity: %v", verdict)
		}
	}
}

// number reads a count: PostgreSQL's SUM is numeric, which comes as text.
func number(v any) int64 {
	if n, ok := v.(int64); ok {
		return n
	}
	n, _ := strconv.ParseInt(fmt.Sprint(v), 10, 64)
	return n
}

// awaitReadyz waits until /readyz says that the platform is ready, or is not.
func awaitReadyz(t *testing.T, url string, want bool) {
	t.Helper()
	limit := time.After(patience)
	look := time.NewTicker(50 * time.Millisecond)
	defer look.Stop()
	for {
		status, body := get(t, url+"/readyz")
		if (status == http.StatusOK) == want {
			return
		}
		select {
		case <-look.C:
		case <-limit:
			t.Fatalf("/readyz says %d %q for too long", status, body)
		}
	}
}
