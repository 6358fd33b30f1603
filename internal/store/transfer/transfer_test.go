package transfer_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/store/transfer"
	"github.com/vendlane/vendlane/internal/testkit"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What a killed server has committed comes over, also if it is in the log only.
func TestCopiesTheLog(t *testing.T) {
	dir := t.TempDir()
	running, killed := filepath.Join(dir, "running.db"), filepath.Join(dir, "killed.db")
	shop := storetest.NewFixture(t, func(t testing.TB) store.Engine { return openSQLite(t, running) })
	shop.AddCode(t, "5288640", 131, 0)
	for _, suffix := range []string{"", "-wal"} {
		text, err := os.ReadFile(running + suffix)
		if err == nil {
			err = os.WriteFile(killed+suffix, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	target := testkit.NewPostgres(t)
	if _, err := transfer.Run(t.Context(), transfer.Options{From: killed, To: target.DSN()}); err != nil {
		t.Fatal(err)
	}
	var codes int
	if err := target.SQL(t).QueryRow("SELECT COUNT(*) FROM pickup_codes").Scan(&codes); err != nil || codes != 1 {
		t.Errorf("%d codes, want 1 (%v)", codes, err)
	}
}

// Every table of the schema comes over with every value, and generated ids go
// on. A table that a migration adds is filled and copied without a word here.
func TestCopiesEveryTable(t *testing.T) {
	file := newSource(t)
	tables := fill(t, file, 50)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	target := testkit.NewPostgres(t)
	result, err := transfer.Run(t.Context(), transfer.Options{From: file, To: target.DSN(), Batch: 7})
	if err != nil {
		t.Fatal(err)
	}
	var copied []string
	for _, table := range result.Tables {
		copied = append(copied, table.Name)
		if table.Source.Rows == 0 || table.Source != table.Target {
			t.Errorf("table %s: %d rows in the source, %d in the target", table.Name, table.Source.Rows, table.Target.Rows)
		}
	}
	slices.Sort(copied)
	if !slices.Equal(copied, tables) {
		t.Errorf("copied %q, the schema has %q", copied, tables)
	}
	if after, err := os.ReadFile(file); err != nil || string(after) != string(before) {
		t.Errorf("the source is another file now (%v)", err)
	}

	engine := target.Open(t) // as serve does
	defer engine.Close()
	st := store.New(engine)
	err = st.InTx(t.Context(), func(tx *store.Tx) error {
		id, err := tx.InsertCode(t.Context(), db.InsertCodeParams{MachineID: 1, ProductID: 1, Code: "new", Quantity: 1})
		if err == nil && id != 51 {
			t.Errorf("the next pickup code has id %d, want 51", id)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if _, err := transfer.Run(t.Context(), transfer.Options{From: file, To: target.DSN()}); err == nil {
		t.Error("copied into a database that is in use")
	}
}

// A copy that is broken off goes on where it stopped; meanwhile no server starts
// on the target.
func TestGoesOn(t *testing.T) {
	for name, breakOff := range map[string]func(cancel func(), target *sql.DB) error{
		"told to stop": func(cancel func(), _ *sql.DB) error { cancel(); return nil },
		"server gone": func(_ func(), target *sql.DB) error {
			_, err := target.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := newSource(t)
			tables := fill(t, file, 50)
			target := testkit.NewPostgres(t)
			raw := target.SQL(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			batches := 0
			first, err := transfer.Run(ctx, transfer.Options{From: file, To: target.DSN(), Batch: 7, Progress: func(p transfer.Progress) {
				if p.Step != "copy" {
					return
				}
				if batches++; batches == 100 {
					if err := breakOff(cancel, raw); err != nil {
						t.Error(err)
					}
				}
			}})
			if err == nil {
				t.Fatal("the copy was not broken off")
			}
			if engine, err := postgres.Open(t.Context(), target.DSN(), postgres.Options{}); err == nil || !strings.Contains(err.Error(), "unfinished copy") {
				t.Errorf("a server starts on half a copy: %v", err)
				engine.Close()
			}
			second, err := transfer.Run(t.Context(), transfer.Options{From: file, To: target.DSN(), Batch: 7})
			if err != nil {
				t.Fatal(err)
			}
			if first.Copied == 0 || second.Copied == 0 || first.Copied+second.Copied != int64(50*len(tables)) {
				t.Errorf("%d rows, then %d, want %d together", first.Copied, second.Copied, 50*len(tables))
			}
			target.Open(t).Close()
		})
	}
}

// What was half copied and has changed since is not mixed.
func TestRefusesAnotherSource(t *testing.T) {
	file := newSource(t)
	fill(t, file, 3)
	target := testkit.NewPostgres(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	options := transfer.Options{From: file, To: target.DSN(), Progress: func(p transfer.Progress) {
		if p.Step == "copy" {
			cancel()
		}
	}}
	if _, err := transfer.Run(ctx, options); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	exec(t, file, "UPDATE merchants SET title = 'changed since' WHERE id = 1")
	options.Progress = nil
	if _, err := transfer.Run(t.Context(), options); err == nil || !strings.Contains(err.Error(), "before it was changed") {
		t.Errorf("%v", err)
	}
}

// A value that is not the same afterwards is an error with its place.
func TestNamesTheFirstDifference(t *testing.T) {
	for change, want := range map[string]string{
		"UPDATE machine_config SET desired = 'another' WHERE machine_id > 1":  `table machine_config differs: machine_id 2, name "`,
		"DELETE FROM alerts WHERE id = 2":                                     "table alerts differs: id 2 is not in the target",
		"INSERT INTO power_schedules VALUES (1, 'A', '', '', '', 0)":          `table power_schedules differs: machine_id 1, kind "A" is not in the source`,
		"UPDATE products SET on_sale = NOT on_sale, sort_id = 9 WHERE id = 3": "table products differs: id 3, column on_sale",
	} {
		t.Run(want, func(t *testing.T) {
			file := newSource(t)
			fill(t, file, 3)
			target := testkit.NewPostgres(t)
			raw := target.SQL(t)
			changed := false
			result, err := transfer.Run(t.Context(), transfer.Options{From: file, To: target.DSN(), Progress: func(p transfer.Progress) {
				if p.Step == "check" && !changed {
					changed = true
					if _, err := raw.Exec(change); err != nil {
						t.Error(err)
					}
				}
			}})
			if err == nil || !strings.Contains(err.Error(), want) || len(result.Tables) == 0 {
				t.Errorf("%v, want %s", err, want)
			}
			if _, err := postgres.Open(t.Context(), target.DSN(), postgres.Options{}); err == nil {
				t.Error("a server starts on a copy that differs")
			}
		})
	}
}

// Texts that PostgreSQL refuses are all found before anything is written.
func TestNamesBadTexts(t *testing.T) {
	file := newSource(t)
	fill(t, file, 5)
	exec(t, file, "UPDATE goods SET name = 'a' || char(0) || 'b' WHERE id = 2")
	exec(t, file, "UPDATE machine_config SET reported = CAST(x'ff' AS TEXT) WHERE machine_id = 3")
	target := testkit.NewPostgres(t)
	_, err := transfer.Run(t.Context(), transfer.Options{From: file, To: target.DSN()})
	bad := (*transfer.BadTextError)(nil)
	if !errors.As(err, &bad) || bad.Total != 2 || !strings.Contains(err.Error(), "table goods, id 2, column name") ||
		!strings.Contains(err.Error(), "table machine_config, machine_id 3, name ") {
		t.Fatal(err)
	}
	exec(t, file, "UPDATE goods SET name = 'a b' WHERE id = 2")
	exec(t, file, "UPDATE machine_config SET reported = '' WHERE machine_id = 3")
	if _, err := transfer.Run(t.Context(), transfer.Options{From: file, To: target.DSN()}); err != nil {
		t.Error(err)
	}
}

func TestRefuses(t *testing.T) {
	t.Run("server on the source", func(t *testing.T) {
		file := newSource(t)
		engine, err := sqlite.Open(t.Context(), file, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer engine.Close()
		if _, err := transfer.Run(t.Context(), transfer.Options{From: file}); !errors.Is(err, sqlite.ErrInUse) {
			t.Errorf("%v", err)
		}
	})
	t.Run("older schema", func(t *testing.T) {
		file := newSource(t)
		exec(t, file, "DELETE FROM goose_db_version WHERE version_id = (SELECT MAX(version_id) FROM goose_db_version)")
		if _, err := transfer.Run(t.Context(), transfer.Options{From: file}); err == nil || !strings.Contains(err.Error(), "migrate up") {
			t.Errorf("%v", err)
		}
	})
	t.Run("no database", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "none.db")
		if _, err := transfer.Run(t.Context(), transfer.Options{From: file}); err == nil {
			t.Error("copied from nothing")
		}
		if _, err := os.Stat(file); err == nil {
			t.Error("the source was made")
		}
	})
	t.Run("database of something else", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "else.db")
		exec(t, file, "CREATE TABLE x (id INTEGER PRIMARY KEY)")
		if _, err := transfer.Run(t.Context(), transfer.Options{From: file}); err == nil || !strings.Contains(err.Error(), "no database of Vendlane") {
			t.Errorf("%v", err)
		}
	})
	t.Run("target with rows", func(t *testing.T) {
		target := testkit.NewPostgres(t)
		if _, err := target.SQL(t).Exec("CREATE TABLE other (id BIGINT); INSERT INTO other VALUES (1)"); err != nil {
			t.Fatal(err)
		}
		if _, err := transfer.Run(t.Context(), transfer.Options{From: newSource(t), To: target.DSN()}); err == nil || !strings.Contains(err.Error(), "table other has rows") {
			t.Errorf("%v", err)
		}
	})
	t.Run("server on the target", func(t *testing.T) {
		target := testkit.NewPostgres(t)
		engine := target.Open(t)
		defer engine.Close()
		if _, err := transfer.Run(t.Context(), transfer.Options{From: newSource(t), To: target.DSN()}); err == nil || !strings.Contains(err.Error(), "stop it first") {
			t.Errorf("%v", err)
		}
	})
}

// The use cases work on the copy of a real shop as on the original.
func TestShopGoesOn(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vendlane.db")
	shop := storetest.NewFixture(t, func(t testing.TB) store.Engine { return openSQLite(t, file) })
	shop.AddCode(t, "5288640", 131, 0)
	shop.AddCode(t, "5288641", 131, 0)
	if _, err := shop.Consume(t.Context(), "5288640", 131, "20240429000000000001"); err != nil {
		t.Fatal(err)
	}
	if err := shop.Store.Close(); err != nil {
		t.Fatal(err)
	}
	target := testkit.NewPostgres(t)
	if _, err := transfer.Run(t.Context(), transfer.Options{From: file, To: target.DSN()}); err != nil {
		t.Fatal(err)
	}
	moved := storetest.NewFixture(t, target.Open) // applies the same file again
	if _, err := moved.Consume(t.Context(), "5288640", 131, "20240429000000000002"); err == nil {
		t.Error("a used code was redeemed again")
	}
	if _, err := moved.Consume(t.Context(), "5288641", 131, "20240429000000000003"); err != nil {
		t.Error(err)
	}
	if stock := moved.Stock(t, 131); stock != 8 {
		t.Errorf("stock %d, want 8", stock)
	}
}

func openSQLite(t testing.TB, file string) store.Engine {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), file, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func newSource(t testing.TB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "vendlane.db")
	if err := openSQLite(t, file).Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

func exec(t testing.TB, file, query string, args ...any) {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+file)
	if err == nil {
		_, err = pool.Exec(query, args...)
	}
	if err := errors.Join(err, pool.Close()); err != nil {
		t.Fatal(err)
	}
}

// oddTexts are what texts are easily damaged by on their way.
var oddTexts = []string{"", " ", "可乐 🥤", `\N`, "a\tb\nc\r\\", `'"$1%`, "\u200b\x01", "é e\u0301 Z a"}

// fill puts n rows into every table and returns the names of the tables. A row
// has its number wherever an integer belongs, so foreign keys fit.
func fill(t testing.TB, file string, n int) []string {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+file+"?_pragma=foreign_keys(1)")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	tx, err := pool.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	if _, err := tx.Exec("PRAGMA defer_foreign_keys = 1"); err != nil {
		t.Fatal(err)
	}
	names := strs(t, tx, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%' ORDER BY name")
	for _, name := range names {
		columns := strs(t, tx, "SELECT name || ' ' || type FROM pragma_table_info($1) ORDER BY cid", name)
		for i := 1; i <= n; i++ {
			values := make([]string, len(columns))
			args := make([]any, len(columns))
			for c, column := range columns {
				name, kind, _ := strings.Cut(column, " ")
				values[c] = fmt.Sprintf("$%d", c+1)
				switch {
				case name == "addr":
					args[c] = i%8 + 1
				case kind == "TEXT":
					args[c] = fmt.Sprintf("%d %s", i, oddTexts[(i+c)%len(oddTexts)])
				case kind == "BOOLEAN":
					args[c] = (i+c)%2 == 0
				default:
					args[c] = i
				}
			}
			if _, err := tx.Exec("INSERT INTO "+name+" VALUES ("+strings.Join(values, ",")+")", args...); err != nil {
				t.Fatalf("row %d of %s: %v", i, name, err)
			}
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	return names
}

func strs(t testing.TB, tx *sql.Tx, query string, args ...any) (out []string) {
	t.Helper()
	rows, err := tx.Query(query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		out = append(out, text)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
