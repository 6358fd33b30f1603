package e2e

import (
	"flag"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit"
)

var crashCycles = flag.Int("crash.cycles", 0, "how often a test of crashes lets the platform crash; 0 is what fits into a minute")

// killAfter is how many redemptions at most are acknowledged between two kills.
const killAfter = 40

// An acknowledged redemption survives kill -9; one without an answer happened
// once or not at all, and a repeat finds out which.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		killAgainAndAgain(t, newSQLitePlace(t, filepath.Join(t.TempDir(), "data")))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		server := testkit.NewPostgresServer(t)
		killAgainAndAgain(t, newPostgresPlace(t, server, server.DSN()))
	})
}

func killAgainAndAgain(t *testing.T, p *place) {
	cycles := *crashCycles
	switch {
	case cycles > 0:
	case testing.Short() || raceDetector:
		cycles = 5 // the server under test has no detector in it
	default:
		cycles = 100
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	k := newTill(t, p)
	for range cycles {
		server, url := p.serve()
		k.look()
		k.stock(url)
		k.killAmid(server, url, 1+dice.IntN(killAfter))
		if t.Failed() {
			return
		}
	}
	server, url := p.serve()
	k.finish(url)
	if code := server.stop(); code != 0 {
		t.Errorf("the server ended with exit code %d", code)
	}
}

// killAmid redeems, and kills the server when some more are acknowledged.
func (k *till) killAmid(server *process, url string, more int) {
	k.t.Helper()
	goal := len(k.orders) + more
	enough := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.work(k.t.Context(), url, true, func(n int) {
			if n == goal {
				close(enough)
			}
		})
	}()
	select {
	case <-enough:
	case <-ended:
		k.t.Errorf("the server failed by itself after %d redemptions", len(k.orders))
		return
	}
	server.kill()
	<-ended
}
