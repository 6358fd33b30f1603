package e2e

import (
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// powerCuts is how many moments are looked at, each with every fate, unless
// -crash.cycles says otherwise.
const powerCuts = 15

// kill -9 leaves what the kernel has in its cache; a power cut does not. Here
// the system calls of the server under load are written down, and the database
// is put together as a disk could hold it after the power failed at one moment
// or another: with what was synced by then, and of the rest some sectors, in any
// order. It must open whole, with every order in it whose acknowledgement the
// server had begun to send.
//
// What it does not show: that the kernel and the disk keep what they have
// synced, and that a new file is found in its folder (the database file is there
// before, and SQLite syncs the folder of its log by itself).
func TestPowerCut(t *testing.T) {
	t.Parallel()
	trace, before := traceRedemptions(t)
	cuts := powerCuts
	if *crashCycles > 0 {
		cuts = *crashCycles
	}
	missing, broken := cutPower(t, trace, before, cuts)
	if missing != 0 || broken != "" {
		t.Errorf("%d acknowledged orders are lost; %s", missing, broken)
	}
}

// The same with syncs that do nothing, as with synchronous=OFF or a disk that
// lies: the test must notice.
func TestPowerCutNoticesMissingSyncs(t *testing.T) {
	t.Parallel()
	trace, before := traceRedemptions(t, "-e", "inject=fsync,fdatasync:retval=0")
	missing, broken := cutPower(t, trace, before, 3)
	if missing == 0 && broken == "" {
		t.Error("nothing is lost without syncs")
	}
	t.Logf("without syncs %d acknowledged orders are lost; %s", missing, broken)
}

// traceRedemptions redeems codes and returns what the server did to its
// database, and the database file as it was before.
func traceRedemptions(t *testing.T, options ...string) (trace *diskTrace, before []byte) {
	t.Helper()
	if raceDetector {
		t.Skip("the server has no detector in it")
	}
	p := newSQLitePlace(t, filepath.Join(t.TempDir(), "data"))
	k := newTill(t, p)
	server, url := p.serve()
	k.stock(url)
	server.stop()
	before, err := os.ReadFile(p.file())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(p.file() + "-wal"); err == nil {
		t.Fatal("a server that has ended has left its log")
	}
	file := filepath.Join(t.TempDir(), "trace")
	_, url, kill := p.serveTraced(append([]string{"--seccomp-bpf", "-o", file, "-y", "-xx", "-s", "1000000",
		"-e", "trace=write,pwrite64,fsync,fdatasync,ftruncate"}, options...)...)
	k.workUntil(url, 300)
	kill()
	if trace, err = readTrace(file); err != nil {
		t.Fatal(err)
	}
	if n := len(trace.acked(trace.lines + 1)); n < 300 {
		t.Fatalf("%d acknowledgements in the trace", n)
	}
	return trace, before
}

// cutPower lets the power fail and returns how many acknowledged orders were
// missing, of all moments together, and what else was wrong.
func cutPower(t *testing.T, trace *diskTrace, before []byte, cuts int) (missing int, broken string) {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 0))
	for range cuts {
		line := 1 + dice.IntN(trace.lines)
		for _, f := range fates(dice) {
			file := filepath.Join(t.TempDir(), "vendlane.db")
			for name, was := range map[string][]byte{"vendlane.db": before, "vendlane.db-wal": nil} {
				image := trace.after(line, name, was, f.keep)
				if err := os.WriteFile(filepath.Join(filepath.Dir(file), name), image, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			lost, wrong := lookAfterCut(t, file, trace.acked(line))
			missing += lost
			if wrong != "" {
				broken = f.name + ": " + wrong
			}
		}
	}
	t.Logf("%d times power lost, %d ways each", cuts, len(fates(dice)))
	return missing, broken
}

// lookAfterCut opens a database as the next start would, and returns how many
// of the orders are missing and what else is wrong with it.
func lookAfterCut(t *testing.T, file string, acked []int64) (missing int, broken string) {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	var orders, uneven int
	err = pool.QueryRowContext(t.Context(), `SELECT (SELECT group_concat(integrity_check) FROM pragma_integrity_check), (SELECT COUNT(*) FROM orders),
		ABS((SELECT COUNT(*) FROM orders) - (SELECT COUNT(*) FROM pickup_codes WHERE state = 'USED')) +
		ABS((SELECT COUNT(*) FROM orders) - (SELECT COALESCE(SUM(quantity), 0) FROM records)) +
		ABS((SELECT SUM(inventory - current_inventory) FROM products) - (SELECT COUNT(*) FROM orders))`).Scan(&broken, &orders, &uneven)
	switch {
	case err != nil:
		return len(acked), err.Error()
	case broken != "ok":
		broken = "integrity: " + strings.Split(broken, "\n")[0]
	case uneven != 0:
		broken = "orders, codes, records and stock do not add up"
	default:
		broken = ""
	}
	for _, id := range acked {
		var found bool
		if err := pool.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT 1 FROM orders WHERE id = $1)", id).Scan(&found); err != nil {
			return len(acked), err.Error()
		}
		if !found {
			missing++
		}
	}
	return missing, broken
}
