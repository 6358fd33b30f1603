package nodes

import (
	"context"
	"encoding/json"
	"time"
)

const (
	// tellPause is the least time between two messages of a node. What comes
	// up meanwhile goes into the next one.
	tellPause = 2 * time.Millisecond
	// countEvery is how often a node tells what its tallies have counted.
	countEvery = 250 * time.Millisecond
	// maxItems keeps a message within what a Bus takes: an item has at most 250
	// bytes.
	maxItems = 30
	// maxKey bounds the key of an item, in bytes. Longer ones are not told.
	maxKey = 64
)

// Kinds of items.
const (
	// kindCommands: a command was queued for a machine of some node.
	kindCommands = "commands"
	// kindTaken: the machine Key of node To is elsewhere now, with epoch N.
	kindTaken = "taken"
	// kindCount: the tally To counted Key N times.
	kindCount = "count"
)

type message struct {
	From  string `json:"from"`
	Items []item `json:"items"`
}

type item struct {
	Kind string `json:"kind"`
	To   string `json:"to,omitempty"`
	Key  string `json:"key,omitempty"`
	N    int64  `json:"n,omitempty"`
}

// TakeOver tells another node that a machine it held has connected here.
func (n *Node) TakeOver(node, machineNo string, epoch int64) {
	select {
	case n.taken <- item{Kind: kindTaken, To: node, Key: machineNo, N: epoch}:
	default:
	}
}

// tell sends what there is to tell until ctx ends.
func (n *Node) tell(ctx context.Context) {
	ticker := time.NewTicker(countEvery)
	defer ticker.Stop()
	for {
		var items []item
		select {
		case <-ctx.Done():
			return
		case <-n.store.Elsewhere.C():
			items = append(items, item{Kind: kindCommands})
		case first := <-n.taken:
			items = append(items, first)
		case <-ticker.C:
			items = n.counts()
		}
		for len(items) > 0 {
			items = n.fill(items)
			size := min(len(items), maxItems)
			n.publish(ctx, items[:size])
			items = items[size:]
			if !pause(ctx, tellPause) {
				return
			}
		}
	}
}

// fill adds take-overs that wait.
func (n *Node) fill(items []item) []item {
	for len(items) < maxItems {
		select {
		case next := <-n.taken:
			items = append(items, next)
		default:
			return items
		}
	}
	return items
}

func (n *Node) counts() (items []item) {
	for name, t := range n.tallies {
		for key, count := range t.drain() {
			if len(key) <= maxKey {
				items = append(items, item{Kind: kindCount, To: name, Key: key, N: count})
			}
		}
	}
	return items
}

func (n *Node) publish(ctx context.Context, items []item) {
	text, err := json.Marshal(message{From: n.id, Items: items})
	if err == nil {
		err = n.bus.Publish(ctx, string(text))
	}
	if n.mute.begins(ctx, err) {
		n.log.Warn("no messages to the other nodes", "node", n.id, "error", err)
	}
}

// hear takes a message of another node.
func (n *Node) hear(text string, gateway Gateway) {
	var m message
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		n.log.Warn("message of another node cannot be read", "error", err)
		return
	}
	if m.From == n.id {
		return
	}
	for _, i := range m.Items {
		switch i.Kind {
		case kindCommands:
			n.store.Commands.Notify()
		case kindTaken:
			if i.To == n.id && gateway.TakenOver(i.Key, i.N) {
				n.log.Info("machine is at another node", "machine_no", i.Key, "node", m.From)
			}
		case kindCount:
			if t := n.tallies[i.To]; t != nil {
				t.add(i.Key, i.N)
			}
		}
	}
}

// pause waits, and returns false if ctx ends.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
