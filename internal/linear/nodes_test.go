package linear

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/storetest"
	"github.com/vendlane/vendlane/internal/testkit"
)

// setting is what a history is recorded on.
type setting struct {
	database func(testing.TB) *testkit.Database
	// nodes is the number of engines that are open on the one database.
	nodes    int
	overHTTP bool
	// spoil wraps an engine so that it breaks its promises; nil for the
	// truth. It may do so while the flag is set.
	spoil func(testing.TB, *testkit.Database, store.Engine, *atomic.Bool) store.Engine
}

// nodes are the shops of a setting. A call that starts while one is being
// restarted waits until it is back; one that has started feels it.
type nodes struct {
	setting
	fixture *storetest.Fixture
	base    *testkit.Database
	armed   atomic.Bool // clients are at work

	mu    sync.RWMutex // held for writing while a shop is closed
	shops []*shop
}

func startNodes(t *testing.T, s setting) *nodes {
	t.Helper()
	n := &nodes{setting: s, base: s.database(t)}
	n.fixture = storetest.NewFixture(t, n.base.Open)
	// Its store has filled the database; the nodes use it by themselves.
	if err := n.fixture.Store.Close(); err != nil {
		t.Fatal(err)
	}
	n.shops = make([]*shop, s.nodes)
	for i := range n.shops {
		n.open(t, i)
	}
	t.Cleanup(func() {
		for _, s := range n.shops {
			if err := s.store.Close(); err != nil {
				t.Errorf("close the store: %v", err)
			}
		}
	})
	return n
}

func (n *nodes) open(t *testing.T, i int) {
	t.Helper()
	engine := n.base.Open(t)
	if n.spoil != nil {
		engine = n.spoil(t, n.base, engine, &n.armed)
	}
	n.shops[i] = newShop(n.fixture, engine, n.overHTTP)
}

// shop returns the node of a client.
func (n *nodes) shop(client int) *shop {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return n.shops[client%len(n.shops)]
}

// restart closes a node under the calls that are under way and opens it again.
func (n *nodes) restart(t *testing.T, i int) {
	t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.shops[i].store.Close(); err != nil {
		t.Errorf("close the store: %v", err)
	}
	n.open(t, i)
}
