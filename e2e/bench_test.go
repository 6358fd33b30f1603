package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/pgserver"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

// `vendlane bench redeem` ends well, its last line is the ratio, and the figures
// are in the file.
func TestBenchRedeem(t *testing.T) {
	t.Parallel()
	require.Binary(t, filepath.Join(pgserver.Folder(), "pgbench"))
	file := filepath.Join(t.TempDir(), "figures.json")
	p := start(t, nil, "bench", "redeem", "--quick", "--rounds", "1", "--many", "0", "--only", "pgbench,store,start", "--json", file)
	said := readAll(t, p)
	if code := p.wait(); code != 0 {
		t.Fatalf("exit code %d: %s", code, p.log())
	}
	if !regexp.MustCompile(`\nratio to pgbench: \d+\.\d\d\n$`).MatchString(said) {
		t.Errorf("no ratio at the end of\n%s", said)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report bench.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	groups := map[string]bool{}
	for _, f := range report.Figures {
		if len(f.Vendlane) > 0 {
			groups[f.Group] = true
		}
	}
	if !groups["redemptions"] || !groups["start"] {
		t.Errorf("figures of %v", groups)
	}
}
