package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
)

// CopyTable is the table that stands in a database as long as the copy of
// another one into it (`vendlane admin copy`) is not finished.
const CopyTable = "copy_progress"

// OpenForCopy opens an empty database, or one that holds an unfinished copy, as
// Open does. It refuses, and leaves as it is, any other and one that a server is
// connected to.
func OpenForCopy(ctx context.Context, dsn string) (*Engine, error) {
	return open(ctx, dsn, applicationName+" admin copy", Options{MaxConns: 2}, (*Engine).checkTarget)
}

// Pool is for `vendlane admin copy`, which works below the queries.
func (e *Engine) Pool() *sql.DB { return e.pool }

func (e *Engine) refuseUnfinishedCopy(ctx context.Context) error {
	holds, err := e.holdsCopy(ctx)
	if err == nil && holds {
		err = errors.New("it holds an unfinished copy: run the same `vendlane admin copy` again, or give it an empty database")
	}
	return err
}

func (e *Engine) holdsCopy(ctx context.Context) (holds bool, err error) {
	if err = e.pool.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", CopyTable).Scan(&holds); err != nil {
		return false, fmt.Errorf("look for an unfinished copy: %w", err)
	}
	return holds, nil
}

func (e *Engine) checkTarget(ctx context.Context) error {
	if err := e.checkNoServer(ctx); err != nil {
		return err
	}
	if holds, err := e.holdsCopy(ctx); err != nil || holds {
		return err
	}
	return e.checkEmpty(ctx)
}

// goneWithin is how long the connections of a server that has just ended may
// still be seen.
const goneWithin = 2 * time.Second

func (e *Engine) checkNoServer(ctx context.Context) error {
	deadline := time.After(goneWithin)
	again := time.NewTicker(goneWithin / 20)
	defer again.Stop()
	for {
		var servers int
		err := e.pool.QueryRowContext(ctx, `SELECT COUNT(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = $1 AND pid <> pg_backend_pid()`, applicationName).Scan(&servers)
		if err != nil {
			return fmt.Errorf("look for other connections: %w", err)
		}
		if servers == 0 {
			return nil
		}
		select {
		case <-again.C:
		case <-deadline:
			return fmt.Errorf("a vendlane server is connected to it (%d connections): stop it first", servers)
		}
	}
}

func (e *Engine) checkEmpty(ctx context.Context) error {
	tables, err := e.tables(ctx)
	if err != nil {
		return fmt.Errorf("list tables: %w", err)
	}
	for _, table := range tables {
		var filled bool
		err := e.pool.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+pgx.Identifier{table}.Sanitize()+")").Scan(&filled)
		if err != nil {
			return fmt.Errorf("look into table %s: %w", table, err)
		}
		if filled && table != goose.DefaultTablename {
			return fmt.Errorf("it is not empty: table %s has rows", table)
		}
	}
	return nil
}

func (e *Engine) tables(ctx context.Context) (names []string, err error) {
	rows, err := e.pool.QueryContext(ctx, "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}
