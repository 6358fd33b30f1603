package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/vendlane/vendlane/internal/store/postgres"
)

const insertClaim = "INSERT INTO " + postgres.CopyTable + " (source) VALUES ($1)"

// claim marks the target as an unfinished copy of the source with this
// fingerprint, or makes sure that it is one.
func (c *copier) claim(ctx context.Context, fingerprint string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("mark the target: %w", err)
		}
	}()
	tx, err := c.target.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after the commit
	if _, err := tx.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS "+postgres.CopyTable+" (source TEXT NOT NULL)"); err != nil {
		return err
	}
	var claimed string
	err = tx.QueryRowContext(ctx, "SELECT source FROM "+postgres.CopyTable).Scan(&claimed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if _, err := tx.ExecContext(ctx, insertClaim, fingerprint); err != nil {
			return err
		}
	case err != nil:
		return err
	case claimed != fingerprint:
		return errors.New("it holds an unfinished copy of another source, or of this one before it was changed: empty the database and start again")
	}
	return tx.Commit()
}

// release makes the target a database like any other.
func (c *copier) release(ctx context.Context) error {
	// The planner knows nothing of rows that came in so fast.
	for _, statement := range []string{"ANALYZE", "DROP TABLE " + postgres.CopyTable} {
		if _, err := c.target.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("finish the target: %w", err)
		}
	}
	return nil
}

// copyTable brings over the rows behind the last one that the target has, in
// batches that are committed one by one, and returns how many it were.
func (c *copier) copyTable(ctx context.Context, t table, total int64) (copied int64, err error) {
	done, key, err := c.copied(ctx, t)
	if err != nil {
		return 0, err
	}
	progress := c.progress("copy", t, total)
	for {
		n, last, err := c.copyBatch(ctx, t, key)
		copied += n
		if err != nil || n == 0 {
			return copied, err
		}
		key = last
		progress(done + copied)
	}
}

// copied tells how many rows the target has already, and the last key of them.
func (c *copier) copied(ctx context.Context, t table) (count int64, key []any, err error) {
	err = c.target.QueryRowContext(ctx, "SELECT COUNT(*) FROM "+quote(t.name)).Scan(&count)
	if err != nil || count == 0 {
		return 0, nil, err
	}
	r, err := read(ctx, c.target.DB, t, t.selectLast(c.target.collation))
	if err != nil {
		return 0, nil, err
	}
	if r.Next() {
		key = r.key()
	}
	return count, key, r.close()
}

// copyBatch brings over the next rows behind a key, all of them or none. Rows go
// through one by one, so memory does not depend on the size of a batch.
func (c *copier) copyBatch(ctx context.Context, t table, key []any) (n int64, last []any, err error) {
	r, err := read(ctx, c.source.DB, t, t.selectBehind(key != nil, c.Batch), key...)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	conn, err := c.target.Conn(ctx)
	if err != nil {
		return 0, nil, err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	err = conn.Raw(func(driverConn any) error {
		// One COPY is one transaction.
		n, err = driverConn.(*stdlib.Conn).Conn().CopyFrom(ctx, pgx.Identifier{t.name}, t.columnNames(), r)
		return err
	})
	if err != nil || n == 0 {
		return 0, nil, err
	}
	return n, r.key(), nil
}

// copyNextIDs makes generated ids go on where those of the source end.
func (c *copier) copyNextIDs(ctx context.Context) error {
	for _, t := range c.tables {
		var last int64
		err := c.source.QueryRowContext(ctx, "SELECT seq FROM sqlite_sequence WHERE name = $1", t.name).Scan(&last)
		if errors.Is(err, sql.ErrNoRows) {
			continue // none was ever generated
		}
		if err == nil {
			err = c.engine.SetNextID(ctx, t.name, last+1)
		}
		if err != nil {
			return fmt.Errorf("set the next id of table %s: %w", t.name, err)
		}
	}
	return nil
}
