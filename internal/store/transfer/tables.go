package transfer

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/pressly/goose/v3"
	"github.com/vendlane/vendlane/internal/store/postgres"
)

// table is one table to copy. Columns are in the order of the source; key are
// the indexes of those of the primary key, in the key's order.
type table struct {
	name    string
	columns []column
	key     []int
	// needs are the tables that foreign keys of this one point to.
	needs []string
}

// column has the data type that the target has for it: bigint, text or boolean.
type column struct{ name, dataType string }

// readTables finds the tables of both databases, which must be the same, in an
// order in which no foreign key points forward.
func readTables(ctx context.Context, source, target *sql.DB) ([]table, error) {
	types, err := targetColumns(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("read the tables of the target: %w", err)
	}
	tables, err := sourceTables(ctx, source)
	if err != nil {
		return nil, fmt.Errorf("read the tables of the source: %w", err)
	}
	for _, t := range tables {
		for i, c := range t.columns {
			dataType, found := types[[2]string{t.name, c.name}]
			if !found {
				return nil, fmt.Errorf("the target has no column %s.%s", t.name, c.name)
			}
			if dataType != "bigint" && dataType != "text" && dataType != "boolean" {
				return nil, fmt.Errorf("column %s.%s: the type %s cannot be copied", t.name, c.name, dataType)
			}
			t.columns[i].dataType = dataType
			delete(types, [2]string{t.name, c.name})
		}
		if len(t.key) == 0 {
			return nil, fmt.Errorf("table %s has no primary key", t.name)
		}
	}
	for missing := range types {
		return nil, fmt.Errorf("the source has no column %s.%s", missing[0], missing[1])
	}
	return inOrder(tables)
}

func sourceTables(ctx context.Context, source *sql.DB) ([]table, error) {
	names, err := texts(ctx, source, `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
		AND name <> $1 ORDER BY name`, goose.DefaultTablename)
	if err != nil {
		return nil, err
	}
	tables := make([]table, len(names))
	for i, name := range names {
		t := table{name: name}
		columns, err := texts(ctx, source, "SELECT name FROM pragma_table_info($1) ORDER BY cid", name)
		if err != nil {
			return nil, err
		}
		for _, c := range columns {
			t.columns = append(t.columns, column{name: c})
		}
		key, err := texts(ctx, source, "SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk", name)
		if err != nil {
			return nil, err
		}
		for _, k := range key {
			t.key = append(t.key, slices.Index(columns, k))
		}
		if t.needs, err = texts(ctx, source, `SELECT DISTINCT "table" FROM pragma_foreign_key_list($1)`, name); err != nil {
			return nil, err
		}
		tables[i] = t
	}
	return tables, nil
}

// targetColumns returns the data type of every column by table and name.
func targetColumns(ctx context.Context, target *sql.DB) (types map[[2]string]string, err error) {
	rows, err := target.QueryContext(ctx, `SELECT table_name, column_name, data_type FROM information_schema.columns
		WHERE table_schema = current_schema() AND table_name <> $1 AND table_name <> $2`, goose.DefaultTablename, postgres.CopyTable)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	types = map[[2]string]string{}
	for rows.Next() {
		var tableName, name, dataType string
		if err := rows.Scan(&tableName, &name, &dataType); err != nil {
			return nil, err
		}
		types[[2]string{tableName, name}] = dataType
	}
	return types, rows.Err()
}

func texts(ctx context.Context, pool *sql.DB, query string, args ...any) (out []string, err error) {
	rows, err := pool.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, rows.Err()
}

// inOrder puts every table behind those it needs.
func inOrder(tables []table) ([]table, error) {
	left := map[string]table{}
	for _, t := range tables {
		left[t.name] = t
	}
	ordered := make([]table, 0, len(tables))
	for len(left) > 0 {
		before := len(left)
		for _, name := range slices.Sorted(maps.Keys(left)) {
			waits := func(needed string) bool { _, there := left[needed]; return there && needed != name }
			if !slices.ContainsFunc(left[name].needs, waits) {
				ordered = append(ordered, left[name])
				delete(left, name)
			}
		}
		if len(left) == before {
			return nil, fmt.Errorf("foreign keys form a circle: %v", slices.Sorted(maps.Keys(left)))
		}
	}
	return ordered, nil
}

// selectAll reads the table in the order of its key.
func (t table) selectAll(collation string) string {
	return "SELECT " + t.columnList() + " FROM " + quote(t.name) + " ORDER BY " + t.keyOrder(collation, "")
}

// selectBehind reads the next rows behind a key ($1, $2, …), or the first ones.
func (t table) selectBehind(hasKey bool, limit int) string {
	where := ""
	if hasKey {
		names, places := make([]string, len(t.key)), make([]string, len(t.key))
		for i, k := range t.key {
			names[i], places[i] = quote(t.columns[k].name), fmt.Sprintf("$%d", i+1)
		}
		where = " WHERE (" + strings.Join(names, ", ") + ") > (" + strings.Join(places, ", ") + ")"
	}
	return fmt.Sprintf("SELECT %s FROM %s%s ORDER BY %s LIMIT %d", t.columnList(), quote(t.name), where, t.keyOrder("", ""), limit)
}

// selectLast reads the row with the greatest key.
func (t table) selectLast(collation string) string {
	return "SELECT " + t.columnList() + " FROM " + quote(t.name) + " ORDER BY " + t.keyOrder(collation, " DESC") + " LIMIT 1"
}

func (t table) columnNames() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

func (t table) columnList() string {
	names := t.columnNames()
	for i := range names {
		names[i] = quote(names[i])
	}
	return strings.Join(names, ", ")
}

func (t table) keyOrder(collation, direction string) string {
	terms := make([]string, len(t.key))
	for i, k := range t.key {
		terms[i] = quote(t.columns[k].name)
		if t.columns[k].dataType == "text" {
			terms[i] += collation
		}
		terms[i] += direction
	}
	return strings.Join(terms, ", ")
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }
