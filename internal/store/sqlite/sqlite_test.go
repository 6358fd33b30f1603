package sqlite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"database/sql"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t testing.TB, file string, opts sqlite.Options) store.Engine {
	t.Helper()
	engine, err := sqlite.Open(t.Context(), file, opts)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

func TestStore(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Engine {
		return open(t, testkit.SQLiteFile(t), sqlite.Options{})
	})
}

func TestSets(t *testing.T) {
	storetest.RunSets(t, func(t testing.TB) storetest.Opener {
		file := testkit.SQLiteFile(t)
		return func(t testing.TB) store.Engine { return open(t, file, sqlite.Options{}) }
	})
}

// The same suite with every call in a commit of its own: grouping must not be
// what makes it right.
func TestStoreUngrouped(t *testing.T) {
	storetest.Run(t, func(t testing.TB) store.Engine {
		return open(t, testkit.SQLiteFile(t), sqlite.Options{MaxGroup: 1})
	})
}

func TestReopenKeepsData(t *testing.T) {
	file := filepath.Join(t.TempDir(), "with space & percent%41.db")
	first := storetest.NewFixture(t, func(t testing.TB) store.Engine { return open(t, file, sqlite.Options{}) })
	first.AddCode(t, "5288640", 131, 0)
	if _, err := first.Consume(t.Context(), "5288640", 131, "20240429000000000001"); err != nil {
		t.Fatal(err)
	}
	if err := first.Store.Close(); err != nil {
		t.Fatal(err)
	}
	again := store.New(open(t, file, sqlite.Options{}))
	defer again.Close()
	p, err := again.ProductByID(t.Context(), 131)
	if err != nil || p.CurrentInventory != 9 {
		t.Errorf("stock after reopening: %d, want 9 (%v)", p.CurrentInventory, err)
	}
}

func TestOpenRefusesNewerSchema(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vendlane.db")
	if err := open(t, file, sqlite.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	_, err = raw.Exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)")
	if err != nil {
		t.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), file, sqlite.Options{})
	if err == nil || !strings.Contains(err.Error(), "newer program") {
		t.Errorf("opening a newer schema: %v", err)
	}
}

func TestOpenReportsUnusablePath(t *testing.T) {
	_, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "missing", "vendlane.db"), sqlite.Options{})
	if err == nil {
		t.Error("a database in a folder that does not exist was opened")
	}
}
