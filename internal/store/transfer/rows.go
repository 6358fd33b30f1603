package transfer

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"
)

// side is one of the two databases. Its collation, behind a column, compares
// texts by their bytes.
type side struct {
	*sql.DB
	collation string
}

// readAll reads a table in the order of its key.
func (s side) readAll(ctx context.Context, t table) (*reader, error) {
	return read(ctx, s.DB, t, t.selectAll(s.collation))
}

// reader reads rows of a table from either database as the same Go values:
// int64, string, bool or nil. It is a pgx.CopyFromSource.
type reader struct {
	table   table
	rows    *sql.Rows
	values  []any
	targets []any
	count   int64
	err     error
}

func read(ctx context.Context, pool *sql.DB, t table, query string, args ...any) (*reader, error) {
	rows, err := pool.QueryContext(ctx, query, args...) //nolint:rowserrcheck // Next asks
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", t.name, err)
	}
	r := &reader{table: t, rows: rows, values: make([]any, len(t.columns)), targets: make([]any, len(t.columns))}
	for i := range r.values {
		r.targets[i] = &r.values[i]
	}
	return r, nil
}

// Next reads one more row.
func (r *reader) Next() bool {
	if r.err != nil {
		return false
	}
	if !r.rows.Next() {
		r.err = r.rows.Err()
		return false
	}
	if r.err = r.rows.Scan(r.targets...); r.err != nil {
		return false
	}
	for i, c := range r.table.columns {
		value, ok := canonical(c.dataType, r.values[i])
		if !ok {
			r.err = fmt.Errorf("column %s holds a %T where %s belongs", c.name, r.values[i], c.dataType)
			return false
		}
		r.values[i] = value
	}
	r.count++
	return true
}

// Values returns the row that Next has read, until Next is called again.
func (r *reader) Values() ([]any, error) { return r.values, nil }

// Err returns why reading ended before the last row.
func (r *reader) Err() error { return r.err }

// close ends reading and returns its error.
func (r *reader) close() error {
	err := r.rows.Close()
	if r.err != nil {
		err = r.err
	}
	if err != nil {
		return fmt.Errorf("read table %s: %w", r.table.name, err)
	}
	return nil
}

// key returns the values of the primary key.
func (r *reader) key() []any {
	key := make([]any, len(r.table.key))
	for i, k := range r.table.key {
		key[i] = r.values[k]
	}
	return key
}

// canonical gives a value the one Go type of its column in both databases:
// SQLite knows no booleans, and no type for sure.
func canonical(dataType string, value any) (any, bool) {
	switch v := value.(type) {
	case nil:
		return nil, true
	case bool:
		return v, dataType == "boolean"
	case int64:
		if dataType == "boolean" {
			return v == 1, v == 0 || v == 1
		}
		return v, dataType == "bigint"
	case string:
		return v, dataType == "text"
	case []byte:
		return string(v), dataType == "text"
	default:
		return nil, false
	}
}

// appendRow writes the values of a row such that different rows give different
// texts.
func appendRow(dst []byte, values []any) []byte {
	for _, value := range values {
		switch v := value.(type) {
		case int64:
			dst = strconv.AppendInt(append(dst, 'i'), v, 10)
		case bool:
			dst = strconv.AppendBool(append(dst, 'b'), v)
		case string:
			dst = strconv.AppendInt(append(dst, 't'), int64(len(v)), 10)
			dst = append(append(dst, ':'), v...)
		default:
			dst = append(dst, '-')
		}
		dst = append(dst, ',')
	}
	return append(dst, '\n')
}

// showKey names a row to a person: "id 7", "machine_id 7, name \"volume\"".
func (t table) showKey(key []any) string {
	terms := make([]string, len(t.key))
	for i, k := range t.key {
		if text, ok := key[i].(string); ok {
			terms[i] = fmt.Sprintf("%s %q", t.columns[k].name, text)
		} else {
			terms[i] = fmt.Sprintf("%s %v", t.columns[k].name, key[i])
		}
	}
	return strings.Join(terms, ", ")
}
