package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"github.com/pressly/goose/v3"
	"github.com/vendlane/vendlane/internal/store/schema"
	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"
)

// ErrInUse means that another process has the database open.
var ErrInUse = errors.New("the database is in use: stop the server and every other vendlane command that works on it first")

// OpenExclusive opens an existing database for reading only and keeps everybody
// else out until it is closed. What a killed server left in the write-ahead log
// is read as well, and is in the file afterwards. It returns ErrInUse while a server, or any other
// program, has the database open. It migrates nothing. The pool has one
// connection, so one query at a time has rows open.
func OpenExclusive(ctx context.Context, file string) (*sql.DB, error) {
	query := url.Values{
		"mode":    {"rw"}, // a lock wants it, and nothing is created
		"_pragma": {"busy_timeout(1000)", "locking_mode(EXCLUSIVE)", "cache_size(-8192)"},
	}
	pool, err := sql.Open("sqlite", fileURL(file)+"?"+query.Encode())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	pool.SetMaxOpenConns(1)
	// In this locking mode a lock once taken stays with the connection.
	for _, statement := range []string{"BEGIN EXCLUSIVE", "COMMIT", "PRAGMA query_only = 1"} {
		if _, err = pool.ExecContext(ctx, statement); err != nil {
			break
		}
	}
	if failure := (*driver.Error)(nil); errors.As(err, &failure) && failure.Code() == codes.SQLITE_BUSY {
		err = ErrInUse
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", file, err), pool.Close())
	}
	return pool, nil
}

// SchemaOf tells how far an open database is, without changing it.
func SchemaOf(ctx context.Context, pool *sql.DB) (schema.Status, error) {
	var tables int
	err := pool.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table' AND name = $1", goose.DefaultTablename).Scan(&tables)
	if err != nil {
		return schema.Status{}, fmt.Errorf("read schema: %w", err)
	}
	if tables == 0 {
		return schema.Status{}, errors.New("this is no database of Vendlane")
	}
	s, err := schema.New(goose.DialectSQLite3, pool, migrations)
	if err != nil {
		return schema.Status{}, err
	}
	return s.Status(ctx)
}

func fileURL(file string) string {
	return "file:" + (&url.URL{Path: file}).EscapedPath()
}
