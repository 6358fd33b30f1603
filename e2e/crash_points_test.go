package e2e

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit"
)

// crashPoints are the places of internal/crashpoint, and how often each is
// passed at most before the process is killed there. What opens the server, and
// its machines, makes some commits as well.
var crashPoints = []struct {
	name        string
	least, most int
}{
	{"before_commit", 100, 300},
	{"after_commit", 100, 300},
	{"command_sent", 1, 20},
	{"command_acknowledged", 1, 20},
	{"report_committed", 1, 20},
	{"callback_sent", 1, 20},
}

// crashRounds is how often the process is killed at each place.
const crashRounds = 3

// crashBinary is the platform with crash points in it, built once.
var crashBinary = sync.OnceValues(func() (string, error) {
	file := binary + "-crashpoints"
	out, err := exec.Command("go", "build", "-tags", "crashpoints", "-o", file, "../cmd/vendlane").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, nil
})

// The server dies at the places where it could lose or double something: no
// redemption, command, motor start or callback does.
func TestCrashPoints(t *testing.T) {
	if testing.Short() || raceDetector { // the server has no detector in it
		t.Skip("takes a minute")
	}
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, crashSize())
		crashAtPoints(w, w.sqliteNode())
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		server := testkit.NewPostgresServer(t)
		w := newWorld(t, crashSize())
		w.usePostgres(server)
		crashAtPoints(w, w.newNode("VENDLANE_DATA="+filepath.Join(t.TempDir(), "data")))
	})
}

func crashSize() size { return size{machines: 40, codes: 16, given: true} }

func crashAtPoints(w *world, n *worldNode) {
	t := w.t
	var err error
	if n.program, err = crashBinary(); err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	w.api, w.mqtt = n.url, n.mqtt
	var done <-chan struct{}
	for range crashRounds {
		for _, p := range crashPoints {
			count := p.least + dice.IntN(p.most-p.least+1)
			if n.bootToDie(fmt.Sprintf("CRASHPOINT=%s:%d", p.name, count)) && done == nil {
				w.startFleet("duplicate_report=0.1,duplicate_command=0.1", seed)
				done = w.driveAll()
			}
			if code := n.server.wait(); code != -1 {
				t.Fatalf("at %s the server ended with exit code %d", p.name, code)
			}
			t.Logf("killed at %s, passed for the %d. time; %d dispenses accepted", p.name, count, w.accepted.Load())
		}
	}
	if done == nil {
		t.Fatal("no node was ready before it was killed")
	}
	n.boot()
	<-done
	w.awaitQuiet()
	fleet := w.fleet.Summary()
	w.fleet.Stop()
	n.stop()
	w.check(fleet)
	// Machines repeat their reports, so that nothing that dropped stays unknown.
	if known := w.count("SELECT COUNT(*) FROM deliveries WHERE state = 'SUCCESS'"); known != fleet.Drops {
		t.Errorf("%d pieces dropped, the platform knows of %d", fleet.Drops, known)
	}
	if want := int64(w.total()); w.accepted.Load() != want {
		t.Errorf("%d dispenses accepted, want %d", w.accepted.Load(), want)
	}
}
