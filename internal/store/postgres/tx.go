package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

const (
	// maxTries bounds how often a transaction runs that the server broke off
	// in favour of another.
	maxTries = 5
	// txTimeout bounds one run, the wait for a connection and for locks
	// included.
	txTimeout = 30 * time.Second
)

// RunInTx implements store.Engine.
func (e *Engine) RunInTx(ctx context.Context, fn func(q *db.Queries) error) error {
	return e.run(ctx, func(tx db.DBTX) error { return fn(db.New(tx)) })
}

func (e *Engine) run(ctx context.Context, fn func(tx db.DBTX) error) error {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return store.ErrClosed
	}
	for try := 1; ; try++ {
		if err := e.runOnce(ctx, fn); try == maxTries || !brokenOff(err) {
			return err
		}
	}
}

// brokenOff tells whether the server rolled a transaction back because of
// another one, so that it can be run again: a serialisation failure or a
// deadlock.
func brokenOff(err error) bool {
	var failure *pgconn.PgError
	return errors.As(err, &failure) && (failure.Code == "40001" || failure.Code == "40P01")
}

// runOnce heeds ctx until it has a connection and again before the commit. In
// between and during the commit it does not: an interrupted statement costs the
// connection, and a caller must not be left not knowing whether its change was
// committed.
func (e *Engine) runOnce(ctx context.Context, fn func(tx db.DBTX) error) error {
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), txTimeout)
	defer cancel()
	conn, err := e.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	tx, err := conn.BeginTx(bounded, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err = call(fn, boundTx{tx, bounded}); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		// If this fails, too, the connection is lost and the server rolls back.
		_ = tx.Rollback()
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

func (e *Engine) connect(ctx context.Context) (*sql.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, txTimeout)
	defer cancel()
	conn, err := e.pool.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect: %w", err)
	}
	return conn, nil
}

func call(fn func(tx db.DBTX) error, tx db.DBTX) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic in transaction: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(tx)
}

// boundTx runs the queries of a transaction under the transaction's context,
// whatever context the caller's function names.
type boundTx struct {
	tx  *sql.Tx
	ctx context.Context
}

func (b boundTx) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	return b.tx.ExecContext(b.ctx, query, args...)
}

func (b boundTx) PrepareContext(_ context.Context, query string) (*sql.Stmt, error) {
	return b.tx.PrepareContext(b.ctx, query)
}

func (b boundTx) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	return b.tx.QueryContext(b.ctx, query, args...)
}

func (b boundTx) QueryRowContext(_ context.Context, query string, args ...any) *sql.Row {
	return b.tx.QueryRowContext(b.ctx, query, args...)
}
