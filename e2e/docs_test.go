package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit/require"
)

// TestDocsInTheBrowser looks at every page of the documentation in both
// languages, as the binary serves it. Pictures stay in VENDLANE_E2E_PICTURES, if set.
func TestDocsInTheBrowser(t *testing.T) {
	t.Parallel()
	node, chromium := require.Binary(t, "node"), require.Binary(t, "chromium")
	if _, err := os.Stat("console/node_modules"); err != nil {
		require.Missing(t, "the packages of e2e/console: npm ci in that folder")
	}
	_, r := startDemo(t, filepath.Join(t.TempDir(), "demo"), "--no-story", "--no-simulator")
	pictures := filepath.Join(t.TempDir(), "docs")
	if kept := os.Getenv("VENDLANE_E2E_PICTURES"); kept != "" {
		pictures = filepath.Join(kept, "docs")
	}
	visit := exec.CommandContext(t.Context(), node, "console/docs.mjs", r.URL, pictures)
	visit.Env = append(os.Environ(), "CHROMIUM="+chromium)
	if out, err := visit.CombinedOutput(); err != nil {
		t.Fatalf("docs: %v\n%s", err, out)
	}
}
