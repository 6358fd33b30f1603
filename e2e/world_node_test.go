package e2e

import (
	"net/http"
	"path/filepath"
	"slices"
	"sync/atomic"
)

// worldNode is one process of the platform, which may be killed and started again.
type worldNode struct {
	w       *world
	environ []string
	program string // the binary
	server  *process
	at      atomic.Pointer[addresses]
}

// addresses are where a node is now; it moves with every start.
type addresses struct{ http, mqtt string }

func (w *world) newNode(environ ...string) *worldNode {
	return &worldNode{w: w, program: binary, environ: slices.Concat(w.environ, environ)}
}

// sqliteNode makes a node on an embedded store that holds the world's shop.
func (w *world) sqliteNode() *worldNode {
	w.t.Helper()
	data := filepath.Join(w.t.TempDir(), "data")
	w.driver, w.dsn = "sqlite", sqliteDSN(data)
	applyShop(w.t, w.shop(), "VENDLANE_DATA="+data)
	return w.newNode("VENDLANE_DATA=" + data)
}

// boot starts the node and returns when it is ready.
func (n *worldNode) boot(environ ...string) {
	n.w.t.Helper()
	if !n.bootToDie(environ...) {
		n.w.t.Fatal("a node ended before it was ready")
	}
}

// bootToDie starts a node that is meant to end, and tells whether it was ready
// before: what an earlier one left to do may lead it to its end at once.
func (n *worldNode) bootToDie(environ ...string) (ready bool) {
	n.w.t.Helper()
	n.launch(environ...)
	entry := readyOrEnded(n.w.t, n.server)
	if entry == nil {
		return false
	}
	n.at.Store(&addresses{http: entry["http"].(string), mqtt: entry["mqtt"].(string)})
	return true
}

// launch starts the node and does not wait: it may be meant to end before it is ready.
func (n *worldNode) launch(environ ...string) {
	n.w.t.Helper()
	n.server = startProgram(n.w.t, n.program, slices.Concat(n.environ, environ), "serve")
}

func (n *worldNode) kill() {
	n.w.t.Helper()
	n.server.kill()
}

// stop ends the node in good order.
func (n *worldNode) stop() {
	n.w.t.Helper()
	if code := n.server.stop(); code != 0 {
		n.w.t.Errorf("a node ended with exit code %d", code)
	}
}

func (n *worldNode) http() string { return n.at.Load().http }
func (n *worldNode) mqtt() string { return n.at.Load().mqtt }
func (n *worldNode) url() string  { return "http://" + n.http() }

// ready asks /readyz.
func (n *worldNode) ready() bool {
	resp, err := http.Get(n.url() + "/readyz")
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// machines is how many the node has a connection of.
func (n *worldNode) machines() int {
	n.w.t.Helper()
	return metric(n.w.t, n.url(), "mqtt_machines")
}
