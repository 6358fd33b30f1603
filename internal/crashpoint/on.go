//go:build crashpoints

// Package crashpoint names the places at which tests of the real binary kill
// it. Only a binary that is built with the tag `crashpoints` has them.
package crashpoint

import (
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// Env is the environment variable that says where the process is killed: the
// name of a place and how often it must be reached, as in `after_commit:20`.
const Env = "CRASHPOINT"

// State of the process, which is what dies here.
var (
	target = sync.OnceValues(func() (name string, count int64) {
		name, text, _ := strings.Cut(os.Getenv(Env), ":")
		count, _ = strconv.ParseInt(text, 10, 64)
		return name, count
	})
	hits atomic.Int64
)

// Hit tells that a named place is reached, and kills the process with SIGKILL if
// it is the one that Env names and its count is reached.
func Hit(name string) {
	wanted, count := target()
	if name != wanted || hits.Add(1) != count {
		return
	}
	if self, err := os.FindProcess(os.Getpid()); err == nil {
		_ = self.Kill()
	}
	select {} // nothing more may happen here
}
