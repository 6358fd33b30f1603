// Package transfer copies a SQLite database into a PostgreSQL database, for an
// installation that needs a second node. It reads the tables from the schema, so
// none can be forgotten, goes on after an interruption, and says that the two
// are equal only after it has read every row of both.
package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/store/sqlite"
)

// Options say what to copy.
type Options struct {
	// From is the SQLite file, which nobody else may have open.
	From string
	// To is the DSN of a PostgreSQL database that is empty or holds an
	// unfinished copy of the same file.
	To string
	// Batch is how many rows are committed together; 0 means 10 000.
	Batch int
	// Progress, if set, is told what has been done, often.
	Progress func(Progress)
}

// Progress is how far one table is.
type Progress struct {
	// Step is "read", "copy" or "check".
	Step, Table string
	// Rows of the table are done, of Total; Total is 0 while it is not known.
	Rows, Total int64
}

// Table is what became of one table.
type Table struct {
	Name           string
	Source, Target Sum
}

// Result is what a copy did.
type Result struct {
	// Tables are all tables, in the order of copying.
	Tables []Table
	// Begun tells whether the target was marked as a copy: after an error no
	// server starts on it.
	Begun bool
	// Copied is how many rows this run brought over; those of an earlier run
	// that was broken off are not in it.
	Copied int64
}

// copier is a copy under way.
type copier struct {
	Options
	source, target side
	engine         *postgres.Engine
	tables         []table
}

// Run copies and checks. The source is never changed. An error leaves the target
// such that the same call goes on where it stopped, and such that no server
// starts on it before that. Rows that differ after copying are an error that
// names the table and the first key; the result is then complete as well.
func Run(ctx context.Context, o Options) (result Result, err error) {
	if o.Batch <= 0 {
		o.Batch = 10_000
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	source, err := sqlite.OpenExclusive(ctx, o.From)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	status, err := sqlite.SchemaOf(ctx, source)
	if err != nil {
		return Result{}, fmt.Errorf("%s: %w", o.From, err)
	}
	if status.Version != status.Newest {
		return Result{}, fmt.Errorf("%s has schema version %d, this program works with %d: run `vendlane migrate up` first", o.From, status.Version, status.Newest)
	}
	engine, err := postgres.OpenForCopy(ctx, o.To)
	if err != nil {
		return Result{}, err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	c := copier{Options: o, source: side{source, ""}, target: side{engine.Pool(), ` COLLATE "C"`}, engine: engine}
	if c.tables, err = readTables(ctx, source, engine.Pool()); err != nil {
		return Result{}, err
	}
	return c.run(ctx)
}

func (c *copier) run(ctx context.Context) (Result, error) {
	var result Result
	sums, err := c.readSource(ctx)
	if err != nil {
		return result, err
	}
	if err := c.claim(ctx, fingerprint(c.tables, sums)); err != nil {
		return result, err
	}
	result.Begun = true
	for i, t := range c.tables {
		n, err := c.copyTable(ctx, t, sums[i].Rows)
		result.Copied += n
		if err != nil {
			return result, fmt.Errorf("copy table %s: %w", t.name, err)
		}
	}
	if err := c.copyNextIDs(ctx); err != nil {
		return result, err
	}
	var differences []error
	for i, t := range c.tables {
		sum, err := digest(ctx, c.target, t, nil, c.progress("check", t, sums[i].Rows))
		if err != nil {
			return result, err
		}
		result.Tables = append(result.Tables, Table{Name: t.name, Source: sums[i], Target: sum})
		if sum != sums[i] {
			differences = append(differences, c.difference(ctx, t))
		}
	}
	if err := errors.Join(differences...); err != nil {
		return result, err
	}
	return result, c.release(ctx)
}

// readSource sums up every table of the source, and finds what PostgreSQL would
// refuse before anything is written.
func (c *copier) readSource(ctx context.Context) ([]Sum, error) {
	var bad BadTextError
	sums := make([]Sum, len(c.tables))
	for i, t := range c.tables {
		var err error
		if sums[i], err = digest(ctx, c.source, t, bad.look, c.progress("read", t, 0)); err != nil {
			return nil, err
		}
	}
	if bad.Total > 0 {
		return nil, &bad
	}
	return sums, nil
}

func (c *copier) progress(step string, t table, total int64) func(rows int64) {
	return func(rows int64) { c.Progress(Progress{Step: step, Table: t.name, Rows: rows, Total: total}) }
}

// fingerprint is the same for the same rows only.
func fingerprint(tables []table, sums []Sum) string {
	h := sha256.New()
	for i, t := range tables {
		_, _ = fmt.Fprintf(h, "%s %d %x\n", t.name, sums[i].Rows, sums[i].Hash) // a hash takes everything
	}
	return hex.EncodeToString(h.Sum(nil))
}
