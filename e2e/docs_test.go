package e2e

import (
	"path/filepath"
	"testing"
)

// TestDocsInTheBrowser looks at the pages of the documentation, as the binary
// serves them: all in English, some in Chinese.
func TestDocsInTheBrowser(t *testing.T) {
	t.Parallel()
	browser := needBrowser(t)
	_, r := startDemo(t, filepath.Join(t.TempDir(), "demo"), "--no-story", "--no-simulator")
	browser.run(t, "docs", map[string]any{"url": r.URL})
}
