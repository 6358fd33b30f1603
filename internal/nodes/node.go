// Package nodes lets several nodes work on one database: who is alive, which of
// them does the periodic work, and what they tell each other at once. What a
// message would have told and did not is found in the database a little later,
// so that a lost one costs time and nothing else.
package nodes

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Gateway is what holds the machines of this node; *devicegw.Gateway is one.
type Gateway interface {
	// TakenOver ends a machine's connection that is older than an epoch.
	TakenOver(machineNo string, epoch int64) bool
	// Epochs returns the epochs of the connections by machine.
	Epochs() map[string]int64
	// DisconnectAll sends all machines away.
	DisconnectAll()
}

// Bus carries messages between the nodes; *postgres.Engine is one. It may lose
// some.
type Bus interface {
	// Publish sends a text of at most 7,999 bytes to all nodes, this one
	// included.
	Publish(ctx context.Context, text string) error
	// Listen calls handle with each text until ctx ends, and with "" whenever
	// texts may have been lost.
	Listen(ctx context.Context, handle func(text string))
	// Aside is InTx on a connection kept for signs of life: a node that is busy
	// must not look dead.
	Aside(ctx context.Context, fn func(q *db.Queries) error) error
}

// Node is this node among the others. Join, Run and Leave follow each other.
type Node struct {
	id      string
	store   *store.Store
	bus     Bus
	clock   vending.Clock
	log     *slog.Logger
	tallies map[string]*Tally
	taken   chan item
	hearing chan struct{}          // closed when the node hears the others
	signs   atomic.Pointer[[]Sign] // of the last look

	// others and blind belong to the goroutine that beats, mute to the one that
	// tells.
	others      map[string]sighting
	blind, mute episode
}

// episode is a time in which something fails; its beginning is worth a line in
// the log, each failure is not.
type episode struct{ failing bool }

// begins takes a result and tells whether an episode begins with it.
func (e *episode) begins(ctx context.Context, err error) bool {
	before := e.failing
	e.failing = err != nil && ctx.Err() == nil
	return e.failing && !before
}

// maxTaken bounds the take-overs that wait to be told. What does not fit is
// found by the other node's repair.
const maxTaken = 4096

// NewID draws the id of a node. One that starts anew takes a new one, so that
// what it held before is not taken for its own.
func NewID(random io.Reader) (string, error) {
	mark := make([]byte, 6)
	if _, err := io.ReadFull(random, mark); err != nil {
		return "", fmt.Errorf("draw the id of this node: %w", err)
	}
	host, err := os.Hostname()
	if err != nil {
		host = "node"
	}
	return host[:min(len(host), 40)] + "-" + hex.EncodeToString(mark), nil
}

// New makes a node.
func New(id string, st *store.Store, bus Bus, clock vending.Clock, log *slog.Logger) *Node {
	return &Node{
		id: id, store: st, bus: bus, clock: clock, log: log,
		tallies: map[string]*Tally{}, taken: make(chan item, maxTaken), hearing: make(chan struct{}), others: map[string]sighting{},
	}
}

// Share makes a tally count on all nodes that share one of the same name. It
// must not be called once the node runs.
func (n *Node) Share(name string, t *Tally) { n.tallies[name] = t }

// Living is how many nodes were alive at the last look, this one included.
func (n *Node) Living() int64 { return int64(len(n.Signs())) }

// Signs are those of the nodes that were alive at the last look, this one
// included; none before the first. The caller must not change them.
func (n *Node) Signs() []Sign {
	if signs := n.signs.Load(); signs != nil {
		return *signs
	}
	return nil
}

// Join makes the node known. It holds machines from now on.
func (n *Node) Join(ctx context.Context) error {
	err := n.store.InTx(ctx, func(tx *store.Tx) error { return tx.InsertNode(ctx, n.id, n.clock.Millis()) })
	if err != nil {
		return fmt.Errorf("join the nodes: %w", err)
	}
	n.log.Info("this node has joined", "node", n.id)
	return nil
}

// Leave frees at once what the node holds. Its machines must be gone.
func (n *Node) Leave(ctx context.Context) error {
	err := n.store.InTx(ctx, func(tx *store.Tx) error { return tx.DeleteNode(ctx, n.id) })
	if err != nil {
		return fmt.Errorf("leave the nodes: %w", err) // the others notice
	}
	return nil
}

// Run keeps the node alive and in touch with the others until ctx ends.
func (n *Node) Run(ctx context.Context, gateway Gateway) {
	for _, t := range n.tallies {
		t.share()
	}
	repair := store.NewSignal()
	hears := sync.OnceFunc(func() { close(n.hearing) })
	var wg sync.WaitGroup
	wg.Go(func() { n.beat(ctx, gateway) })
	wg.Go(func() { n.repair(ctx, gateway, repair) })
	wg.Go(func() { n.tell(ctx) })
	n.bus.Listen(ctx, func(text string) {
		if text == "" {
			hears()
			n.store.Commands.Notify()
			repair.Notify()
			return
		}
		n.hear(text, gateway)
	})
	wg.Wait()
}

// Hearing is closed once the node hears what the others say.
func (n *Node) Hearing() <-chan struct{} { return n.hearing }

// Lease tells whether this node does a piece of periodic work for the next
// while, in milliseconds. Another one does it if that one is alive and its turn
// is not over.
func (n *Node) Lease(ctx context.Context, work string, while time.Duration) (mine bool, err error) {
	now := n.clock.Millis()
	var rows int64
	err = n.store.InTx(ctx, func(tx *store.Tx) error {
		var err error
		rows, err = tx.TakeLease(ctx, db.TakeLeaseParams{
			Name: work, Node: n.id, Now: now, ExpiresAt: now + while.Milliseconds(),
		})
		return err
	})
	if err != nil {
		return false, fmt.Errorf("lease for %s: %w", work, err)
	}
	return rows == 1, nil
}
