package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/pgserver"
)

// findPgbench returns the path of pgbench; Debian keeps it out of the PATH,
// beside the server.
func findPgbench() (string, error) {
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path, nil
	}
	path, err := exec.LookPath(filepath.Join(pgserver.Folder(), "pgbench"))
	if err != nil || pgserver.Folder() == "" {
		return "", errors.New("pgbench is not installed, and it is the baseline: it comes with PostgreSQL's server or its contrib package")
	}
	return path, nil
}

// script is the transaction of a redemption as the portable path writes it, for
// pgbench: five statements, without the checks before it. The codes are the same
// as those of Vendlane's requests; every client has codes of its own.
func script(clients, machines int) string {
	return strings.NewReplacer("CLIENTS", fmt.Sprint(clients), "MACHINES", fmt.Sprint(machines)).Replace(`
\set i :client_id + :n * CLIENTS
\set n :n + 1
\set code :i + 1
\set product :i % MACHINES + 1
BEGIN;
INSERT INTO orders (merchant_id, machine_id, trade_id, trade_key, status, date, amount, notify_url,
    notify_send_count, pickup_code_id, created_at, expires_at)
VALUES (1, :product, 'bench-trade-id-0000000000' || :i, 'bench-trade-id-0000000000' || :i, 7, '2024-04-29', 100,
    'https://merchant.example/notify', 0, :code, 1714353655000, 0)
ON CONFLICT (merchant_id, trade_key) DO NOTHING RETURNING id AS order_id \gset
INSERT INTO records (order_id, product_id, quantity, price, state, delivered, delivery_id, callback_id, notify_sent)
VALUES (:order_id, :product, 1, 100, 'WAITING_PICKED_UP', 0, 0, 0, FALSE) RETURNING id AS record_id \gset
UPDATE pickup_codes SET state = 'USED', finished_at = 1714353655000, order_id = :order_id, trade_id = 'bench-trade-id-0000000000' || :i
WHERE id = :code AND state = 'UNUSED' AND (expired_at = 0 OR expired_at > 1714353655000);
UPDATE products SET current_inventory = current_inventory - 1 WHERE id = :product AND current_inventory >= 1;
INSERT INTO commands (machine_id, method, fields, delivery_id, state, created_at, expires_at, due_at, lease_until, attempts, sent_at)
VALUES (:product, 'client.pickup_codes.delete', '{"id":"' || :code || '"}', 0, 'QUEUED', 1714353655000, 1714440055000, 1714353655000, 0, 0, 0);
COMMIT;
`)
}

var (
	processed   = regexp.MustCompile(`number of transactions actually processed: (\d+)`)
	throughput  = regexp.MustCompile(`tps = ([0-9.]+) \(without initial connection time\)`)
	failedTries = regexp.MustCompile(`number of failed transactions: ([1-9]\d*)`)
)

// runPgbench redeems codes with pgbench and returns how many, and how many per
// second.
func runPgbench(ctx context.Context, path, folder, dsn string, clients, machines int, period time.Duration) (redemptions int, rate float64, err error) {
	file := filepath.Join(folder, "redeem.sql")
	if err := os.WriteFile(file, []byte(script(clients, machines)), 0o600); err != nil {
		return 0, 0, fmt.Errorf("write script: %w", err)
	}
	seconds := max(1, int(period/time.Second))
	cmd := exec.CommandContext(ctx, path, "--no-vacuum", "--protocol=prepared", "--define=n=0", //nolint:gosec // found by findPgbench
		"--client="+fmt.Sprint(clients), "--jobs=2", "--time="+fmt.Sprint(seconds), "--file="+file, dsn)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, 0, fmt.Errorf("pgbench: %w\n%s", err, stderr.String())
	}
	count, tps := processed.FindSubmatch(out), throughput.FindSubmatch(out)
	if count == nil || tps == nil || failedTries.Match(out) {
		return 0, 0, fmt.Errorf("pgbench: unexpected answer\n%s", out)
	}
	redemptions, err = strconv.Atoi(string(count[1]))
	if err != nil {
		return 0, 0, fmt.Errorf("pgbench: %w", err)
	}
	rate, err = strconv.ParseFloat(string(tps[1]), 64)
	return redemptions, rate, err
}
