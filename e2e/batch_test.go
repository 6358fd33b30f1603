package e2e

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/testkit"
)

// A server that is killed again and again while it makes a batch of codes makes
// exactly as many as were asked for.
func TestBatchSurvivesKills(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("starts a server several times")
	}
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, size{machines: 2})
		killInBatch(w, w.sqliteNode())
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t, size{machines: 2})
		w.usePostgres(testkit.NewPostgresServer(t))
		killInBatch(w, w.newNode("VENDLANE_DATA="+filepath.Join(t.TempDir(), "data")))
	})
}

func killInBatch(w *world, n *worldNode) {
	t := w.t
	var err error
	if n.program, err = crashBinary(); err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open(w.driver, w.dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	exec := func(query string) {
		t.Helper()
		if _, err := raw.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	const wanted = 1000
	exec(`INSERT INTO code_batches (merchant_id, created_by, created_at, code_length, quantity, expires_at, state, lease_until, finished_at)
		SELECT id, 0, 0, 8, 1, 0, 'RUNNING', 0, 0 FROM merchants`)
	for machine := range 2 {
		exec(fmt.Sprintf(`INSERT INTO code_batch_lines (batch_id, machine_id, product_id, wanted, made, failure)
			SELECT 1, machine_id, id, %d, 0, '' FROM products WHERE id = %d`, wanted/2, worldProduct(machine, 0)))
	}
	for _, place := range []string{"batch_piece:3", "before_commit:12", "after_commit:12", "batch_piece:1"} {
		n.launch("CRASHPOINT=" + place) // the batch goes on before the node says that it is ready
		if code := n.server.wait(); code != -1 {
			t.Fatalf("at %s the server ended with exit code %d", place, code)
		}
		if made, counted := w.count("SELECT COUNT(*) FROM pickup_codes"), w.count("SELECT SUM(made) FROM code_batch_lines"); made != counted {
			t.Errorf("killed at %s: %d codes, %d counted", place, made, counted)
		}
		exec("UPDATE code_batches SET lease_until = 0") // or the next one waits for it
	}
	n.boot()
	limit := time.After(time.Minute)
	look := time.NewTicker(100 * time.Millisecond)
	defer look.Stop()
	for w.count("SELECT COUNT(*) FROM code_batches WHERE state = 'DONE'") == 0 {
		select {
		case <-look.C:
		case <-limit:
			t.Fatalf("not complete in time: %d codes", w.count("SELECT COUNT(*) FROM pickup_codes"))
		}
	}
	n.stop()
	for what, query := range map[string]string{
		"codes":             "SELECT COUNT(*) FROM pickup_codes WHERE batch_id = 1",
		"different codes":   "SELECT COUNT(*) FROM (SELECT DISTINCT machine_id, code FROM pickup_codes) AS d",
		"messages of codes": "SELECT COUNT(*) FROM commands WHERE method = 'client.pickup_codes.create'",
	} {
		if got := w.count(query); got != wanted {
			t.Errorf("%d %s, want %d", got, what, wanted)
		}
	}
}
