package linear

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/testkit"
)

// broken is an engine that breaks one promise while it is armed: what a history
// recorded on it must give away.
type broken struct {
	store.Engine
	armed *atomic.Bool
	// lose drops every third transaction and says that it is committed.
	lose   bool
	writes atomic.Int64
	// past makes reads answer from the moment at which it was armed.
	past  bool
	reads *sql.DB
	// pool runs the transactions instead, one at a time, with each statement
	// changed by rewrite; nil is the engine itself.
	pool    *sql.DB
	rewrite func(query string) string
	// early answers in such a transaction what the checks of a redemption read, as of
	// the moment before it waited for its turn; nil is the transaction itself.
	early *sql.DB
}

var errLost = errors.New("lost on purpose")

func (b *broken) RunInTx(ctx context.Context, fn func(q *db.Queries) error) error {
	if !b.armed.Load() {
		return b.Engine.RunInTx(ctx, fn)
	}
	if b.pool != nil {
		return b.rewritten(ctx, fn)
	}
	lose := b.lose && b.writes.Add(1)%3 == 0
	err := b.Engine.RunInTx(ctx, func(q *db.Queries) error {
		if err := fn(q); err != nil || !lose {
			return err
		}
		return errLost
	})
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}

func (b *broken) rewritten(ctx context.Context, fn func(q *db.Queries) error) error {
	var facts *sql.Tx
	if b.early != nil {
		var err error
		if facts, err = b.early.BeginTx(ctx, nil); err != nil {
			return err
		}
		defer func() { _ = facts.Rollback() }()
		// The first thing that is read decides what is seen.
		if err := facts.QueryRowContext(ctx, "SELECT COUNT(*) FROM merchants").Scan(new(int)); err != nil {
			return err
		}
	}
	tx, err := b.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(db.New(rewriter{tx, b.rewrite, facts})); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

func (b *broken) Reader() db.DBTX {
	if !b.past {
		return b.Engine.Reader()
	}
	return &pastReader{DBTX: b.Engine.Reader(), pool: b.reads, armed: b.armed}
}

// rewriter changes the statements of a transaction.
type rewriter struct {
	*sql.Tx
	rewrite func(string) string
	facts   *sql.Tx
}

func (r rewriter) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return r.Tx.ExecContext(ctx, r.rewrite(query), args...)
}

func (r rewriter) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if r.facts != nil && strings.Contains(query, "-- name: RedemptionFacts ") {
		return r.facts.QueryRowContext(ctx, query, args...)
	}
	return r.Tx.QueryRowContext(ctx, r.rewrite(query), args...)
}

// pastReader reads in one transaction as long as it is armed.
type pastReader struct {
	db.DBTX
	pool  *sql.DB
	armed *atomic.Bool

	mu sync.Mutex
	tx *sql.Tx
}

func (p *pastReader) reader() db.DBTX {
	p.mu.Lock()
	defer p.mu.Unlock()
	armed := p.armed.Load()
	if !armed && p.tx != nil {
		_ = p.tx.Rollback()
		p.tx = nil
	}
	if !armed {
		return p.DBTX
	}
	if p.tx == nil {
		tx, err := p.pool.Begin()
		if err != nil {
			return p.DBTX
		}
		p.tx = tx
	}
	return p.tx
}

func (p *pastReader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return p.reader().QueryContext(ctx, query, args...)
}

func (p *pastReader) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return p.reader().QueryRowContext(ctx, query, args...)
}

// promises are ways to break an engine, each in one place.
var promises = map[string]func(testing.TB, *testkit.Database, *broken){
	"a commit is lost": func(_ testing.TB, _ *testkit.Database, b *broken) { b.lose = true },
	"reads are stale": func(t testing.TB, base *testkit.Database, b *broken) {
		b.past, b.reads = true, base.SQL(t)
	},
	"a lost race for a code is won":     raced(swap("UseCode", "AND state = 'UNUSED' ", "")),
	"a code stays after its redemption": swap("UseCode", "SET state = 'USED'", "SET state = 'UNUSED'"),
	"a trade_id is taken twice": raced(swap("InsertOrder", "DO NOTHING",
		"DO UPDATE SET created_at = orders.created_at")),
	"a code is cancelled after its redemption": swap("CancelCode", "AND state = 'UNUSED' ", ""),
	"a code expires after its redemption":      swap("ExpireCodes", "state = 'UNUSED'", "state <> ''"),
	"stock is not taken":                       swap("TakeStock", "current_inventory - $1", "current_inventory"),
	"the last piece is sold twice": raced(swap("TakeStock", "current_inventory - $1\nWHERE id = $2 AND current_inventory >= $1",
		"CASE WHEN current_inventory > 0 THEN current_inventory - $1 ELSE 0 END WHERE id = $2")),
}

// swap makes an engine of which one statement has something else instead of a
// part.
func swap(statement, part, instead string) func(testing.TB, *testkit.Database, *broken) {
	return func(t testing.TB, base *testkit.Database, b *broken) {
		t.Helper()
		b.pool = base.SQL(t)
		b.pool.SetMaxOpenConns(1)
		b.rewrite = func(query string) string {
			if !strings.Contains(query, "-- name: "+statement+" ") {
				return query
			}
			if !strings.Contains(query, part) {
				t.Errorf("%s has no %q", statement, part)
			}
			return strings.ReplaceAll(query, part, instead)
		}
	}
}

// raced makes an engine on which redemptions lose races, as they do where many write
// at a time: on SQLite nothing happens between what is read and what is written.
func raced(breaks func(testing.TB, *testkit.Database, *broken)) func(testing.TB, *testkit.Database, *broken) {
	return func(t testing.TB, base *testkit.Database, b *broken) {
		t.Helper()
		breaks(t, base, b)
		b.early = base.SQL(t)
	}
}

// A history on a broken engine must not be explained away.
func TestBrokenIsIllegal(t *testing.T) {
	t.Setenv("VENDLANE_TEST_ENGINE", "sqlite")
	for name, breaks := range promises {
		t.Run(name, func(t *testing.T) {
			n := startNodes(t, setting{
				database: testkit.NewDatabase, nodes: 1,
				spoil: func(t testing.TB, base *testkit.Database, engine store.Engine, armed *atomic.Bool) store.Engine {
					b := &broken{Engine: engine, armed: armed}
					breaks(t, base, b)
					return b
				},
			})
			seed := drawSeed()
			t.Logf("-linear.seed %d", seed)
			const most = 200
			for number := range most {
				r := newRound(n, number, seed, faults{})
				r.run(t)
				result, m, info := r.check(r.starts[:])
				if result != porcupine.Illegal {
					continue
				}
				t.Logf("found in round %d", number)
				wantPage(t, m, info)
				return
			}
			t.Errorf("%d histories were legal", most)
		})
	}
}

// wantPage wants a history to be shown as a page.
func wantPage(t *testing.T, m porcupine.Model, info porcupine.LinearizationInfo) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv(artefactsEnv, dir)
	keep(t, m, info)
	pages, err := filepath.Glob(filepath.Join(dir, "*.html"))
	if err != nil || len(pages) != 1 {
		t.Fatalf("pages %v (%v)", pages, err)
	}
	text, err := os.ReadFile(pages[0])
	if err != nil || !strings.Contains(string(text), "consume(code ") {
		t.Errorf("the page does not show the calls (%v)", err)
	}
}
