package e2e

import (
	"testing"

	"github.com/vendlane/vendlane/internal/testkit"
)

// PostgreSQL's postmaster is killed under load, again and again. The platform
// stays, and goes on by itself.
func TestPostmasterKilled(t *testing.T) {
	t.Parallel()
	kills := 4
	if *crashCycles > 0 {
		kills = *crashCycles
	}
	db := testkit.NewPostgresServer(t)
	p := newPostgresPlace(t, db, db.DSN())
	server, url := p.serve()
	k := newTill(t, p)
	for range kills {
		k.stock(url)
		k.workUntil(url, 100)
		k.workWhile(url, func() {
			db.Kill()
			awaitReadyz(t, url, false)
			db.Start()
			awaitReadyz(t, url, true)
		})
		k.look()
	}
	k.finish(url)
	if code := server.stop(); code != 0 {
		t.Errorf("the server ended with exit code %d", code)
	}
}
