package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"database/sql"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// A backup that is made while codes are redeemed holds a moment of the shop:
// what was taken from the stock is in records, code by code.
func TestBackupUnderLoad(t *testing.T) {
	const stock, callers = 1_000_000, 8
	dir := t.TempDir()
	file := filepath.Join(dir, "vendlane.db")
	f := storetest.NewFixture(t, func(t testing.TB) store.Engine { return open(t, file, sqlite.Options{}) })
	raw, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec("UPDATE products SET inventory = $1, current_inventory = $1", stock); err != nil {
		t.Fatal(err)
	}

	ctx, stop := context.WithCancel(t.Context())
	var callersDone sync.WaitGroup
	var redeemed atomic.Int64
	busy := make(chan struct{})
	for caller := range callers {
		callersDone.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				code := fmt.Sprintf("%d%07d", caller+1, i)
				f.AddCode(t, code, 131, 0)
				if _, err := f.Consume(t.Context(), code, 131, "20240429000000"+code); err != nil {
					t.Error(err)
					return
				}
				if redeemed.Add(1) == 200 {
					close(busy)
				}
			}
		})
	}
	<-busy
	before := redeemed.Load()
	copied := filepath.Join(dir, "backup.db")
	contents, err := sqlite.Backup(t.Context(), file, copied)
	after := redeemed.Load()
	stop()
	callersDone.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(copied); err != nil || info.Size() != contents.Size || contents.Tables < 20 || contents.Rows < 3*before || contents.SchemaVersion == 0 {
		t.Errorf("%+v after %d redemptions (%v)", contents, before, err)
	}

	restored := store.New(open(t, copied, sqlite.Options{}))
	defer restored.Close()
	p, err := restored.ProductByID(t.Context(), 131)
	if err != nil {
		t.Fatal(err)
	}
	back, err := sql.Open("sqlite", "file:"+copied)
	if err != nil {
		t.Fatal(err)
	}
	defer back.Close()
	var records, orders, codes int64
	err = back.QueryRow(`SELECT (SELECT COUNT(*) FROM records r JOIN orders o ON o.id = r.order_id), (SELECT COUNT(*) FROM orders),
		(SELECT COUNT(*) FROM pickup_codes c JOIN orders o ON o.id = c.order_id WHERE c.state = 'USED')`).Scan(&records, &orders, &codes)
	taken := stock - p.CurrentInventory
	if err != nil || taken != records || taken != orders || taken != codes {
		t.Errorf("%d taken, %d records, %d orders, %d used codes (%v)", taken, records, orders, codes, err)
	}
	if taken < before || taken > after+callers {
		t.Errorf("%d redemptions in the backup, %d when it began, %d when it ended", taken, before, after)
	}
}

func TestBackupRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "vendlane.db")
	if err := open(t, file, sqlite.Options{}).Close(); err != nil {
		t.Fatal(err)
	}
	taken := filepath.Join(dir, "taken.db")
	if err := os.WriteFile(taken, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Backup(t.Context(), file, taken); !errors.Is(err, os.ErrExist) {
		t.Errorf("a backup over a file: %v", err)
	}
	if text, err := os.ReadFile(taken); err != nil || string(text) != "mine" {
		t.Errorf("the file is %q now (%v)", text, err)
	}
	if _, err := sqlite.Backup(t.Context(), filepath.Join(dir, "none.db"), filepath.Join(dir, "a.db")); err == nil {
		t.Error("a backup of no database")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := sqlite.Backup(ended, file, filepath.Join(dir, "b.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("a backup that nobody waits for: %v", err)
	}
}

// A damaged page is found.
func TestBackupIsChecked(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "vendlane.db")
	f := storetest.NewFixture(t, func(t testing.TB) store.Engine { return open(t, file, sqlite.Options{}) })
	if err := f.Store.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	// Beyond the pages of the schema, over the pages of an index.
	if _, err := raw.WriteAt(make([]byte, 4096), 8*4096); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	if _, err := sqlite.Backup(t.Context(), file, filepath.Join(dir, "backup.db")); err == nil {
		t.Error("a damaged database passed")
	}
}
