package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/pressly/goose/v3"
	driver "modernc.org/sqlite"
)

// Contents is what a backup holds.
type Contents struct {
	// Size is in bytes.
	Size          int64
	SchemaVersion int64
	Tables        int
	Rows          int64
}

// backupPages is how many pages are copied between two looks at the context.
const backupPages = 2000

// Backup writes all that is committed in a database to a new file, also while a
// server works on the database, checks the file and makes it durable. Of an
// error it leaves a file that is to be thrown away. It copies page by page from
// one snapshot, which writers feel less than VACUUM INTO (docs/adr/0012).
func Backup(ctx context.Context, file, to string) (Contents, error) {
	empty, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = empty.Close()
	}
	if err != nil {
		return Contents{}, fmt.Errorf("backup: %w", err)
	}
	if err := backUp(ctx, file, to); err != nil {
		return Contents{}, fmt.Errorf("backup of %s: %w", file, err)
	}
	contents, err := checkBackup(ctx, to)
	if err != nil {
		return Contents{}, fmt.Errorf("check of the backup: %w", err)
	}
	return contents, nil
}

func backUp(ctx context.Context, file, to string) (err error) {
	pool, err := sql.Open("sqlite", dsn(file, "query_only(1)")+"&mode=rw")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	conn, err := pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	// A transaction that has read holds its snapshot. Without it the copy would
	// start again whenever somebody has written.
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // it has changed nothing
	var tables int
	if err := tx.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_schema").Scan(&tables); err != nil {
		return err
	}
	return conn.Raw(func(driverConn any) error { return copyPages(ctx, driverConn, to) })
}

func copyPages(ctx context.Context, driverConn any, to string) error {
	source, ok := driverConn.(interface {
		NewBackup(uri string) (*driver.Backup, error)
	})
	if !ok {
		return errors.New("the driver makes no backups")
	}
	backup, err := source.NewBackup(fileURL(to) + "?_pragma=synchronous(OFF)") // synced once, at the end
	if err != nil {
		return err
	}
	for more := true; more && err == nil; {
		if more, err = backup.Step(backupPages); err == nil {
			err = ctx.Err()
		}
	}
	err = errors.Join(err, backup.Finish())
	f, openErr := os.OpenFile(to, os.O_RDWR, 0)
	if openErr != nil {
		return errors.Join(err, openErr)
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// checkBackup reads all of a backup, which nobody writes to, and says what is in it.
func checkBackup(ctx context.Context, file string) (c Contents, err error) {
	info, err := os.Stat(file)
	if err != nil {
		return c, err
	}
	c.Size = info.Size()
	pool, err := sql.Open("sqlite", fileURL(file)+"?mode=ro&immutable=1")
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, pool.Close()) }()
	problems, err := column(ctx, pool, "PRAGMA integrity_check(5)")
	if err != nil {
		return c, err
	}
	if len(problems) != 1 || problems[0] != "ok" {
		return c, fmt.Errorf("the database is damaged: %s", strings.Join(problems, "; "))
	}
	tables, err := column(ctx, pool, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
	if err != nil {
		return c, err
	}
	for _, table := range tables {
		if table == goose.DefaultTablename {
			continue
		}
		var rows int64
		if err := pool.QueryRowContext(ctx, `SELECT COUNT(*) FROM "`+table+`"`).Scan(&rows); err != nil {
			return c, err
		}
		c.Tables++
		c.Rows += rows
	}
	status, err := SchemaOf(ctx, pool)
	c.SchemaVersion = status.Version
	return c, err
}

func column(ctx context.Context, pool *sql.DB, query string) (values []string, err error) {
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var value string
		if err := rows.Scan(&value); err != nil {
			return nil, err
		}
		values = append(values, value)
	}
	return values, rows.Err()
}
