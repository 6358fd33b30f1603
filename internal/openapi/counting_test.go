package openapi_test

import (
	"context"
	"database/sql"
	"sync/atomic"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
)

// countingEngine counts the queries made outside of transactions, and the
// transactions.
type countingEngine struct {
	store.Engine
	count *atomic.Int64
}

func (e countingEngine) Reader() db.DBTX { return countingReader{e.Engine.Reader(), e.count} }

func (e countingEngine) RunInTx(ctx context.Context, fn func(q *db.Queries) error) error {
	e.count.Add(1)
	return e.Engine.RunInTx(ctx, fn)
}

type countingReader struct {
	db.DBTX
	count *atomic.Int64
}

func (r countingReader) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	r.count.Add(1)
	return r.DBTX.ExecContext(ctx, query, args...)
}

func (r countingReader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	r.count.Add(1)
	return r.DBTX.QueryContext(ctx, query, args...)
}

func (r countingReader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	r.count.Add(1)
	return r.DBTX.QueryRowContext(ctx, query, args...)
}
