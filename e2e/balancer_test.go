package e2e

import (
	"crypto/x509"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/testkit/program"
)

// proxy is a program that can stand in front of two nodes, with the file that
// is deployed.
type proxy struct {
	file string // in deploy
	// args start it in the foreground; dir may be written to.
	args func(file, dir string) []string
	// replace lists texts of the file and what stands for them here.
	replace func(listen []net.Addr, nodes []node, cert, key string) []string
	environ string // how the program is told of open ports
}

var haproxy = proxy{
	file: "compose/haproxy.cfg",
	args: func(file, _ string) []string { return []string{"-db", "-f", file} },
	replace: func(_ []net.Addr, nodes []node, cert, _ string) []string {
		list := []string{
			"maxconn 100000", "maxconn 100", // within the descriptors of a test
			"bind :443 ", "bind fd@3 ", "bind :8883 ", "bind fd@4 ", "bind :1883 ", "bind fd@5 ",
			"/run/secrets/tls.pem", cert,
		}
		for i, name := range []string{"node1", "node2"} {
			_, checked, _ := net.SplitHostPort(nodes[i].http)
			list = append(list, name+":8080", nodes[i].http, name+":1883 port 8080", nodes[i].mqtt+" port "+checked)
		}
		return list
	},
}

var nginx = proxy{
	file: "nginx/nginx.conf", environ: "NGINX=3;4;5;",
	args: func(file, dir string) []string {
		return []string{"-e", "stderr", "-g", "daemon off; pid " + filepath.Join(dir, "pid") + ";", "-c", file}
	},
	replace: func(listen []net.Addr, nodes []node, cert, key string) []string {
		return []string{
			"worker_processes auto", "worker_processes 1", "worker_rlimit_nofile 262144;", "", "worker_connections 131072", "worker_connections 100",
			"listen 443 ", "listen " + listen[0].String() + " ", "listen 8883 ", "listen " + listen[1].String() + " ",
			"listen 1883;", "listen " + listen[2].String() + ";", "http {", "http { access_log off;",
			"/etc/nginx/tls/fullchain.pem", cert, "/etc/nginx/tls/privkey.pem", key,
			"10.0.0.11:8080", nodes[0].http, "10.0.0.12:8080", nodes[1].http,
			"10.0.0.11:1883", nodes[0].mqtt, "10.0.0.12:1883", nodes[1].mqtt,
		}
	},
}

// balancer is a running proxy.
type balancer struct {
	https, mqtts string // host:port
	authorities  *x509.CertPool
}

// start runs the proxy in front of nodes. It gets its ports opened, as files 3,
// 4 and 5, so that they are free ones.
func (p proxy) start(t *testing.T, binary string, nodes []node) balancer {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command(binary)
	var listen []net.Addr
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		f, err := l.(*net.TCPListener).File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
		listen = append(listen, l.Addr())
	}
	cert, key := testkit.Certificate(t, dir)
	cmd.Args = append(cmd.Args, p.args(p.configure(t, dir, p.replace(listen, nodes, cert, key)), dir)...)
	cmd.Env = append(os.Environ(), p.environ)
	log := program.NewOutput()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt) // at once, with their children
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s:\n%s", binary, log)
		}
	})
	pem, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return balancer{listen[0].String(), listen[1].String(), pool}
}

// configure writes the deployed file with its places replaced.
func (p proxy) configure(t *testing.T, dir string, pairs []string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../deploy", p.file))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(string(text), pairs[i]) {
			t.Fatalf("%s has no %q", p.file, pairs[i])
		}
	}
	file := filepath.Join(dir, filepath.Base(p.file))
	if err := os.WriteFile(file, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
