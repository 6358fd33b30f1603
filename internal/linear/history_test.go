package linear

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
)

// artefactsEnv names a folder in which a history that is not linearizable is
// kept, as a page to look at.
const artefactsEnv = "VENDLANE_TEST_ARTEFACTS"

// checkFor bounds the search for an order of one history.
const checkFor = time.Minute

// history is what the clients saw, timed by one counter.
type history struct {
	ticks atomic.Int64

	mu   sync.Mutex
	ops  []porcupine.Operation
	half chan struct{} // closed when the nth operation has ended
	n    int
}

func newHistory(n int) *history { return &history{half: make(chan struct{}), n: n} }

func (h *history) tick() int64 { return h.ticks.Add(1) }

// add notes a call.
func (h *history) add(client int, in call, out answer, began, ended int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: in, Call: began, Output: out, Return: ended})
	if len(h.ops) == h.n {
		close(h.half)
	}
}

// close ends the calls whose end is not known, as late as can be.
func (h *history) close(now int64) {
	end := h.tick()
	for i, op := range h.ops {
		if out := op.Output.(answer); out.verdict == unknown {
			out.now = now
			h.ops[i].Output, h.ops[i].Return = out, end
		}
	}
}

// check asks whether some order of the calls explains what the clients saw.
func (h *history) check(starts []shelf) (porcupine.CheckResult, porcupine.Model, porcupine.LinearizationInfo) {
	m := model(starts)
	result, info := porcupine.CheckOperationsVerbose(m, h.ops, checkFor)
	return result, m, info
}

// keep writes a history to the folder of the artefacts, if there is one.
func keep(t *testing.T, m porcupine.Model, info porcupine.LinearizationInfo) {
	t.Helper()
	dir := os.Getenv(artefactsEnv)
	if dir == "" {
		t.Logf("%s names no folder for the history", artefactsEnv)
		return
	}
	file := filepath.Join(dir, fmt.Sprintf("%s.html", strings.NewReplacer("/", "-", " ", "-").Replace(t.Name())))
	if err := porcupine.VisualizePath(m, info, file); err != nil {
		t.Errorf("keep the history: %v", err)
		return
	}
	t.Logf("the history is in %s", file)
}
