package machinelog_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type fixture struct {
	*storetest.Fixture
	log *machinelog.Log
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{Fixture: storetest.NewFixture(t, testkit.NewDatabase(t).Open)}
	f.log = machinelog.New(f.Store, f.Now, slog.New(slog.DiscardHandler))
	return f
}

// flush runs the log until it is told to stop, which writes what waits.
func (f *fixture) flush(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.log.Run(ctx); err != nil {
		t.Error(err)
	}
}

// page returns the methods of a page and the id of its last line.
func (f *fixture) page(t testing.TB, machineID, before int64, limit int32) (methods []string, last int64) {
	t.Helper()
	rows, err := f.log.Page(t.Context(), machineID, before, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		methods, last = append(methods, row.Method), row.ID
	}
	return methods, last
}

func (f *fixture) put(t testing.TB, machineID int64, methods ...string) {
	t.Helper()
	for _, method := range methods {
		f.log.Put(t.Context(), machinelog.Entry{MachineID: machineID, Method: method, At: f.Now().UnixMilli()})
	}
}

// A line comes back as it was put.
func TestLine(t *testing.T) {
	f := newFixture(t)
	f.log.Put(t.Context(), machinelog.Entry{MachineID: 7, Up: true, Method: "client.heartbeat", Payload: `{"a":"b"}`, At: 42})
	f.flush(t)
	rows, err := f.log.Page(t.Context(), 7, 0, 10)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%+v, %v", rows, err)
	}
	want := db.MachineLog{ID: rows[0].ID, MachineID: 7, IsUp: true, Method: "client.heartbeat", Payload: `{"a":"b"}`, CreatedAt: 42}
	if rows[0] != want {
		t.Errorf("%+v, want %+v", rows[0], want)
	}
}

// A stop loses no line, also when there are more than one transaction takes, and
// those of a machine stay in their order, whoever speaks in between.
func TestRunWritesEverythingOnStop(t *testing.T) {
	const lines = 1000
	f := newFixture(t)
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- f.log.Run(ctx) }()
	for i := range lines {
		f.put(t, 1, fmt.Sprint(i))
		f.put(t, int64(2+i%5), "x")
	}
	stop()
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	methods, _ := f.page(t, 1, 0, 2*lines)
	if len(methods) != lines {
		t.Fatalf("%d lines, want %d", len(methods), lines)
	}
	for i, method := range methods { // newest first, in the order they came
		if method != fmt.Sprint(lines-1-i) {
			t.Fatalf("line %d is %s", i, method)
		}
	}
}

// What a caller whose time is over says is kept while there is room for it:
// the message was accepted.
func TestPutOfEndedContext(t *testing.T) {
	const lines = 100
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range lines {
		f.log.Put(ctx, machinelog.Entry{MachineID: 1, Method: "x"})
	}
	f.flush(t)
	if methods, _ := f.page(t, 1, 0, 2*lines); len(methods) != lines {
		t.Errorf("%d of %d lines are kept", len(methods), lines)
	}
}

// A caller does not wait for room longer than its own time.
func TestPutWithoutRoom(t *testing.T) {
	const room = 8192
	f := newFixture(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range room + 10 {
		f.log.Put(ctx, machinelog.Entry{MachineID: 1, Method: "x"})
	}
	f.flush(t)
	if methods, _ := f.page(t, 1, 0, room+10); len(methods) != room {
		t.Errorf("%d lines, want the %d there is room for", len(methods), room)
	}
}

func TestPage(t *testing.T) {
	f := newFixture(t)
	f.put(t, 1, "a", "b")
	f.put(t, 2, "other")
	f.put(t, 1, "c", "d", "e")
	f.flush(t)
	before := int64(0)
	for _, want := range []string{"[e d]", "[c b]", "[a]", "[]"} {
		methods, last := f.page(t, 1, before, 2)
		if got := fmt.Sprint(methods); got != want {
			t.Errorf("page before %d: %s, want %s", before, got, want)
		}
		before = last
	}
}

// Lines are kept for 90 days, to the millisecond (mqtt.md §3.5).
func TestSweep(t *testing.T) {
	const old = 2500 // more than two transactions take
	f := newFixture(t)
	for range old {
		f.put(t, 1, "old")
	}
	f.Advance(time.Millisecond)
	f.put(t, 1, "new")
	f.flush(t)
	sweep := func(want int) {
		t.Helper()
		for range 2 {
			if err := f.log.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			if methods, _ := f.page(t, 1, 0, 2*old); len(methods) != want {
				t.Errorf("%d lines, want %d", len(methods), want)
			}
		}
	}
	f.Advance(90*24*time.Hour - time.Millisecond)
	sweep(old + 1)
	f.Advance(time.Millisecond)
	sweep(1)
	f.Advance(time.Millisecond)
	sweep(0)
}

func TestClosedStore(t *testing.T) {
	f := newFixture(t)
	if err := f.Store.Close(); err != nil {
		t.Fatal(err)
	}
	f.put(t, 1, "x")
	f.flush(t) // logs what is lost, and ends
	if err := f.log.Sweep(t.Context()); err == nil {
		t.Error("a sweep of a closed store succeeded")
	}
	if _, err := f.log.Page(t.Context(), 1, 0, 10); err == nil {
		t.Error("a closed store was read")
	}
	if err := f.Store.InTx(t.Context(), func(*store.Tx) error { return nil }); err == nil {
		t.Error("the store is not closed")
	}
}

// gate is an engine whose next write waits for the test.
type gate struct {
	store.Engine
	closed           chan struct{} // the next write waits
	entered, release chan struct{}
}

func (g *gate) wait() {
	select {
	case <-g.closed:
		close(g.entered)
		<-g.release
	default:
	}
}

func (g *gate) RunInTx(ctx context.Context, fn func(q *db.Queries) error) error {
	g.wait()
	return g.Engine.RunInTx(ctx, fn)
}

func (g *gate) Sets() store.Sets {
	return storetest.WrapSets(g.Engine, func(sets store.Sets) store.Sets { return gatedSets{sets, g} })
}

type gatedSets struct {
	store.Sets
	gate *gate
}

func (s gatedSets) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	s.gate.wait()
	return s.Sets.Insert(ctx, table, columns, rows)
}

// A stop does not break off the write that is under way.
func TestStopDuringWrite(t *testing.T) {
	g := &gate{closed: make(chan struct{}, 1), entered: make(chan struct{}), release: make(chan struct{})}
	f := &fixture{Fixture: storetest.NewFixture(t, func(t testing.TB) store.Engine {
		g.Engine = testkit.NewDatabase(t).Open(t)
		return g
	})}
	f.log = machinelog.New(f.Store, f.Now, slog.New(slog.DiscardHandler))
	f.put(t, 1, "x")
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	g.closed <- struct{}{}
	go func() { stopped <- f.log.Run(ctx) }()
	<-g.entered
	stop()
	close(g.release)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	if methods, _ := f.page(t, 1, 0, 10); len(methods) != 1 {
		t.Errorf("%d lines after the stop, want 1", len(methods))
	}
}
