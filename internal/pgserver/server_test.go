package pgserver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit/require"
)

// A server that does not start says why, and leaves nothing behind.
func TestStartFails(t *testing.T) {
	require.Binary(t, filepath.Join(Folder(), "postgres"))
	// Not t.TempDir: the server may run as another user, who must get there.
	folder, err := os.MkdirTemp("", "vendlane-pg-test-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	if err := os.Chmod(folder, 0o711); err != nil {
		t.Fatal(err)
	}
	_, err = run(t.Context(), folder, "--no-such-option", "")
	if err == nil || !strings.Contains(err.Error(), "no-such-option") {
		t.Errorf("error %v", err)
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Errorf("%v, %v are left", left, err)
	}
}
