package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit/require"
)

// browser runs the scripts of e2e/console.
type browser struct{ node, chromium string }

// needBrowser skips a test where there is none.
func needBrowser(t *testing.T) browser {
	t.Helper()
	// The shell paints the same pages with two thirds of the work.
	chromium, err := exec.LookPath("chromium-headless-shell")
	if err != nil {
		chromium = require.Binary(t, "chromium")
	}
	b := browser{require.Binary(t, "node"), chromium}
	if _, err := os.Stat("console/node_modules"); err != nil {
		require.Missing(t, "the packages of e2e/console: npm ci in that folder")
	}
	return b
}

// run has a script read what the shop is like from a file. The pictures it takes
// stay in a folder of VENDLANE_TEST_PICTURES, if that is set.
func (b browser) run(t *testing.T, script string, shop map[string]any) {
	t.Helper()
	text, err := json.Marshal(shop)
	if err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	file := filepath.Join(data, "shop.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	pictures := os.Getenv("VENDLANE_TEST_PICTURES")
	if pictures == "" {
		pictures = data
	}
	b.script(t, script, file, filepath.Join(pictures, script))
}

// script runs one to its end and returns what it says.
func (b browser) script(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), b.node, append([]string{"console/" + name + ".mjs"}, args...)...)
	cmd.Env = append(os.Environ(), "CHROMIUM="+b.chromium)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}
