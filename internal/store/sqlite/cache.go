package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// cachedConn runs queries on one connection with prepared statements that are
// kept. It ignores the caller's context: an interrupted statement would make
// SQLite roll back the whole transaction, and with it the other callers' work.
// It belongs to one goroutine.
type cachedConn struct {
	conn       *sql.Conn
	statements map[string]*sql.Stmt
}

func newCachedConn(conn *sql.Conn) *cachedConn {
	return &cachedConn{conn: conn, statements: map[string]*sql.Stmt{}}
}

func (c *cachedConn) PrepareContext(_ context.Context, query string) (*sql.Stmt, error) {
	if s, ok := c.statements[query]; ok {
		return s, nil
	}
	s, err := c.conn.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	c.statements[query] = s
	return s, nil
}

func (c *cachedConn) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.Background(), args...)
}

func (c *cachedConn) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.Background(), args...)
}

func (c *cachedConn) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		// A Row can only be made by running a query; let it fail by itself.
		return c.conn.QueryRowContext(context.Background(), query, args...)
	}
	return s.QueryRowContext(context.Background(), args...)
}

func (c *cachedConn) close() {
	for _, s := range c.statements {
		_ = s.Close()
	}
	_ = c.conn.Close()
}

// cachedDB runs queries on a pool with prepared statements that are kept.
type cachedDB struct {
	pool       *sql.DB
	mu         sync.RWMutex
	statements map[string]*sql.Stmt
}

func newCachedDB(pool *sql.DB) *cachedDB {
	return &cachedDB{pool: pool, statements: map[string]*sql.Stmt{}}
}

func (c *cachedDB) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	c.mu.RLock()
	s, ok := c.statements[query]
	c.mu.RUnlock()
	if ok {
		return s, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if s, ok := c.statements[query]; ok {
		return s, nil
	}
	s, err := c.pool.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.statements[query] = s
	return s, nil
}

func (c *cachedDB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(ctx, args...)
}

func (c *cachedDB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

func (c *cachedDB) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := c.PrepareContext(ctx, query)
	if err != nil {
		return c.pool.QueryRowContext(ctx, query, args...)
	}
	return s.QueryRowContext(ctx, args...)
}

func (c *cachedDB) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var errs []error
	for _, s := range c.statements {
		errs = append(errs, s.Close())
	}
	return errors.Join(errs...)
}
