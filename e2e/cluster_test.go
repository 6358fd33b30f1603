package e2e

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/fleetsim"
	"github.com/vendlane/vendlane/internal/testkit"
)

const (
	clusterNodes = 3
	clusterKills = 6
	// clusterFaults are those that bring machines from node to node, and a few
	// that make deliveries fail.
	clusterFaults = "jam=0.03,slow=0.05@2s,duplicate_report=0.1,duplicate_command=0.2,reorder_command=0.1," +
		"offline=0.1@1s,storm=20s"
	// clusterTimeout is for deliveries whose node died at the wrong moment.
	clusterTimeout = "VENDLANE_DISPENSE_TIMEOUT_S=12"
	// clusterFree is how soon the callbacks that a dead node had leased go out
	// from another: 10 s until it is known to be dead, 5 s until somebody looks,
	// and air. Their leases last 40 s.
	clusterFree = 25 * time.Second
	// clusterKick is how soon a node lets go of machines that have gone to
	// another one. Without a message it would take up to 10 s.
	clusterKick = 5 * time.Second
)

// masterKey is the master key that the nodes of a database share.
var masterKey = "VENDLANE_SECRETS_MASTER_KEY=" + strings.Repeat("5e", 32)

// Three nodes on one database behind a balancer. Nodes are killed, PostgreSQL
// is restarted, machines wander; and still no code is redeemed twice, nothing
// acknowledged is lost, every delivery ends and is told to the merchant, and in
// the end every machine does what it is told at once.
func TestCluster(t *testing.T) {
	if testing.Short() {
		t.Skip("takes more than a minute")
	}
	server := testkit.NewPostgresServer(t)
	w := newWorld(t, size{machines: 300, codes: 3, atOnce: 150})
	w.environ = append(w.environ, clusterTimeout)
	w.usePostgres(server)
	nodes := make([]*worldNode, clusterNodes)
	var apis, gateways []func() string
	for i := range nodes {
		nodes[i] = w.newNode("VENDLANE_DATA=" + filepath.Join(t.TempDir(), "data"))
		nodes[i].boot()
		apis, gateways = append(apis, nodes[i].http), append(gateways, nodes[i].mqtt)
	}
	merchants, machines := newWire(t, inTurn(apis...)), newWire(t, inTurn(gateways...))
	w.api = func() string { return "http://" + merchants.addr().String() }
	w.mqtt = func() string { return machines.addr().String() }
	w.startFleet(clusterFaults, 7)

	done := w.driveAll()
	for kill := range clusterKills {
		w.awaitAccepted(w.total()*(kill+1)/(clusterKills+1), done)
		switch kill {
		case 2:
			server.StopFast()
			server.Start()
			w.awaitReady(nodes...)
		case 4:
			server.StopImmediately()
			server.Start()
			w.awaitReady(nodes...)
		}
		n := nodes[kill%clusterNodes]
		n.kill()
		n.boot()
	}
	<-done
	w.awaitQuiet()
	if err := w.fleet.SetFaults(fleetsim.Faults{}); err != nil {
		t.Fatal(err)
	}
	w.checkLeasesOfTheDead(nodes)
	w.checkTakeOver(machines, nodes)
	w.checkNobodyIsDeaf()
	fleet := w.fleet.Summary()
	deadlocks := w.count("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
	w.fleet.Stop()
	for _, n := range nodes {
		n.stop()
	}
	w.check(fleet)
	if deadlocks != 0 {
		t.Errorf("%d deadlocks", deadlocks)
	}
}

// usePostgres puts the world on a PostgreSQL server.
func (w *world) usePostgres(server *testkit.PostgresServer) {
	w.t.Helper()
	w.driver, w.dsn = "pgx", server.DSN()
	w.environ = append(w.environ, "VENDLANE_STORE_DSN="+server.DSN(), masterKey)
	applyShop(w.t, w.shop(), "VENDLANE_DATA="+filepath.Join(w.t.TempDir(), "data"), "VENDLANE_STORE_DSN="+server.DSN(), masterKey)
}

// awaitReady waits until all nodes answer /readyz after an outage.
func (w *world) awaitReady(nodes ...*worldNode) {
	w.t.Helper()
	w.await(10*time.Second, func() string {
		for i, n := range nodes {
			if !n.ready() {
				return fmt.Sprintf("node %d is not ready", i)
			}
		}
		return ""
	})
}

func (w *world) awaitConnected() {
	w.t.Helper()
	w.await(time.Minute, func() string {
		if w.fleet.Summary().Connected == w.size.machines {
			return ""
		}
		return "machines are not connected"
	})
}

// checkLeasesOfTheDead kills a node while it sends callbacks, which others send
// long before its leases are over.
func (w *world) checkLeasesOfTheDead(nodes []*worldNode) {
	w.t.Helper()
	w.awaitConnected()
	release := w.sink.hold()
	defer release()
	done := w.driveOnce(w.size.codes)
	var sending *worldNode
	w.await(time.Minute, func() string {
		for _, n := range nodes {
			if metric(w.t, n.url(), "callback_in_flight") == 8 { // as many as one endpoint gets
				sending = n
				return ""
			}
		}
		return "no node is busy with callbacks"
	})
	sending.kill()
	died := time.Now()
	leased := fmt.Sprintf("SELECT COUNT(*) FROM callbacks WHERE state = 'PENDING' AND lease_until > 0 AND id <= %d",
		w.count("SELECT MAX(id) FROM callbacks"))
	before := w.count(leased)
	release()
	w.await(clusterFree, func() string {
		if n := w.count(leased); n != 0 {
			return fmt.Sprintf("%d of %d callbacks are still leased", n, before)
		}
		return ""
	})
	w.t.Logf("%d callbacks were leased when a node died, none %.1f s later", before, time.Since(died).Seconds())
	<-done
	sending.boot()
}

// checkTakeOver has all machines lose their connection without their nodes
// noticing, and connect to another one: the old one must let them go.
func (w *world) checkTakeOver(machines *wire, nodes []*worldNode) {
	w.t.Helper()
	w.awaitConnected()
	before := w.fleet.Summary().Reconnects
	machines.sever()
	w.await(time.Minute, func() string {
		if fleet := w.fleet.Summary(); fleet.Reconnects-before >= int64(w.size.machines) && fleet.Connected == w.size.machines {
			return ""
		}
		return "machines have not come back"
	})
	w.await(clusterKick, func() string {
		held := 0
		for _, n := range nodes {
			held += n.machines()
		}
		if held == w.size.machines {
			return ""
		}
		return fmt.Sprintf("the nodes hold %d connections of %d machines", held, w.size.machines)
	})
}

// checkNobodyIsDeaf lets every machine dispense once more, without faults. Each
// must have been told within worldWindow, or it does not start any more.
func (w *world) checkNobodyIsDeaf() {
	w.t.Helper()
	w.awaitConnected()
	before := w.count("SELECT COALESCE(MAX(delivered_at), 0) FROM deliveries")
	<-w.driveOnce(w.size.codes + 1)
	w.awaitQuiet()
	query := "SELECT machines.machine_no, deliveries.state, deliveries.fail_reason FROM deliveries JOIN machines" +
		" ON machines.id = deliveries.machine_id WHERE deliveries.delivered_at > " + strconv.FormatInt(before, 10)
	w.rows(query, func(r *sql.Rows) error {
		var no, state, why string
		err := r.Scan(&no, &state, &why)
		if err == nil && state != "SUCCESS" {
			w.t.Errorf("machine %s is connected and deaf: its delivery is %s: %s", no, state, why)
		}
		return err
	})
}
