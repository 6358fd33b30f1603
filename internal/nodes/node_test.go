package nodes_test

import (
	"context"
	"crypto/rand"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/nodes"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
)

// bus joins the nodes of a test; while cut it loses what is published.
type bus struct {
	store     *store.Store
	mu        sync.Mutex
	listeners []func(string)
	cut       bool
}

func (b *bus) Publish(_ context.Context, text string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cut {
		return nil
	}
	for _, hear := range b.listeners {
		hear(text)
	}
	return nil
}

func (b *bus) Listen(ctx context.Context, handle func(string)) {
	b.mu.Lock()
	b.listeners = append(b.listeners, handle)
	b.mu.Unlock()
	<-ctx.Done()
}

func (b *bus) Aside(ctx context.Context, fn func(q *db.Queries) error) error {
	return b.store.InTx(ctx, func(tx *store.Tx) error { return fn(tx.Queries) })
}

func (b *bus) lose(cut bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cut = cut
}

// gateway holds connections of machines by their epochs.
type gateway struct {
	mu     sync.Mutex
	epochs map[string]int64
}

func (g *gateway) TakenOver(machineNo string, epoch int64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if old, connected := g.epochs[machineNo]; !connected || old >= epoch {
		return false
	}
	delete(g.epochs, machineNo)
	return true
}

func (g *gateway) Epochs() map[string]int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return maps.Clone(g.epochs)
}

func (g *gateway) DisconnectAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	clear(g.epochs)
}

func (g *gateway) connected() []string { return slices.Sorted(maps.Keys(g.Epochs())) }

// member is a node at work. All of a test are on one store.
type member struct {
	*nodes.Node
	id      string
	gateway *gateway
	tally   *nodes.Tally
	counted map[string]int64
	stop    func()
}

type cluster struct {
	t   *testing.T
	f   *storetest.Fixture
	bus *bus
}

func newCluster(t *testing.T) *cluster {
	open := func(t testing.TB) store.Engine {
		engine, err := sqlite.Open(t.Context(), testkit.SQLiteFile(t), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return engine
	}
	f := storetest.NewFixture(t, open)
	return &cluster{t: t, f: f, bus: &bus{store: f.Store}}
}

func (c *cluster) join() *member {
	c.t.Helper()
	id, err := nodes.NewID(rand.Reader)
	if err != nil {
		c.t.Fatal(err)
	}
	n := nodes.New(id, c.f.Store, c.bus, time.Now, slog.New(slog.DiscardHandler))
	m := &member{Node: n, id: id, gateway: &gateway{epochs: map[string]int64{}}, counted: map[string]int64{}}
	m.tally = nodes.NewTally(func(key string, n int64) { m.counted[key] += n })
	n.Share("requests", m.tally)
	if err := n.Join(c.t.Context()); err != nil {
		c.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(c.t.Context())
	var ended sync.WaitGroup
	ended.Go(func() { n.Run(ctx, m.gateway) })
	m.stop = sync.OnceFunc(func() { cancel(); ended.Wait() })
	synctest.Wait()
	return m
}

// connect lets the fixture's machine connect to a node.
func (c *cluster) connect(m *member) (epoch int64) {
	c.t.Helper()
	var before string
	c.f.Write(c.t, func(tx *store.Tx) error {
		row, err := tx.MachineConnected(c.t.Context(), c.f.Machine.ID, 0, 0)
		if err != nil {
			return err
		}
		before, epoch = row.Node, row.Epoch
		return tx.MachineMoved(c.t.Context(), c.f.Machine.ID, m.id)
	})
	m.gateway.mu.Lock()
	m.gateway.epochs[storetest.MachineNo] = epoch
	m.gateway.mu.Unlock()
	if before != "" && before != m.id {
		m.TakeOver(before, storetest.MachineNo, epoch)
	}
	return epoch
}

func (c *cluster) ids() (ids []string) {
	c.t.Helper()
	rows, err := c.f.Store.Nodes(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	for _, n := range rows {
		ids = append(ids, n.ID)
	}
	return ids
}

func inBubble(t *testing.T, test func(t *testing.T, c *cluster)) {
	synctest.Test(t, func(t *testing.T) { test(t, newCluster(t)) })
}

// A machine that connects elsewhere is let go at once, and a moment later if
// the message is lost.
func TestTakeOver(t *testing.T) {
	for name, lost := range map[string]bool{"told": false, "message lost": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, c *cluster) {
				a, b := c.join(), c.join()
				defer a.stop()
				defer b.stop()
				c.connect(a)
				time.Sleep(time.Minute)
				if len(a.gateway.connected()) != 1 {
					t.Fatal("a machine that is nowhere else was let go")
				}
				c.bus.lose(lost)
				c.connect(b)
				patience := time.Duration(0)
				if lost {
					patience = 10 * time.Second
				}
				time.Sleep(patience)
				synctest.Wait()
				if got := a.gateway.connected(); len(got) != 0 {
					t.Errorf("still connected to the old node: %v", got)
				}
				if len(b.gateway.connected()) != 1 {
					t.Error("not connected to the new node")
				}
				c.bus.lose(false)
				c.connect(a) // and back
				time.Sleep(time.Minute)
				if len(a.gateway.connected()) != 1 || len(b.gateway.connected()) != 0 {
					t.Errorf("after its return: %v and %v", a.gateway.connected(), b.gateway.connected())
				}
			})
		})
	}
}

// A queued command wakes the relays of all nodes; one that is heard of is not
// told again.
func TestCommandsWakeOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cluster) {
		a := c.join()
		defer a.stop()
		var told atomic.Int64
		go c.bus.Listen(t.Context(), func(string) { told.Add(1) })
		synctest.Wait()
		c.f.Write(t, func(tx *store.Tx) error {
			return tx.QueueMessage(t.Context(), c.f.Machine.ID, "client.machine.refresh", nil, 1)
		})
		time.Sleep(time.Second)
		if n := told.Load(); n != 1 {
			t.Errorf("%d messages, want 1", n)
		}
		<-c.f.Store.Commands.C()
		for _, text := range []string{`{"from":"x","items":[{"kind":"commands"}]}`, `{"from":`, `{}`} {
			if err := c.bus.Publish(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		}
		<-c.f.Store.Commands.C()
		told.Store(0)
		time.Sleep(time.Second)
		if n := told.Load(); n != 0 {
			t.Errorf("%d messages after one of another node, want none", n)
		}
	})
}

// What is counted on one node counts on the others, and only there once more.
func TestTallies(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cluster) {
		alone := nodes.NewTally(func(string, int64) {})
		alone.Count("nobody is told")
		a, b := c.join(), c.join()
		defer a.stop()
		defer b.stop()
		for range 3 {
			a.tally.Count("shop")
		}
		for i := range 100 { // more than one message takes
			a.tally.Count(string(rune('a' + i)))
		}
		b.tally.Count("shop")
		time.Sleep(time.Second)
		synctest.Wait()
		if a.counted["shop"] != 1 || b.counted["shop"] != 3 || len(b.counted) != 101 || len(a.counted) != 1 {
			t.Errorf("told to a: %v, to b: %d keys, shop %d", a.counted, len(b.counted), b.counted["shop"])
		}
	})
}

// A node that dies is noticed within ten seconds, and frees its leases.
func TestDeadNode(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cluster) {
		a, b := c.join(), c.join()
		defer b.stop()
		lease := func(m *member) bool {
			mine, err := m.Lease(t.Context(), "work", time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			return mine
		}
		if !lease(a) || lease(b) {
			t.Fatal("want the lease at the first node")
		}
		time.Sleep(time.Hour)
		if len(c.ids()) != 2 || b.Living() != 2 {
			t.Fatalf("living nodes: %v", c.ids())
		}
		for _, sign := range b.Signs() {
			if age := time.Since(time.UnixMilli(sign.SeenAt)); age > 4*time.Second || time.Since(time.UnixMilli(sign.StartedAt)) < time.Hour {
				t.Errorf("sign of life %+v, %v ago", sign, age)
			}
		}
		a.stop() // without leaving
		time.Sleep(10*time.Second + time.Millisecond)
		synctest.Wait()
		if got := c.ids(); !slices.Equal(got, []string{b.id}) {
			t.Errorf("living nodes: %v, want %v", got, b.id)
		}
		if !lease(b) {
			t.Error("the lease of the dead node is not free")
		}
		for name, c := range map[string]<-chan struct{}{
			"commands": c.f.Store.Commands.C(), "callbacks": c.f.Store.Callbacks.C(), "alerts": c.f.Store.Alerts.C(),
		} {
			select {
			case <-c:
			default:
				t.Errorf("nobody looks for the %s of the dead node", name)
			}
		}
		b.stop()
		if err := b.Leave(t.Context()); err != nil || len(c.ids()) != 0 {
			t.Errorf("after the last has left: %v, %v", c.ids(), err)
		}
	})
}

// Nodes that could not reach the database for long do not declare each other
// dead when it is back.
func TestBlindNodesAreNotDead(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cluster) {
		a, b := c.join(), c.join()
		defer a.stop()
		defer b.stop()
		c.connect(a)
		time.Sleep(time.Minute)
		held, free := make(chan struct{}), make(chan struct{})
		var blocked sync.WaitGroup
		blocked.Go(func() { // SQLite has one writer: nobody writes meanwhile
			c.f.Write(t, func(*store.Tx) error { close(held); <-free; return nil })
		})
		<-held
		time.Sleep(10 * time.Minute)
		close(free)
		blocked.Wait()
		time.Sleep(time.Minute)
		if len(c.ids()) != 2 || len(a.gateway.connected()) != 1 {
			t.Errorf("living nodes %v, machines %v", c.ids(), a.gateway.connected())
		}
	})
}

// A node that was taken for dead joins again and sends its machines away, so
// that they are held by somebody.
func TestTakenForDead(t *testing.T) {
	inBubble(t, func(t *testing.T, c *cluster) {
		a := c.join()
		defer a.stop()
		c.connect(a)
		c.f.Write(t, func(tx *store.Tx) error { return tx.DeleteNode(t.Context(), a.id) })
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if got := a.gateway.connected(); len(got) != 0 {
			t.Errorf("machines %v are still connected", got)
		}
		if got := c.ids(); !slices.Equal(got, []string{a.id}) {
			t.Errorf("living nodes: %v, want %v", got, a.id)
		}
		c.connect(a)
		time.Sleep(time.Minute)
		if len(a.gateway.connected()) != 1 {
			t.Error("the machine cannot stay")
		}
		rows, err := c.f.Store.EpochsOfNode(t.Context(), a.id)
		if err != nil || len(rows) != 1 || rows[0] != (db.EpochsOfNodeRow{MachineNo: storetest.MachineNo, Epoch: a.gateway.Epochs()[storetest.MachineNo]}) {
			t.Errorf("%+v, %v", rows, err)
		}
	})
}
