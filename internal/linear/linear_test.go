// Package linear asks whether the store and the use cases on it behave as one
// machine that answers one caller at a time: concurrent clients redeem, cancel,
// expire and look, and porcupine searches an order of their calls that explains
// all answers.
package linear

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"github.com/vendlane/vendlane/internal/testkit"
)

var (
	runFor = flag.Duration("linear.for", 0, "how long each setting is tried; 0 is three rounds")
	seed   = flag.Uint64("linear.seed", 0, "seed of the clients' choices; 0 draws one")
)

// rounds are those of a short run of one setting: one without faults, one in
// which clients hang up, one in which a node is restarted besides.
const rounds = 3

func TestLinearizable(t *testing.T) {
	for name, s := range map[string]setting{
		"default engine":            {database: testkit.NewDatabase, nodes: 1},
		"default engine, over HTTP": {database: testkit.NewDatabase, nodes: 1, overHTTP: true},
		"PostgreSQL":                {database: testkit.NewPostgres, nodes: 1},
		"PostgreSQL, two nodes":     {database: testkit.NewPostgres, nodes: 2},
		"PostgreSQL, two nodes, over HTTP": {
			database: testkit.NewPostgres, nodes: 2, overHTTP: true,
		},
	} {
		t.Run(name, func(t *testing.T) { try(t, startNodes(t, s)) })
	}
}

// try records and checks histories.
func try(t *testing.T, n *nodes) {
	t.Helper()
	seed := drawSeed()
	t.Logf("-linear.seed %d", seed)
	until := time.Now().Add(*runFor)
	calls, failed := 0, map[verdict]int{}
	for number := 0; number < rounds || time.Now().Before(until); number++ {
		f := faults{hangUp: number%3 > 0, restart: number%3 > 1}
		r := newRound(n, number, seed, f)
		r.run(t)
		calls += len(r.ops)
		for _, op := range r.ops {
			v := op.Output.(answer).verdict
			failed[v]++
			if v == unknown && f == (faults{}) {
				t.Fatalf("a call failed in an undisturbed round: %s", describe(op.Input.(call), op.Output.(answer)))
			}
		}
		if result, m, info := r.check(r.starts[:]); result != porcupine.Ok {
			keep(t, m, info)
			t.Fatalf("round %d: the history is %s", number, result)
		}
	}
	t.Logf("%d calls, %d of them failed and %d ended unknown", calls, failed[nothing], failed[unknown])
}

// drawSeed is the seed of the flag, or a new one.
func drawSeed() uint64 {
	if *seed != 0 {
		return *seed
	}
	return rand.Uint64()
}
