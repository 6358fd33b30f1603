package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/vendlane/vendlane/internal/store/transfer"
)

// adminCopy moves an installation from SQLite to PostgreSQL.
func adminCopy(ctx context.Context, e env, args []string) error {
	fs := flag.NewFlagSet("vendlane admin copy", flag.ContinueOnError)
	from := fs.String("from", "", "`sqlite:path` of the database to copy, which no server may have open; it is not changed")
	to := fs.String("to", "", "`postgres:dsn` of an empty database, or of the one that a copy was broken off in;\nPGPASSWORD keeps the password out of the command line")
	if err := parse(fs, e, args); err != nil {
		return err
	}
	file, isSQLite := strings.CutPrefix(*from, "sqlite:")
	dsn, isPostgres := postgresDSN(*to)
	if !isSQLite || !isPostgres || file == "" {
		return errors.New("admin copy: wants -from sqlite:data/vendlane.db -to postgres://user@host/name")
	}
	start := time.Now()
	result, err := transfer.Run(ctx, transfer.Options{From: file, To: dsn, Progress: progressLine(e.stderr)})
	if len(result.Tables) > 0 {
		err = errors.Join(err, printCopy(e.stdout, result))
	}
	if err != nil && result.Begun {
		return fmt.Errorf("admin copy: not finished, %d rows copied in this run; run it again to go on, until then no server starts on the target: %w", result.Copied, err)
	}
	if err != nil {
		return fmt.Errorf("admin copy: nothing was copied: %w", err)
	}
	seconds := time.Since(start).Seconds()
	_, err = fmt.Fprintf(e.stdout, `%d rows copied, everything compared, %.1f s.
What a node on the new database needs as well:
  store.dsn           the database
  secrets.master_key  the key used so far, the same on every node; if none was set, it is the text in
                      %s
  pictures            a copy of, or a shared folder instead of, %s
Do not start a server on the old database again.
`, result.Copied, seconds, filepath.Join(filepath.Dir(file), "master.key"), filepath.Join(filepath.Dir(file), "storage"))
	return err
}

// postgresDSN takes "postgres:" in front of key=value pairs, and a URL as it is.
func postgresDSN(text string) (dsn string, ok bool) {
	if strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://") {
		return text, true
	}
	dsn, ok = strings.CutPrefix(text, "postgres:")
	return dsn, ok && dsn != ""
}

func printCopy(w io.Writer, result transfer.Result) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "TABLE\tROWS\tCHECKSUM\t") // Flush tells of errors
	for _, t := range result.Tables {
		remark := ""
		if t.Source != t.Target {
			remark = fmt.Sprintf("DIFFERS: %d rows, %s in the target", t.Target.Rows, t.Target)
		}
		_, _ = fmt.Fprintf(table, "%s\t%d\t%s\t%s\n", t.Name, t.Source.Rows, t.Source, remark)
	}
	return table.Flush()
}

// progressEvery is the time between two lines of progress.
const progressEvery = 5 * time.Second

func progressLine(w io.Writer) func(transfer.Progress) {
	last := time.Now()
	return func(p transfer.Progress) {
		if time.Since(last) < progressEvery {
			return
		}
		last = time.Now()
		of := ""
		if p.Total > 0 {
			of = fmt.Sprintf(" of %d", p.Total)
		}
		_, _ = fmt.Fprintf(w, "%s %s: %d%s rows\n", p.Step, p.Table, p.Rows, of)
	}
}
