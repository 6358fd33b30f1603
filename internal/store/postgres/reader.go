package postgres

import (
	"context"
	"database/sql"
)

// reader runs queries outside of transactions. One that found its connection
// dead runs again on another: it reads, so it may.
type reader struct {
	pool *sql.DB
	loss *loss
}

func (r reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := r.pool.QueryContext(ctx, query, args...)
	if r.loss.noted(err) {
		return r.pool.QueryContext(ctx, query, args...)
	}
	return rows, err
}

func (r reader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	row := r.pool.QueryRowContext(ctx, query, args...)
	if r.loss.noted(row.Err()) {
		return r.pool.QueryRowContext(ctx, query, args...)
	}
	return row
}

func (r reader) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return r.pool.ExecContext(ctx, query, args...)
}

func (r reader) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return r.pool.PrepareContext(ctx, query)
}
