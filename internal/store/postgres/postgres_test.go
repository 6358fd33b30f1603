package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// onceEngine fails the test when a transaction had to be run again: rows are
// locked in one order, so there is no deadlock to resolve.
type onceEngine struct {
	store.Engine
	t testing.TB
}

func (e onceEngine) RunInTx(ctx context.Context, fn func(q *db.Queries) error) error {
	runs := 0
	err := e.Engine.RunInTx(ctx, func(q *db.Queries) error {
		runs++
		return fn(q)
	})
	if runs > 1 {
		e.t.Errorf("a transaction ran %d times", runs)
	}
	return err
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Engine { return onceEngine{testkit.NewPostgres(t).Open(t), t} })
}

// Two transactions that wait for each other: one is broken off by the server,
// runs again and succeeds.
func TestDeadlockIsRunAgain(t *testing.T) {
	f := storetest.NewFixture(t, testkit.NewPostgres(t).Open)
	var met, done sync.WaitGroup
	met.Add(2)
	errs, runs := make([]error, 2), make([]int, 2)
	for i := range 2 {
		done.Go(func() {
			errs[i] = f.Store.InTx(t.Context(), func(tx *store.Tx) error {
				runs[i]++
				if _, err := tx.TakeStock(t.Context(), 1, 131+int64(i)); err != nil {
					return err
				}
				if runs[i] == 1 {
					met.Done()
					met.Wait() // both hold their first row
				}
				_, err := tx.TakeStock(t.Context(), 1, 132-int64(i))
				return err
			})
		})
	}
	done.Wait()
	if err := errors.Join(errs...); err != nil || runs[0]+runs[1] < 3 {
		t.Errorf("runs %v, %v", runs, err)
	}
	if a, b := f.Stock(t, 131), f.Stock(t, 132); a != 8 || b != 8 {
		t.Errorf("stocks %d and %d, want 8 and 8", a, b)
	}
}

// What never succeeds is not tried for ever.
func TestRunAgainIsBounded(t *testing.T) {
	engine := testkit.NewPostgres(t).Open(t)
	defer engine.Close()
	runs := 0
	err := engine.RunInTx(t.Context(), func(*db.Queries) error {
		runs++
		return fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: "40001"})
	})
	if err == nil || runs != 5 {
		t.Errorf("%d runs, %v", runs, err)
	}
}

// A caller that hangs up inside of the transaction changes nothing, and costs
// no connection.
func TestCallerHangsUp(t *testing.T) {
	f := storetest.NewFixture(t, testkit.NewPostgres(t).Open)
	ctx, cancel := context.WithCancel(t.Context())
	err := f.Store.InTx(ctx, func(tx *store.Tx) error {
		cancel()
		n, err := tx.TakeStock(ctx, 1, 131)
		if err != nil || n != 1 {
			t.Errorf("a statement after the hang-up: %d rows, %v", n, err)
		}
		return err
	})
	if !errors.Is(err, context.Canceled) || f.Stock(t, 131) != 10 {
		t.Errorf("%v, stock %d", err, f.Stock(t, 131))
	}
}

// A failed statement spoils its transaction: nothing of it is committed, also
// if the function makes light of the failure.
func TestIgnoredFailureCommitsNothing(t *testing.T) {
	f := storetest.NewFixture(t, testkit.NewPostgres(t).Open)
	err := f.Store.InTx(t.Context(), func(tx *store.Tx) error {
		if _, err := tx.TakeStock(t.Context(), 1, 131); err != nil {
			return err
		}
		if err := tx.InsertPresence(t.Context(), 99_999); err == nil {
			t.Error("the presence of no machine was stored")
		}
		return nil
	})
	if err == nil || f.Stock(t, 131) != 10 {
		t.Errorf("%v, stock %d", err, f.Stock(t, 131))
	}
}

// Nodes that start at the same time on an empty database bring it up to date
// together.
func TestOpenAtOnce(t *testing.T) {
	database := testkit.NewPostgres(t)
	if _, err := database.SQL(t).Exec("DROP SCHEMA public CASCADE; CREATE SCHEMA public"); err != nil {
		t.Fatal(err)
	}
	errs := make([]error, 3)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() {
			engine, err := postgres.Open(t.Context(), database.DSN(), postgres.Options{})
			if err == nil {
				err = engine.Close()
			}
			errs[i] = err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	status, err := postgres.SchemaStatus(t.Context(), database.DSN())
	if err != nil || status.Version != status.Newest {
		t.Errorf("%+v, %v", status, err)
	}
}

// with is a DSN with one more setting.
func with(dsn, name, value string) string {
	if u, err := url.Parse(dsn); err == nil && u.Scheme != "" {
		query := u.Query()
		query.Set(name, value)
		u.RawQuery = query.Encode()
		return u.String()
	}
	return fmt.Sprintf("%s %s='%s'", dsn, name, value)
}

func TestOpenRefuses(t *testing.T) {
	for name, test := range map[string]struct{ setUp, name, value, want string }{
		"newer schema":       {"INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, TRUE)", "connect_timeout", "10", "newer program"},
		"commit not durable": {"SELECT 1", "options", "-c synchronous_commit=off", "synchronous_commit"},
		"not a DSN":          {"SELECT 1", "connect_timeout", "soon", "store.dsn"},
		"no such user":       {"SELECT 1", "user", "nobody-of-that-name", "nobody-of-that-name"},
	} {
		t.Run(name, func(t *testing.T) {
			database := testkit.NewPostgres(t)
			if err := database.Open(t).Close(); err != nil { // has a schema now, wherever the server came from
				t.Fatal(err)
			}
			if _, err := database.SQL(t).Exec(test.setUp); err != nil {
				t.Fatal(err)
			}
			engine, err := postgres.Open(t.Context(), with(with(database.DSN(), "password", "topsecret"), test.name, test.value), postgres.Options{})
			if err == nil {
				engine.Close()
				t.Fatal("was opened")
			}
			if !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "topsecret") {
				t.Errorf("%v, want %q and no password", err, test.want)
			}
		})
	}
}

// A DSN that cannot be read is not quoted, however its password is written.
func TestRefusedDSNIsNotQuoted(t *testing.T) {
	for _, dsn := range []string{
		"password = topsecret connect_timeout=soon", "PASSWORD=topsecret connect_timeout=soon", "topsecret",
		"postgres://vendlane:topsecret@db.example:port/vendlane",
	} {
		_, err := postgres.Open(t.Context(), dsn, postgres.Options{})
		if err == nil || !strings.Contains(err.Error(), "store.dsn") || strings.Contains(err.Error(), "topsecret") {
			t.Errorf("%v", err)
		}
	}
}

// A server that takes no writes is not ready.
func TestPing(t *testing.T) {
	database := testkit.NewPostgres(t)
	for dsn, ready := range map[string]bool{
		database.DSN(): true, with(database.DSN(), "options", "-c default_transaction_read_only=on"): false,
	} {
		engine, err := postgres.Open(t.Context(), dsn, postgres.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := engine.Ping(t.Context()); (err == nil) != ready {
			t.Errorf("%s: %v, want ready %v", dsn, err, ready)
		}
		engine.Close()
	}
}
