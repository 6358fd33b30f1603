package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit/require"
)

// serveTraced starts the platform under strace, which may write down its system
// calls and make them fail. server is strace, which ends with the platform.
func (p *place) serveTraced(options ...string) (server *process, url string, kill func()) {
	p.t.Helper()
	strace := require.Binary(p.t, "strace")
	args := slices.Concat([]string{"-f", "-qq"}, options, []string{binary, "serve"})
	server = startProgram(p.t, strace, p.serveEnviron(), args...)
	url = "http://" + awaitReady(p.t, server)["http"].(string)
	p.t.Cleanup(func() {
		if child, err := traced(server); err == nil && !server.waited { // the tracer's end would not be the platform's
			_ = syscall.Kill(child, syscall.SIGKILL)
		}
	})
	return server, url, func() {
		p.t.Helper()
		child, err := traced(server)
		if err == nil {
			err = syscall.Kill(child, syscall.SIGKILL)
		}
		if err != nil {
			p.t.Fatal(err)
		}
		server.wait()
	}
}

// traced is the process id of the platform under strace. It fails once the platform has
// ended, which with what strace may do to it can be as soon as it is ready.
func traced(strace *process) (int, error) {
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", strace.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(children), " ")
	return strconv.Atoi(first)
}

// The server dies in the middle of a checkpoint: before one of the writes to
// the database file, which nothing else writes to.
func TestKilledInCheckpoint(t *testing.T) {
	t.Parallel()
	p := newSQLitePlace(t, filepath.Join(t.TempDir(), "data"))
	k := newTill(t, p)
	server, url := p.serve()
	k.stock(url)
	server.stop()
	for range 3 {
		write := 1 + rand.IntN(20)
		// Not with --seccomp-bpf, which loses the signal.
		server, url, _ := p.serveTraced("-o", os.DevNull, "-P", p.file(), "-e", "trace=pwrite64", "-e",
			fmt.Sprintf("inject=pwrite64:signal=KILL:when=%d", write))
		k.look()
		k.work(t.Context(), url, true, func(int) {})
		if server.wait(); server.cmd.ProcessState.Success() {
			t.Fatal("the server ended by itself")
		}
		t.Logf("killed at write %d of a checkpoint", write)
	}
	_, url = p.serve()
	k.finish(url)
}

// The disk refuses to sync, now and then: the commit is refused or gets no
// answer, and is there afterwards only in the second case.
func TestSyncFails(t *testing.T) {
	t.Parallel()
	p := newSQLitePlace(t, filepath.Join(t.TempDir(), "data"))
	k := newTill(t, p)
	for _, when := range []string{"12+5", "12+2", "12+1"} {
		_, url, kill := p.serveTraced("--seccomp-bpf", "-o", os.DevNull, "-P", p.file()+"-wal", "-e", "trace=fsync,fdatasync",
			"-e", "inject=fsync,fdatasync:error=EIO:when="+when)
		k.look()
		k.stock(url)
		k.work(t.Context(), url, true, func(int) {})
		kill() // what was answered last is the end of the log
	}
	if k.refused == 0 && k.unanswered == 0 {
		t.Error("no sync failed")
	}
	_, url := p.serve()
	k.finish(url)
}

// file is the database file of a SQLite place.
func (p *place) file() string {
	file, _, _ := strings.Cut(strings.TrimPrefix(p.dsn, "file:"), "?")
	return file
}
