package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit"
)

// PostgreSQL goes away under load and comes back, in three ways: the node says
// that it is not ready, comes back by itself, loses nothing it acknowledged,
// and tells of each outage in some lines.
func TestDatabaseOutage(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	t.Parallel()
	server := testkit.NewPostgresServer(t)
	w := newWorld(t, size{machines: 40, codes: 6, given: true})
	w.environ = append(w.environ, clusterTimeout)
	w.usePostgres(server)
	n := w.newNode("VENDLANE_DATA=" + filepath.Join(t.TempDir(), "data"))
	w.api, w.mqtt = n.url, n.mqtt
	n.boot()
	w.startFleet("duplicate_report=0.1,duplicate_command=0.2,slow=0.05@1s", 3)

	done := w.driveAll()
	for i, end := range []func(){server.StopFast, server.StopImmediately, server.Kill} {
		w.awaitAccepted(w.total()*(i+1)/4, done)
		end()
		w.await(patience, func() string {
			if n.ready() {
				return "the node is ready without a database"
			}
			return ""
		})
		server.Start()
		w.awaitReady(n)
	}
	<-done
	w.awaitQuiet()
	w.checkNobodyIsDeaf()
	fleet := w.fleet.Summary()
	w.fleet.Stop()
	n.stop()
	w.check(fleet)

	log := n.server.log()
	for _, text := range []string{"not ready: the database", "ready again"} {
		if got := strings.Count(log, text); got != 3 {
			t.Errorf("%q is %d times in the log, want once for each outage", text, got)
		}
	}
	t.Logf("%d warnings, %d errors", strings.Count(log, `"level":"WARN"`), strings.Count(log, `"level":"ERROR"`))
}
