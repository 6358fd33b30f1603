package sqlite_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// A store that is closed after its checkpointer has run leaves one file, so
// that copying it is a backup.
func TestCloseRemovesLog(t *testing.T) {
	file := filepath.Join(t.TempDir(), "vendlane.db")
	size := func() int64 {
		info, err := os.Stat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	var before int64
	f := storetest.NewFixture(t, func(t testing.TB) store.Engine {
		engine := open(t, file, sqlite.Options{})
		before = size()
		return engine
	})
	// What was written stands in the log until a checkpoint makes the file grow.
	for deadline := time.Now().Add(30 * time.Second); size() == before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("no checkpoint has run")
		}
	}
	f.AddCode(t, "5288640", 131, 0)
	if err := f.Store.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the write-ahead log is still there (%v)", err)
	}
}
