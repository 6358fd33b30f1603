package redeem

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

// pgbenchSide is the name of the side that is pgbench.
const pgbenchSide = "pgbench"

const (
	template = "vendlane_bench_template"
	database = "vendlane_bench"
)

// pgbench is the program, and the server it works on.
type pgbench struct {
	path, version string
	server        *server
}

// NoPostgresError says which program of PostgreSQL is missing.
type NoPostgresError string

func (e NoPostgresError) Error() string { return string(e) }

// openPgbench finds the program, starts or connects the server and makes the
// database that all measurements start from.
func openPgbench(ctx context.Context, r *run) (*pgbench, error) {
	path, err := findPgbench()
	if err != nil {
		return nil, err
	}
	p := &pgbench{path: path, server: useServer(r.DSN)}
	if r.DSN == "" {
		if p.server, err = startServer(ctx, r.Folder); err != nil {
			return nil, err
		}
	}
	if err := p.prepare(ctx, r); err != nil {
		return nil, errors.Join(err, p.server.stop())
	}
	return p, nil
}

func (p *pgbench) prepare(ctx context.Context, r *run) (err error) {
	if p.version, err = p.server.describe(ctx); err != nil {
		return err
	}
	if err := p.server.exec(ctx, "DROP DATABASE IF EXISTS "+template, "CREATE DATABASE "+template); err != nil {
		return err
	}
	return fillPostgres(ctx, p.server.database(template), r.box, r.machines, r.codes)
}

func (p *pgbench) close(ctx context.Context) error {
	return errors.Join(p.server.drop(context.WithoutCancel(ctx), template), p.server.stop())
}

// fresh makes a copy of the database and returns its DSN; drop ends it.
func (p *pgbench) fresh(ctx context.Context) (string, error) {
	return p.server.database(database), p.server.copied(ctx, database, template)
}

func (p *pgbench) drop(ctx context.Context) error {
	return p.server.drop(context.WithoutCancel(ctx), database)
}

// measure redeems codes with pgbench and returns how many per second.
func (p *pgbench) measure(ctx context.Context, r *run) (rate float64, err error) {
	dsn, err := p.fresh(ctx)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.drop(ctx)) }()
	warm := 0
	if r.warmUp > 0 {
		if warm, _, err = p.run(ctx, r, dsn, 0, r.warmUp); err != nil {
			return 0, err
		}
	}
	redemptions, rate, err := p.run(ctx, r, dsn, int(float64(r.perSecond)*r.warmUp.Seconds())/r.Connections, r.Period)
	if err != nil {
		return 0, err
	}
	return rate, verifyPostgres(ctx, dsn, warm+redemptions, nil)
}

// findPgbench returns the path of pgbench; Debian keeps it out of the PATH,
// beside the server.
func findPgbench() (string, error) {
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path, nil
	}
	path, err := exec.LookPath(filepath.Join(pgserver.Folder(), "pgbench"))
	if err != nil || pgserver.Folder() == "" {
		return "", NoPostgresError("pgbench is not installed, and it is the baseline: it comes with PostgreSQL's server or its contrib package")
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

// quickTransactions are those of each client in a run of a moment.
const quickTransactions = 20

var (
	processed   = regexp.MustCompile(`number of transactions actually processed: (\d+)`)
	throughput  = regexp.MustCompile(`tps = ([0-9.]+) \(without initial connection time\)`)
	failedTries = regexp.MustCompile(`number of failed transactions: ([1-9]\d*)`)
)

// run lets pgbench redeem, each client from its code of a number on, and returns
// how many, and how many per second.
func (p *pgbench) run(ctx context.Context, r *run, dsn string, first int, period time.Duration) (redemptions int, rate float64, err error) {
	file := filepath.Join(r.folder, "redeem.sql")
	if err := os.WriteFile(file, []byte(script(r.Connections, r.machines)), 0o600); err != nil {
		return 0, 0, fmt.Errorf("write script: %w", err)
	}
	work := fmt.Sprintf("--time=%d", max(1, int(period/time.Second)))
	if r.Quick { // on a busy machine a second may pass without a transaction
		work = fmt.Sprintf("--transactions=%d", quickTransactions)
	}
	cmd := exec.CommandContext(ctx, p.path, "--no-vacuum", "--protocol=prepared", "--define=n="+fmt.Sprint(first), //nolint:gosec // found by findPgbench
		"--client="+fmt.Sprint(r.Connections), "--jobs=2", work, "--file="+file, dsn)
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
