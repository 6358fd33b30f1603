package sqlite_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
)

// diskShop is a shop on a small disk, and the codes that were put into it.
type diskShop struct {
	*storetest.Fixture
	disk *testkit.Disk
	file string
	put  int
}

func newDiskShop(t *testing.T) *diskShop {
	t.Helper()
	s := &diskShop{disk: testkit.NewDisk(t, 16<<20)}
	s.file = filepath.Join(s.disk.Dir, "vendlane.db")
	s.Fixture = storetest.NewFixture(t, func(t testing.TB) store.Engine { return open(t, s.file, sqlite.Options{}) })
	return s
}

// putUntilRefused puts in one code after the other until one is refused.
func (s *diskShop) putUntilRefused(t *testing.T) error {
	t.Helper()
	for range 100_000 {
		if err := s.putCode(t); err != nil {
			return err
		}
	}
	t.Fatal("nothing was refused")
	return nil
}

func (s *diskShop) putCode(t *testing.T) error {
	t.Helper()
	err := s.Store.InTx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.InsertCode(t.Context(), db.InsertCodeParams{
			MachineID: s.Machine.ID, ProductID: 131, Code: fmt.Sprintf("9%09d", s.put), Quantity: 1, CreatedAt: 1,
		})
		return err
	})
	if err == nil {
		s.put++
	}
	return err
}

// check closes the database and holds it against what was put into it.
func (s *diskShop) check(t *testing.T) {
	t.Helper()
	if err := s.Store.Close(); err != nil {
		t.Error(err)
	}
	raw, err := sql.Open("sqlite", s.file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	var verdict string
	var codes int
	err = raw.QueryRow("SELECT (SELECT group_concat(integrity_check) FROM pragma_integrity_check), (SELECT COUNT(*) FROM pickup_codes WHERE code LIKE '9_________')").Scan(&verdict, &codes)
	if err != nil || verdict != "ok" || codes != s.put {
		t.Errorf("integrity: %s, %d codes, %d were put in (%v)", verdict, codes, s.put, err)
	}
}

// A database on a full disk refuses writes and says so, still reads, and goes on
// by itself when there is space again. What it refused did not happen.
func TestFullDisk(t *testing.T) {
	s := newDiskShop(t)
	for round := range 4 {
		if err := s.Store.Ping(t.Context()); err != nil {
			t.Fatalf("round %d: with space: %v", round, err)
		}
		s.disk.Fill(int64(round) * 40960)
		before := s.put
		err := s.putUntilRefused(t)
		t.Logf("round %d: %d codes, then %v", round, s.put-before, err)
		if errors.Is(err, store.ErrOutcomeUnknown) || !strings.Contains(err.Error(), "full") {
			t.Errorf("round %d: a full disk: %v", round, err)
		}
		for range 20 {
			if err := s.Store.Ping(t.Context()); err == nil {
				t.Fatalf("round %d: the database says it is well", round)
			}
		}
		if _, err := s.Store.ProductByID(t.Context(), 131); err != nil {
			t.Errorf("round %d: read: %v", round, err)
		}
		s.disk.Free()
		if err := s.Store.Ping(t.Context()); err != nil {
			t.Errorf("round %d: with space again: %v", round, err)
		}
		if err := s.putCode(t); err != nil {
			t.Errorf("round %d: write with space again: %v", round, err)
		}
	}
	s.check(t)
}

// The kernel makes a disk read-only when its device fails.
func TestReadOnlyDisk(t *testing.T) {
	s := newDiskShop(t)
	if err := s.putCode(t); err != nil {
		t.Fatal(err)
	}
	s.disk.Abort()
	if err := s.putUntilRefused(t); errors.Is(err, store.ErrOutcomeUnknown) {
		t.Errorf("a commit that was not written: %v", err)
	}
	if err := s.Store.Ping(t.Context()); err == nil {
		t.Error("the database says it is well")
	}
	if _, err := s.Store.ProductByID(t.Context(), 131); err != nil {
		t.Errorf("read: %v", err)
	}
	_ = s.Store.Close() // it cannot checkpoint any more
	s.disk.Repair()
	s.Store = store.New(open(t, s.file, sqlite.Options{}))
	if err := s.putCode(t); err != nil {
		t.Error(err)
	}
	s.check(t)
}
