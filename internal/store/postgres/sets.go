package postgres

import (
	"context"
	"database/sql/driver"
	_ "embed" // for merchants.sql
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// sets implements store.Sets: arrays go to one statement, and each of their
// elements gets its own answer.
type sets struct{ engine *Engine }

// Sets implements store.Engine.
func (e *Engine) Sets() store.Sets { return sets{e} }

// settings hold until the end of the transaction. The server plans once and
// looks every row up by an index: left to its estimates it plans each set anew,
// which costs more than the set, or reads whole tables because they were small
// when it planned, until the next ANALYZE. And a set does not wait long for a
// row that somebody else holds: its callers then go alone, and only those who
// want that row wait on.
const settings = `SELECT set_config(name, value, TRUE) FROM (VALUES ('plan_cache_mode', 'force_generic_plan'), ('enable_seqscan', 'off'),
	('enable_hashjoin', 'off'), ('enable_mergejoin', 'off'), ('enable_material', 'off'), ('enable_memoize', 'off'), ('jit', 'off'),
	('lock_timeout', '500ms')) AS s (name, value)`

//go:embed merchants.sql
var merchantsSQL string

// Merchants implements store.Sets.
func (s sets) Merchants(ctx context.Context, appIDs []string) ([]db.Merchant, error) {
	merchants := make([]db.Merchant, len(appIDs))
	err := s.engine.native(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		rows, err := conn.Query(ctx, merchantsSQL, appIDs)
		if err != nil {
			return err
		}
		found, err := merchantsOf(rows)
		for i, appID := range appIDs {
			merchants[i] = found[appID]
		}
		return err
	})
	return merchants, err
}

// merchantsOf reads the answer to merchants.sql, by AppId.
func merchantsOf(rows pgx.Rows) (map[string]db.Merchant, error) {
	found, err := pgx.CollectRows(rows, pgx.RowToStructByName[db.Merchant])
	merchants := make(map[string]db.Merchant, len(found))
	for _, m := range found {
		merchants[m.AppID] = m
	}
	return merchants, err
}

// Insert implements store.Sets. As RunInTx it tries again where a connection proved
// dead before it began.
func (s sets) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	for try := 1; ; try++ {
		err := s.engine.native(ctx, func(ctx context.Context, conn *pgx.Conn) error {
			tx, err := conn.Begin(ctx)
			if err != nil {
				return s.engine.notBegun(fmt.Errorf("begin: %w", err))
			}
			if _, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows)); err != nil {
				return fmt.Errorf("insert into %s: %w", table, err) // and native rolls back
			}
			if err := tx.Commit(ctx); err != nil {
				return commitError(err)
			}
			return nil
		})
		if try == maxTries || !errors.Is(err, errNotBegun) {
			return err
		}
	}
}

// column is one field of every element, as the server takes arrays.
func column[T, F any](elements []T, field func(T) F) []F {
	fields := make([]F, len(elements))
	for i, element := range elements {
		fields[i] = field(element)
	}
	return fields
}

// native runs fn on a connection of the pool without database/sql in between,
// which knows neither arrays nor several statements at once. What fn leaves
// open is rolled back. It ends when a transaction of ctx's owner would.
func (e *Engine) native(ctx context.Context, fn func(ctx context.Context, conn *pgx.Conn) error) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return store.ErrClosed
	}
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), latest(ctx))
	defer cancel()
	conn, err := e.pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(driverConn any) error {
		c, ok := driverConn.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("unexpected driver %T", driverConn)
		}
		return errors.Join(fn(ctx, c.Conn()), end(ctx, c.Conn()))
	})
}

// end makes a connection fit for the next user, or has it thrown away.
func end(ctx context.Context, conn *pgx.Conn) error {
	const outsideOfTransaction = 'I'
	if !conn.IsClosed() && conn.PgConn().TxStatus() == outsideOfTransaction {
		return nil
	}
	if _, err := conn.Exec(ctx, "rollback"); err != nil {
		return fmt.Errorf("roll back: %w: %w", driver.ErrBadConn, err)
	}
	return nil
}
