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
	// maxTries bounds how often a transaction is begun that the server broke
	// off in favour of another, or that found its connection dead.
	maxTries = 5
	// txTimeout bounds a transaction with its repeats, the waits for a
	// connection and for locks included.
	txTimeout = 30 * time.Second
	// overtime is how much longer than its caller's deadline a run may take,
	// so that one in good progress still gets its commit.
	overtime = 3 * time.Second
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
	bounded, cancel := context.WithDeadline(context.WithoutCancel(ctx), latest(ctx))
	defer cancel()
	for try := 1; ; try++ {
		err := e.runOnce(ctx, bounded, fn)
		if try == maxTries || !brokenOff(err) && !errors.Is(err, errNotBegun) {
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

// runOnce heeds ctx until it has begun and again before the commit. In between
// and during the commit it does not: an interrupted statement costs the
// connection, and a caller must not be left not knowing whether its change was
// committed.
func (e *Engine) runOnce(ctx, bounded context.Context, fn func(tx db.DBTX) error) error {
	conn, tx, err := e.begin(ctx, bounded)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err = call(fn, boundTx{tx, bounded}); err == nil {
		err = ctx.Err()
	}
	if err != nil {
		// If this fails, too, the connection is lost and the server rolls back.
		_ = tx.Rollback()
		return err
	}
	if err := tx.Commit(); err != nil {
		return commitError(err)
	}
	return nil
}

// latest is when a transaction of this caller ends at the latest.
func latest(ctx context.Context) time.Time {
	end := time.Now().Add(txTimeout)
	if deadline, ok := ctx.Deadline(); ok && deadline.Add(overtime).Before(end) {
		return deadline.Add(overtime)
	}
	return end
}

// begin takes a connection and begins a transaction on it. Its error is
// errNotBegun if the connection proved dead; then another one may be tried.
func (e *Engine) begin(ctx, bounded context.Context) (*sql.Conn, *sql.Tx, error) {
	end, _ := bounded.Deadline()
	wait, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	conn, err := e.pool.Conn(wait)
	if err != nil {
		return nil, nil, e.notBegun(fmt.Errorf("connect: %w", err))
	}
	tx, err := conn.BeginTx(bounded, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		_ = conn.Close()
		return nil, nil, e.notBegun(fmt.Errorf("begin: %w", err))
	}
	return conn, tx, nil
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
