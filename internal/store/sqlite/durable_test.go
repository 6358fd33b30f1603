package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/store/db"
)

func openEngine(t *testing.T) *Engine {
	t.Helper()
	e, err := Open(t.Context(), filepath.Join(t.TempDir(), "vendlane.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}

// The connection that writes waits for the disk at each commit. (What else
// could tell a lazy commit from a durable one is a power cut.)
func TestCommitsAreDurable(t *testing.T) {
	e := openEngine(t)
	for pragma, want := range map[string]string{"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1"} {
		if got := ofWriter(t, e, pragma); got != want {
			t.Errorf("%s is %q, want %q", pragma, got, want)
		}
	}
}

// ofWriter is a pragma of the connection that writes.
func ofWriter(t *testing.T, e *Engine, pragma string) (value string) {
	t.Helper()
	err := e.writes.runRaw(t.Context(), func(c *cachedConn) error {
		return c.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&value)
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// Commits that are left to a checkpoint do not wait for the disk, and are in the
// file after Close.
func TestUnsynced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vendlane.db")
	for i, opts := range []Options{{Unsynced: true}, {}} {
		e, err := Open(t.Context(), file, opts)
		if err != nil {
			t.Fatal(err)
		}
		if got := ofWriter(t, e, "synchronous"); (got == "1") != opts.Unsynced {
			t.Errorf("%+v: synchronous is %s", opts, got)
		}
		if i == 0 {
			err = e.RunInTx(t.Context(), func(q *db.Queries) error { return q.InsertNode(t.Context(), "a", 0) })
		}
		var rows int
		if err := errors.Join(err, e.Reader().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM nodes").Scan(&rows), e.Close()); err != nil || rows != 1 {
			t.Errorf("%+v: %d rows (%v)", opts, rows, err)
		}
	}
}

// What a call has written is committed when it returns.
func TestAcknowledgedWriteIsSeen(t *testing.T) {
	e := openEngine(t)
	const writes = 200
	for i := range writes {
		err := e.RunInTx(t.Context(), func(q *db.Queries) error {
			return q.InsertNode(t.Context(), fmt.Sprint(i), 0)
		})
		if err != nil {
			t.Fatal(err)
		}
		var rows int
		if err := e.Reader().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM nodes").Scan(&rows); err != nil || rows != i+1 {
			t.Fatalf("%d rows after %d writes (%v)", rows, i+1, err)
		}
	}
}

// orphan makes the commit fail, although each of its statements succeeds.
func orphan(c *cachedConn) error {
	for _, statement := range []string{
		"PRAGMA defer_foreign_keys = ON", // until the commit
		"INSERT INTO dispense_locks (machine_id, delivery_id, locked_until) VALUES (404, 0, 0)",
	} {
		if _, err := c.ExecContext(context.Background(), statement); err != nil {
			return err
		}
	}
	return nil
}

// A call whose commit fails hears of it, although its statements succeeded.
func TestFailedCommit(t *testing.T) {
	e := openEngine(t)
	if err := e.writes.runRaw(t.Context(), orphan); err == nil || !strings.Contains(err.Error(), "commit") {
		t.Fatalf("the call ended with %v, want the failed commit", err)
	}
	var rows int
	if err := e.Reader().QueryRowContext(t.Context(), "SELECT COUNT(*) FROM dispense_locks").Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows stayed (%v)", rows, err)
	}
	if err := e.Ping(t.Context()); err != nil {
		t.Errorf("the writer does not go on: %v", err)
	}
}

// A call that found what an earlier one of its group had written, and failed for
// that, is not told so when the group is lost.
func TestFailedCommitTakesRefusalsAlong(t *testing.T) {
	e := openEngine(t)
	refused := errors.New("there is one already")
	second := make(chan error, 1)
	err := e.writes.runRaw(t.Context(), func(c *cachedConn) error {
		go func() {
			second <- e.writes.runRaw(t.Context(), func(c *cachedConn) error {
				var there bool
				if err := c.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM dispense_locks").Scan(&there); err != nil || !there {
					t.Errorf("the call is not in the group of the first (%v)", err)
				}
				return refused
			})
		}()
		for len(e.writes.jobs) == 0 {
			runtime.Gosched()
		}
		return orphan(c)
	})
	if err == nil {
		t.Error("the commit did not fail")
	}
	if err := <-second; err == nil || errors.Is(err, refused) || !strings.Contains(err.Error(), "lost") {
		t.Errorf("the second call ended with %v, want the lost transaction", err)
	}
}
