package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit"
)

// postgresDisk is the size of PostgreSQL's disks, in bytes: an empty server, its
// log of 16 MB, and a little.
const postgresDisk = 160 << 20

// PostgreSQL's disk gets full under load, again and again: what is refused did
// not happen, what was acknowledged stays, the log says why, and everything goes
// on by itself when there is space.
func TestPostgresDiskGetsFull(t *testing.T) {
	t.Parallel()
	disk := testkit.NewDisk(t, postgresDisk)
	db := testkit.NewPostgresServerOn(t, disk)
	p := newPostgresPlace(t, db, db.DSN())
	server, url := p.serve()
	k := newTill(t, p)
	// A new file for PostgreSQL's log, which has room for all of the test: without
	// space for the next one the server itself ends.
	p.query("SELECT pg_switch_wal()")
	for range 2 {
		k.stock(url)
		k.workUntil(url, 100)
		disk.Fill(0)
		k.workUntilNothingGoes(url)
		if status, _ := get(t, url+"/healthz"); status != http.StatusOK {
			t.Errorf("healthz: %d", status) // a restart would not help
		}
		k.look()
		disk.Free()
	}
	k.workUntil(url, 100)
	k.finish(url)
	if code := server.stop(); code != 0 {
		t.Errorf("the server ended with exit code %d", code)
	}
	if !strings.Contains(server.log(), "No space left on device") {
		t.Error("the log does not say that PostgreSQL has no space")
	}
}

// The device under PostgreSQL fails, and the kernel makes its disk read-only.
// When it is repaired and PostgreSQL is started again, the platform goes on by
// itself, and what it acknowledged is there.
func TestPostgresDiskTurnsReadOnly(t *testing.T) {
	t.Parallel()
	disk := testkit.NewDisk(t, postgresDisk)
	db := testkit.NewPostgresServerOn(t, disk)
	p := newPostgresPlace(t, db, db.DSN())
	server, url := p.serve()
	k := newTill(t, p)
	k.stock(url)
	k.workUntil(url, 100)
	disk.Abort() // not under load: see Abort
	k.workUntilNothingGoes(url)
	awaitReadyz(t, url, false)
	db.Kill()
	p.pool.SetMaxIdleConns(0)
	disk.Repair()
	db.Start()
	awaitReadyz(t, url, true)
	k.workUntil(url, 100)
	k.finish(url)
	if code := server.stop(); code != 0 {
		t.Errorf("the server ended with exit code %d", code)
	}
}
