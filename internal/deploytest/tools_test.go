package deploytest

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

// run runs a tool and returns what it said.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(require.Binary(t, name), args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return string(out)
}

func TestHAProxyTakesItsFile(t *testing.T) {
	dir := t.TempDir()
	cert, _ := testkit.Certificate(t, dir)
	// Names that only mean something between the containers.
	text := replace(t, read(t, deployed("compose", "haproxy.cfg")),
		"/run/secrets/tls.pem", cert, " node1:", " 127.0.0.1:", " node2:", " 127.0.0.1:")
	out := run(t, "haproxy", "-c", "-f", write(t, filepath.Join(dir, "haproxy.cfg"), text))
	if strings.Contains(out, "[WARNING]") {
		t.Error(out)
	}
}

func TestNginxTakesItsFile(t *testing.T) {
	nginx := require.NginxStream(t)
	dir := t.TempDir()
	cert, key := testkit.Certificate(t, dir)
	text := replace(t, read(t, deployed("nginx", "nginx.conf")),
		"/etc/nginx/tls/fullchain.pem", cert, "/etc/nginx/tls/privkey.pem", key, "user www-data;", "")
	file := write(t, filepath.Join(dir, "nginx.conf"), text)
	out, err := exec.Command(nginx, "-t", "-e", "stderr", "-g", "pid "+filepath.Join(dir, "pid")+";", "-c", file).CombinedOutput()
	if err != nil || strings.Contains(string(out), "[warn]") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestSystemdTakesTheUnit(t *testing.T) {
	// The program and its user are not installed here.
	unit := replace(t, read(t, deployed("systemd", "vendlane.service")), "/usr/local/bin/vendlane", "/bin/true")
	file := write(t, filepath.Join(t.TempDir(), "vendlane.service"), unit)
	if out := run(t, "systemd-analyze", "verify", "--man=no", file); strings.Contains(out, "vendlane.service") {
		t.Error(out)
	}
	out := run(t, "systemd-analyze", "security", "--offline=true", "--threshold=20", file)
	t.Log(regexp.MustCompile(`(?m)^.*Overall exposure level.*$`).FindString(out))
}
