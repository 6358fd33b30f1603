package live

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/vending"
)

type fixture struct {
	*storetest.Fixture
	t   *testing.T
	db  *testkit.Database
	hub *Hub
}

// newFixture has a table of changes that is empty, and ids that begin with 1.
func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, db: testkit.NewDatabase(t)}
	f.Fixture = storetest.NewFixture(t, f.db.Open)
	f.sql("DELETE FROM changes")
	f.hub = New(f.Store, f.Now, slog.New(slog.DiscardHandler))
	return f
}

func (f *fixture) sql(query string) {
	f.t.Helper()
	if _, err := f.db.SQL(f.t).ExecContext(f.t.Context(), query); err != nil {
		f.t.Fatal(err)
	}
}

// commit puts a change with an id into the table, as a transaction of another
// node that ends now.
func (f *fixture) commit(merchant, id string) {
	f.t.Helper()
	f.sql("INSERT INTO changes (id, merchant_id, machine_id, kind, ref) VALUES (" + id + ", " + merchant + ", 1, 'orders', " + id + ")")
}

func (f *fixture) listen(after int64) *Listener {
	f.t.Helper()
	l, err := f.hub.Listen(f.t.Context(), f.Merchant.ID, after)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(l.Close)
	return l
}

// wantNews polls and checks what a listener is told.
func (f *fixture) wantNews(l *Listener, refs ...int64) News {
	f.t.Helper()
	if err := f.hub.poll(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	n := l.Take()
	got := []int64{}
	for _, c := range n.Changes {
		got = append(got, c.Ref)
	}
	if !slices.Equal(got, append([]int64{}, refs...)) || n.Lost {
		f.t.Errorf("told of %v (lost %v), want %v", got, n.Lost, refs)
	}
	return n
}

// Ids that commit out of order are all handed out, once, and an interruption
// never skips one.
func TestChangesThatCommitLate(t *testing.T) {
	f := newFixture(t)
	l := f.listen(-1)
	f.commit("1", "1")
	f.commit("1", "4")
	if n := f.wantNews(l, 1, 4); n.ID != 1 {
		t.Errorf("to go on from %d, want 1: ids 2 and 3 may be under way", n.ID)
	}
	f.commit("1", "3")
	f.wantNews(l, 3)
	f.commit("1", "2")
	if n := f.wantNews(l, 2); n.ID != 4 {
		t.Errorf("to go on from %d, want 4", n.ID)
	}
	f.wantNews(l)
}

// An id that never comes, because its transaction was rolled back, is waited for
// five seconds.
func TestChangesThatNeverCommit(t *testing.T) {
	f := newFixture(t)
	l := f.listen(-1)
	f.commit("1", "7")
	f.wantNews(l, 7)
	f.Advance(5*time.Second - time.Millisecond)
	if n := f.wantNews(l); n.ID != 0 {
		t.Errorf("to go on from %d, want 0", n.ID)
	}
	f.Advance(time.Millisecond)
	if n := f.wantNews(l); n.ID != 7 {
		t.Errorf("to go on from %d, want 7", n.ID)
	}
}

func TestListenersGetTheirMerchantsChanges(t *testing.T) {
	f := newFixture(t)
	f.commit("1", "1")
	l := f.listen(-1)
	f.wantNews(l) // what was there before is no news
	f.commit("2", "2")
	f.commit("1", "3")
	f.wantNews(l, 3)
	l.Close()
	f.commit("1", "4")
	second := f.listen(-1)
	f.commit("1", "5")
	f.wantNews(second, 5)
}

func TestResume(t *testing.T) {
	f := newFixture(t)
	for _, id := range []string{"1", "2", "3"} {
		f.commit("1", id)
	}
	l := f.listen(1)
	f.wantNews(l, 2, 3)
	f.sql("DELETE FROM changes WHERE id < 3")
	f.wantNews(f.listen(2), 3)
	for name, after := range map[string]int64{"forgotten": 1, "of the future": 4} {
		if n := f.listen(after).Take(); !n.Lost {
			t.Errorf("%s: %+v", name, n)
		}
	}
}

// A listener that is slow is told so, and keeps no memory.
func TestSlowListener(t *testing.T) {
	f := newFixture(t)
	l := f.listen(-1)
	rows := make([]db.Change, maxWaiting+1)
	for i := range rows {
		rows[i] = db.Change{ID: int64(i + 1), MerchantID: 1, Kind: "orders", Ref: int64(i + 1)}
	}
	f.hub.mu.Lock()
	l.take(rows, 0)
	f.hub.mu.Unlock()
	if n := l.Take(); !n.Lost || len(n.Changes) != 0 {
		t.Errorf("%d changes, lost %v", len(n.Changes), n.Lost)
	}
}

// A fall of many changes comes in pieces and is complete.
func TestManyChanges(t *testing.T) {
	f := newFixture(t)
	l := f.listen(-1)
	f.sql("WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 2500) " +
		"INSERT INTO changes (id, merchant_id, machine_id, kind, ref) SELECT i, 1, 1, 'orders', i % 10 FROM n")
	if n := f.wantNews(l, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1); n.ID != 0 {
		t.Errorf("to go on from %d", n.ID)
	}
	f.commit("1", "1")
	f.commit("1", "2501")
	f.wantNews(l, 2501)
}

// A commit reaches a listener through the running hub, whoever made it.
func TestRun(t *testing.T) {
	f := newFixture(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- f.hub.Run(ctx) }()
	l := f.listen(-1)
	raise := func(st *store.Store, subject string) {
		t.Helper()
		err := st.InTx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.OpenAlert(t.Context(), db.OpenAlertParams{MachineID: f.Machine.ID, Kind: vending.AlertChannel, Subject: subject})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-l.Ready():
		case <-time.After(30 * time.Second):
			t.Fatal("nothing is told")
		}
		if n := l.Take(); len(n.Changes) != 1 || n.Changes[0].Kind != store.ChangedAlerts || n.Changes[0].Ref != f.Machine.ID {
			t.Errorf("news %+v", n)
		}
	}
	raise(f.Store, "131")
	other := store.New(f.db.Open(t)) // another node
	raise(other, "132")
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A change lives from one sweep to the one after the next.
func TestPruner(t *testing.T) {
	f := newFixture(t)
	p := NewPruner(f.Store)
	for _, c := range []struct {
		id    string
		first int64
	}{{"1", 1}, {"2", 2}, {"3", 3}} {
		f.commit("1", c.id)
		if err := p.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		bounds, err := f.Store.ChangesBounds(t.Context())
		if err != nil || bounds.First != c.first {
			t.Errorf("after change %s: %+v, %v", c.id, bounds, err)
		}
	}
}
