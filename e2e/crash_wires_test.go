package e2e

import (
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/testkit"
)

// badFor is how long a wire is bad at a time.
const badFor = 3 * time.Second

// idleWorkers is how many goroutines the gateway keeps for work to come. There
// are more failed requests and connections than that, so that a goroutine left
// by each would be seen.
const idleWorkers = 128

// The wires between a node and its database, its machines and the merchant are
// slow, break, fall silent and take no connections; and still nothing is lost or
// doubled, the node stays, everything goes on by itself, and nothing is left.
func TestBadWires(t *testing.T) {
	if testing.Short() || raceDetector { // the server has no detector in it
		t.Skip("takes a minute")
	}
	t.Parallel()
	server := testkit.NewPostgresServer(t)
	w := newWorld(t, size{machines: 40, codes: 12, given: true})
	w.usePostgres(server)
	database := newWire(t, server.Dial)
	n := w.newNode("VENDLANE_DATA="+filepath.Join(t.TempDir(), "data"), "VENDLANE_CALLBACK_RETRY_S=1,1,1,2,2,3,5,5",
		fmt.Sprintf("VENDLANE_STORE_DSN=host=127.0.0.1 port=%d user=postgres dbname=vendlane sslmode=disable", database.addr().Port))
	n.boot()
	machines := newWire(t, func() (net.Conn, error) { return net.Dial("tcp", n.mqtt()) })
	sink := w.sink.server.Listener.Addr().String()
	merchant := newWire(t, func() (net.Conn, error) { return net.Dial("tcp", sink) })
	w.sink.server.URL = "http://" + merchant.addr().String()
	w.api, w.mqtt = n.url, func() string { return machines.addr().String() }
	before := metric(t, n.url(), "go_goroutines")
	w.startFleet("duplicate_report=0.1,duplicate_command=0.1", 11)

	wires := []*wire{database, machines, merchant}
	badness := []func(*wire){
		func(wr *wire) { wr.slow(50 * time.Millisecond) },
		(*wire).cut,
		(*wire).freeze,
		func(wr *wire) { wr.refuse(); wr.cut() },
	}
	done := w.driveAll()
	steps := len(badness) * len(wires)
	for step := range steps {
		w.awaitAccepted(w.total()*step/(steps+1), done)
		wr := wires[step%len(wires)]
		badness[step/len(wires)](wr)
		<-time.After(badFor)
		wr.mend()
		wr.cut()
	}
	<-done
	w.awaitQuiet()
	fleet := w.fleet.Summary()
	w.fleet.Stop()
	w.await(time.Minute, func() string {
		http.DefaultClient.CloseIdleConnections()
		if now := metric(t, n.url(), "go_goroutines"); now > before+idleWorkers+20 {
			return fmt.Sprintf("%d goroutines, %d before", now, before)
		}
		return ""
	})
	n.stop()
	w.check(fleet)
}
