package require

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// NginxStream returns the path of an nginx that passes TCP on, which is a module
// of its own. Without one the test is skipped, as by Binary.
func NginxStream(t testing.TB) string {
	t.Helper()
	path := Binary(t, "nginx")
	dir := t.TempDir()
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte("include /etc/nginx/modules-enabled/*.conf;\nevents {}\nstream {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(path, "-t", "-e", "stderr", "-g", "pid "+filepath.Join(dir, "pid")+";", "-c", file).CombinedOutput()
	if err == nil {
		return path
	}
	if !strings.Contains(string(out), `"stream"`) {
		t.Fatalf("nginx: %v\n%s", err, out)
	}
	Missing(t, "nginx's stream module: "+string(out))
	return ""
}
