// Package sqlite is the embedded store engine: one SQLite file in WAL mode,
// written by one goroutine that lets waiting callers share a durable commit,
// read by a pool of connections.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/schema"

	_ "modernc.org/sqlite" // the driver
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options tune an engine; the zero value is right for production.
type Options struct {
	// MaxGroup is the largest number of calls that share one commit; 0 means
	// 256, 1 commits each call by itself.
	MaxGroup int
	// Readers is the size of the read pool; 0 means 8.
	Readers int
	// Unsynced leaves commits to a checkpoint, at the latest that of Close: for a
	// database that is thrown away if it is not finished.
	Unsynced bool
}

// Engine is an open SQLite database. It implements store.Engine.
type Engine struct {
	file    string
	writes  *writer
	writeDB *sql.DB
	readDB  *sql.DB
	reader  *cachedDB
	check   *checkpointer
	pinger  pinger

	closeOnce sync.Once
	closeErr  error
}

var _ store.Engine = (*Engine)(nil)

// Open opens or creates the database file, brings its schema up to date and
// starts the writer. It refuses a file whose schema is newer than this program.
func Open(ctx context.Context, file string, opts Options) (*Engine, error) {
	if opts.MaxGroup <= 0 {
		opts.MaxGroup = 256
	}
	if opts.Readers <= 0 {
		opts.Readers = 8
	}
	if err := private(file); err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	writeDB, err := sql.Open("sqlite", dsn(file, "cache_size(-65536)"))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	// One for the writer, one for the checkpointer.
	writeDB.SetMaxOpenConns(2)
	e := &Engine{file: file, writeDB: writeDB}
	e.pinger.look = e.takesWrites
	if err := e.start(ctx, file, opts); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", file, err), e.Close())
	}
	return e, nil
}

// private makes the file, if there is none, readable for its owner alone. SQLite
// would let everybody read it, and gives the files beside it the same mode.
func private(file string) error {
	f, err := os.OpenFile(file, os.O_RDONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func (e *Engine) start(ctx context.Context, file string, opts Options) error {
	if err := migrate(ctx, e.writeDB); err != nil {
		return err
	}
	readDB, err := sql.Open("sqlite", dsn(file, "query_only(1)"))
	if err != nil {
		return err
	}
	readDB.SetMaxOpenConns(opts.Readers)
	readDB.SetMaxIdleConns(opts.Readers)
	e.readDB = readDB
	e.reader = newCachedDB(readDB)

	conn, err := durableConn(ctx, e.writeDB)
	if err != nil {
		return err
	}
	// What a savepoint needs to roll back goes to a temporary file beyond 64 KB,
	// and a redemption changes some twenty pages: a fifth of its processor time.
	// Not in the DSN, because migrations make indexes of any size.
	if _, err := conn.ExecContext(ctx, "PRAGMA temp_store = MEMORY"); err != nil {
		return err
	}
	checkConn, err := durableConn(ctx, e.writeDB)
	if err != nil {
		return err
	}
	if opts.Unsynced {
		if _, err := conn.ExecContext(ctx, "PRAGMA synchronous = NORMAL"); err != nil {
			return err
		}
	}
	e.check = startCheckpointer(checkConn)
	e.writes = startWriter(conn, opts.MaxGroup, e.check)
	return nil
}

// durableConn takes a connection out of the pool for good and makes sure that
// a commit on it is on the disk when it returns.
func durableConn(ctx context.Context, pool *sql.DB) (*sql.Conn, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	var synchronous int
	if err := conn.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&synchronous); err != nil {
		return nil, err
	}
	if synchronous != 2 {
		return nil, fmt.Errorf("PRAGMA synchronous is %d, want 2 (FULL)", synchronous)
	}
	return conn, nil
}

// busyTimeout is how long a connection waits for a lock of another process.
const busyTimeout = 10 * time.Second

func dsn(file, extra string) string {
	q := url.Values{"_pragma": {
		fmt.Sprintf("busy_timeout(%d)", busyTimeout.Milliseconds()), "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
		// Checkpoints run on a connection of their own: automatic ones would
		// stall the writer.
		"wal_autocheckpoint(0)", extra,
	}}
	return fileURL(file) + "?" + q.Encode()
}

func migrate(ctx context.Context, pool *sql.DB) error {
	s, err := schema.New(goose.DialectSQLite3, pool, migrations)
	if err != nil {
		return err
	}
	return s.Up(ctx)
}

// SchemaStatus tells how far the database in an existing file is. An empty
// database gets the table of schema versions, nothing else.
func SchemaStatus(ctx context.Context, file string) (schema.Status, error) {
	pool, err := sql.Open("sqlite", dsn(file, "cache_size(-2048)")+"&mode=rw")
	if err != nil {
		return schema.Status{}, fmt.Errorf("open %s: %w", file, err)
	}
	defer func() { _ = pool.Close() }()
	s, err := schema.New(goose.DialectSQLite3, pool, migrations)
	if err != nil {
		return schema.Status{}, err
	}
	status, err := s.Status(ctx)
	if err != nil {
		return schema.Status{}, fmt.Errorf("open %s: %w", file, err)
	}
	return status, nil
}

// RunInTx implements store.Engine.
func (e *Engine) RunInTx(ctx context.Context, fn func(q *db.Queries) error) error {
	return e.writes.run(ctx, fn)
}

// Reader implements store.Engine.
func (e *Engine) Reader() db.DBTX { return e.reader }

// Ping implements store.Engine: the writer must commit a change, so that a full,
// stuck or read-only disk is noticed.
func (e *Engine) Ping(ctx context.Context) error { return e.pinger.ping(ctx) }

// ManyWriters implements store.Engine: all writers share one transaction at a
// time.
func (e *Engine) ManyWriters() bool { return false }

// OthersWait implements store.Engine.
func (e *Engine) OthersWait() bool { return len(e.writes.jobs) > 0 }

// Sets implements store.Engine: there are none, because callers share commits
// anyway and a query costs no way to a server.
func (e *Engine) Sets() store.Sets { return nil }

// SetNextID implements store.Engine.
func (e *Engine) SetNextID(ctx context.Context, table string, id int64) error {
	return e.writes.runRaw(ctx, func(c *cachedConn) error {
		result, err := c.ExecContext(ctx, "UPDATE sqlite_sequence SET seq = MAX(seq, $1) WHERE name = $2", id-1, table)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n > 0 {
			return err
		}
		_, err = c.ExecContext(ctx, "INSERT INTO sqlite_sequence (name, seq) VALUES ($1, $2)", table, id-1)
		return err
	})
}

// Close implements store.Engine. Closing again does nothing.
func (e *Engine) Close() error {
	e.closeOnce.Do(func() { e.closeErr = e.close() })
	return e.closeErr
}

func (e *Engine) close() error {
	var errs []error
	if e.writes != nil {
		e.writes.close()
	}
	e.pinger.looks.Wait()
	if e.check != nil {
		e.check.close()
	}
	if e.readDB != nil {
		errs = append(errs, e.reader.close(), e.readDB.Close())
	}
	// The last connection to go checkpoints the log and removes it.
	errs = append(errs, e.writeDB.Close())
	return errors.Join(errs...)
}

// checkpointEvery is how often a written log is copied into the database.
const checkpointEvery = 250 * time.Millisecond
