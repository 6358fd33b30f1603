package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
)

// note writes a line that lines finds.
func note(ctx context.Context, f *storetest.Fixture, name string) error {
	return f.Store.InTx(ctx, func(tx *store.Tx) error {
		return tx.InsertMachineLog(ctx, db.InsertMachineLogParams{MachineID: f.Machine.ID, Method: "loss", Payload: name})
	})
}

func lines(t *testing.T, dsn string) map[string]int {
	t.Helper()
	raw, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	rows, err := raw.Query("SELECT payload FROM machine_logs WHERE method = 'loss'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]int{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		found[name]++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

func fixtureOn(t *testing.T, dsn string) *storetest.Fixture {
	t.Helper()
	return storetest.NewFixture(t, func(t testing.TB) store.Engine {
		engine, err := postgres.Open(t.Context(), dsn, postgres.Options{MaxConns: 8})
		if err != nil {
			t.Fatal(err)
		}
		return engine
	})
}

// writer writes lines one after the other and remembers what it was told.
type writer struct {
	done, unknown, refused []string
}

// work runs until stop is closed. What it begins once the server is back must
// succeed at once, whatever became of the connections.
func (w *writer) work(t *testing.T, f *storetest.Fixture, id int, stop <-chan struct{}, back *atomic.Bool, count *atomic.Int64) {
	for n := 0; ; n++ {
		select {
		case <-stop:
			return
		default:
		}
		name := fmt.Sprintf("%d-%d", id, n)
		must := back.Load()
		err := note(t.Context(), f, name)
		_, readErr := f.Store.MachineByID(t.Context(), f.Machine.ID)
		if must && (err != nil || readErr != nil) {
			t.Errorf("after the restart: write %v, read %v", err, readErr)
			return
		}
		switch {
		case err == nil:
			w.done = append(w.done, name)
			count.Add(1)
		case errors.Is(err, store.ErrOutcomeUnknown):
			w.unknown = append(w.unknown, name)
		default:
			w.refused = append(w.refused, name)
		}
	}
}

// PostgreSQL ends under load and comes back: what was acknowledged is there,
// what was refused is not, and afterwards everything works at once.
func TestRestartUnderLoad(t *testing.T) {
	server := testkit.NewPostgresServer(t)
	f := fixtureOn(t, server.DSN())
	for _, end := range []struct {
		name string
		stop func()
	}{
		{"fast", server.StopFast}, {"immediate", server.StopImmediately}, {"kill", server.Kill},
	} {
		t.Run(end.name, func(t *testing.T) {
			var (
				wg    sync.WaitGroup
				back  atomic.Bool
				count atomic.Int64
				stop  = make(chan struct{})
			)
			writers := make([]writer, 24)
			for i := range writers {
				wg.Go(func() { writers[i].work(t, f, i, stop, &back, &count) })
			}
			finish := sync.OnceFunc(func() { close(stop); wg.Wait() })
			defer finish()
			await(t, "writes before", func() bool { return count.Load() > 300 })
			end.stop()
			server.Start()
			back.Store(true)
			since := count.Load()
			await(t, "writes after", func() bool { return t.Failed() || count.Load() > since+300 })
			finish()
			found := lines(t, server.DSN())
			unknown, refused := 0, 0
			for _, w := range writers {
				for _, name := range w.done {
					if found[name] != 1 {
						t.Errorf("acknowledged line %s is there %d times", name, found[name])
					}
				}
				for _, name := range w.refused {
					if found[name] != 0 {
						t.Errorf("refused line %s is there", name)
					}
				}
				unknown += len(w.unknown)
				refused += len(w.refused)
			}
			t.Logf("%d acknowledged, %d refused, %d unknown", count.Load(), refused, unknown)
			if _, err := f.Store.DeleteOldMachineLogs(t.Context(), 1, 1_000_000); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// await looks until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	limit := time.After(time.Minute)
	look := time.NewTicker(2 * time.Millisecond)
	defer look.Stop()
	for !holds() {
		select {
		case <-look.C:
		case <-limit:
			t.Fatalf("%s: not in time", what)
		}
	}
}

// Connections that died while they were idle cost no request, neither a write
// nor a read, however many there are.
func TestDeadIdleConnections(t *testing.T) {
	database := testkit.NewPostgres(t)
	f := fixtureOn(t, database.DSN())
	killIdle(t, f, database)
	var done sync.WaitGroup
	for i := range 16 {
		done.Go(func() {
			var err error
			if i%2 == 0 {
				err = note(t.Context(), f, "after")
			} else {
				_, err = f.Store.MachineByID(t.Context(), f.Machine.ID)
			}
			if err != nil {
				t.Errorf("request %d: %v", i, err)
			}
		})
	}
	done.Wait()
}

// killIdle opens all connections of a fixtureOn and lets them die while they are idle.
func killIdle(t *testing.T, f *storetest.Fixture, database *testkit.Database) {
	t.Helper()
	raw := database.SQL(t)
	openAll(t, f, 8)
	openAll(t, f, 8) // one that was never used again is not trusted anyway
	const ours = " FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'vendlane'"
	count := func(what string) (n int) {
		if err := raw.QueryRow("SELECT COUNT(" + what + ")" + ours).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count("pg_terminate_backend(pid)"); n != 8 {
		t.Fatalf("%d connections killed", n)
	}
	await(t, "their end", func() bool { return count("*") == 0 })
}

// openAll has n transactions open at the same time.
func openAll(t *testing.T, f *storetest.Fixture, n int) {
	var holding, done sync.WaitGroup
	holding.Add(n)
	for range n {
		done.Go(func() {
			err := f.Store.InTx(t.Context(), func(*store.Tx) error {
				holding.Done()
				holding.Wait()
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
}
