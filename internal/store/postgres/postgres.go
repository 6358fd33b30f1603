// Package postgres is the store engine for more than one node: a PostgreSQL
// database, reached by a pool of connections. Every write is a transaction of
// its own at READ COMMITTED.
package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Options tune an engine; the zero value is right for production.
type Options struct {
	// MaxConns is how many connections are open at most; 0 means 20. The
	// server must allow that many for every node.
	MaxConns int
}

// maxIdleTime is how long a connection is kept that nobody needs.
const maxIdleTime = 5 * time.Minute

// Engine is an open PostgreSQL database. It implements store.Engine.
type Engine struct {
	pool *sql.DB
	cfg  *pgx.ConnConfig
	loss *loss
	// aside has one connection that the other users of the database do not
	// wait for; nil in aside itself.
	aside *Engine

	mu     sync.RWMutex // held for reading by every write under way
	closed bool
}

var _ store.Engine = (*Engine)(nil)

// Open connects to the database that dsn names (a URL or key=value pairs),
// brings its schema up to date and checks that a commit is durable there. It
// refuses a database whose schema is newer than this program, and one that holds
// an unfinished copy. Its errors never hold the password of the dsn.
func Open(ctx context.Context, dsn string, opts Options) (*Engine, error) {
	return open(ctx, dsn, applicationName, opts, (*Engine).refuseUnfinishedCopy)
}

// open makes an engine; check runs before the schema is touched.
func open(ctx context.Context, dsn, application string, opts Options, check func(*Engine, context.Context) error) (*Engine, error) {
	if opts.MaxConns <= 0 {
		opts.MaxConns = 20
	}
	cfg, err := parse(dsn, application)
	if err != nil {
		return nil, err
	}
	e := newEngine(cfg, opts.MaxConns)
	e.aside = newEngine(cfg, 1)
	if err = check(e, ctx); err == nil {
		err = e.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open PostgreSQL database: %w", err), e.Close())
	}
	return e, nil
}

// newEngine connects when it is first used.
func newEngine(cfg *pgx.ConnConfig, maxConns int) *Engine {
	lost := &loss{}
	pool := stdlib.OpenDB(*cfg, stdlib.OptionShouldPing(lost.shouldPing), stdlib.OptionAfterConnect(boundServer))
	pool.SetMaxOpenConns(maxConns)
	pool.SetMaxIdleConns(maxConns)
	pool.SetConnMaxIdleTime(maxIdleTime)
	return &Engine{pool: pool, cfg: cfg, loss: lost}
}

// Aside is RunInTx on a connection kept for what must not wait for the others.
func (e *Engine) Aside(ctx context.Context, fn func(q *db.Queries) error) error {
	return e.aside.RunInTx(ctx, fn)
}

// applicationName is what the server shows for our connections, unless the DSN
// has another one.
const applicationName = "vendlane"

func parse(dsn, application string) (*pgx.ConnConfig, error) {
	// pgx keeps prepared statements per connection. The queries name their
	// columns, so a migration by another node leaves them valid.
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil {
		var bad *pgconn.ParseConfigError
		if errors.As(err, &bad) {
			bad.ConnString = "…" // the library does not find every password to mask
		}
		return nil, fmt.Errorf("store.dsn: %w", err)
	}
	if _, named := cfg.RuntimeParams["application_name"]; !named {
		cfg.RuntimeParams["application_name"] = application
	}
	boundWaits(cfg)
	return cfg, nil
}

func (e *Engine) start(ctx context.Context) error {
	s, err := newSchema(e.pool)
	if err != nil {
		return err
	}
	if err := s.Up(ctx); err != nil {
		return err
	}
	for _, setting := range []struct{ name, refused, why string }{
		{"synchronous_commit", "off", "a commit would be acknowledged before it is durable"},
		{"server_encoding", "SQL_ASCII", "texts need UTF8"},
	} {
		value, err := e.setting(ctx, setting.name)
		if err != nil {
			return err
		}
		if value == setting.refused {
			return fmt.Errorf("%s is %s: %s", setting.name, value, setting.why)
		}
	}
	return nil
}

func (e *Engine) setting(ctx context.Context, name string) (value string, err error) {
	if err = e.Reader().QueryRowContext(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return value, nil
}

// newSchema makes nodes that start at the same time migrate one after another.
func newSchema(pool *sql.DB) (*schema.Schema, error) {
	locker, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return nil, err
	}
	return schema.New(goose.DialectPostgres, pool, migrations, goose.WithSessionLocker(locker))
}

// SchemaStatus tells how far the database that dsn names is. An empty database
// gets the table of schema versions, nothing else.
func SchemaStatus(ctx context.Context, dsn string) (schema.Status, error) {
	cfg, err := parse(dsn, applicationName)
	if err != nil {
		return schema.Status{}, err
	}
	pool := stdlib.OpenDB(*cfg)
	defer func() { _ = pool.Close() }()
	s, err := newSchema(pool)
	if err != nil {
		return schema.Status{}, err
	}
	return s.Status(ctx)
}

// Reader implements store.Engine.
func (e *Engine) Reader() db.DBTX { return reader{e.pool, e.loss} }

// Ping implements store.Engine: a server that takes no writes (a standby) is
// not ready.
func (e *Engine) Ping(ctx context.Context) error {
	readOnly, err := e.setting(ctx, "transaction_read_only")
	if err != nil {
		return err
	}
	if readOnly != "off" {
		return errors.New("the database is read-only")
	}
	return nil
}

// ManyWriters implements store.Engine.
func (e *Engine) ManyWriters() bool { return true }

// OthersWait implements store.Engine.
func (e *Engine) OthersWait() bool { return false }

// SetNextID implements store.Engine. Inserts into the table wait meanwhile, so
// that no id is given out twice.
func (e *Engine) SetNextID(ctx context.Context, table string, id int64) error {
	return e.run(ctx, func(tx db.DBTX) error {
		name := pgx.Identifier{table}.Sanitize()
		if _, err := tx.ExecContext(ctx, "LOCK TABLE "+name+" IN SHARE ROW EXCLUSIVE MODE"); err != nil {
			return err
		}
		var sequence string // a name made by the server, quoted where it must be
		err := tx.QueryRowContext(ctx, "SELECT pg_get_serial_sequence($1, 'id')", name).Scan(&sequence)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "SELECT setval($1::regclass, $2, FALSE) FROM "+sequence+" WHERE last_value < $2", sequence, id)
		return err
	})
}

// Close implements store.Engine. Closing again does nothing.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.aside != nil {
		return errors.Join(e.pool.Close(), e.aside.Close())
	}
	return e.pool.Close()
}
