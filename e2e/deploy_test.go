package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/simulator"
	"github.com/vendlane/vendlane/internal/testkit"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

// deployShop is a merchant whose credentials the test knows.
const deployShop = `
merchants:
  - slug: shop
    title: Shop
    appid: vmdeploy
    app_secret: deploy-secret
    app_key: deploy-key
    models: [{name: m, boards: [{addr: 1, floor_type: 1}]}]
    machines: [{machine_no: "70000002", name: Machine, model: m, password: deploy-password}]
`

// node is one of several.
type node struct {
	*process
	http, mqtt string // host:port
}

// startNodes runs equal nodes on one database that holds deployShop.
func startNodes(t *testing.T, count int, environ ...string) []node {
	t.Helper()
	dir := t.TempDir()
	environ = append(environ, "VENDLANE_STORE_DSN="+testkit.NewPostgres(t).DSN(), "VENDLANE_SECRETS_MASTER_KEY="+strings.Repeat("ab", 32),
		"VENDLANE_DATA="+dir, "VENDLANE_HTTP_LISTEN=127.0.0.1:0", "VENDLANE_MQTT_LISTEN=127.0.0.1:0")
	shop := filepath.Join(dir, "shop.yaml")
	if err := os.WriteFile(shop, []byte(deployShop), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := start(t, environ, "admin", "apply", "-f", shop).wait(); code != 0 {
		t.Fatalf("admin apply: exit code %d", code)
	}
	var nodes []node
	for range count {
		p := start(t, environ, "serve")
		entry := awaitReady(t, p)
		nodes = append(nodes, node{p, entry["http"].(string), entry["mqtt"].(string)})
	}
	return nodes
}

// holds tells how many machines a node holds.
func (n node) holds(t *testing.T) int {
	t.Helper()
	_, text := get(t, "http://"+n.http+"/metrics")
	found := regexp.MustCompile(`(?m)^mqtt_machines (\d+)$`).FindStringSubmatch(text)
	if found == nil {
		t.Fatal("mqtt_machines is not exposed")
	}
	machines, err := strconv.Atoi(found[1])
	if err != nil {
		t.Fatal(err)
	}
	return machines
}

// balancer is HAProxy with the file that is deployed.
type balancer struct {
	https, mqtts string // host:port
	authorities  *x509.CertPool
}

// startBalancer runs HAProxy in front of two nodes. It gets its ports opened, so
// that they are free ones.
func startBalancer(t *testing.T, nodes []node) balancer {
	t.Helper()
	haproxy := require.Binary(t, "haproxy")
	dir := t.TempDir()
	cert, _ := testkit.Certificate(t, dir)
	text, err := os.ReadFile("../deploy/compose/haproxy.cfg")
	if err != nil {
		t.Fatal(err)
	}
	_, checked1, _ := net.SplitHostPort(nodes[0].http)
	_, checked2, _ := net.SplitHostPort(nodes[1].http)
	pairs := []string{
		"maxconn 100000", "maxconn 100", // within the descriptors of a test
		"bind :443 ", "bind fd@3 ", "bind :8883 ", "bind fd@4 ", "bind :1883 ", "bind fd@5 ", "/run/secrets/tls.pem", cert,
		"node1:8080", nodes[0].http, "node2:8080", nodes[1].http,
		"node1:1883 port 8080", nodes[0].mqtt + " port " + checked1, "node2:1883 port 8080", nodes[1].mqtt + " port " + checked2,
	}
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(string(text), pairs[i]) {
			t.Fatalf("haproxy.cfg has no %q", pairs[i])
		}
	}
	file := filepath.Join(dir, "haproxy.cfg")
	if err := os.WriteFile(file, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(haproxy, "-db", "-f", file)
	log := &logBuffer{more: make(chan struct{}, 1)}
	cmd.Stdout, cmd.Stderr = log, log
	var addresses []string
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
		addresses = append(addresses, l.Addr().String())
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("haproxy:\n%s", log)
		}
	})
	pem, err := os.ReadFile(cert)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	return balancer{addresses[0], addresses[1], pool}
}

// merchant is a client of deployShop behind the balancer, at an address of its own.
func (b balancer) merchant(address string) ready {
	r := ready{URL: "https://" + b.https, client: &http.Client{Timeout: patience, Transport: &http.Transport{
		DialContext:     (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}).DialContext,
		TLSClientConfig: &tls.Config{RootCAs: b.authorities},
	}}}
	r.Merchant.AppID, r.Merchant.AppSecret, r.Merchant.AppKey = "vmdeploy", "deploy-secret", "deploy-key"
	return r
}

// liar claims another address with every request.
type liar struct{ http.RoundTripper }

func (l liar) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("198.51.100.%d", rand.IntN(256)))
	return l.RoundTripper.RoundTrip(r)
}

// The balancer as it is deployed, in front of two nodes: merchants keep their
// addresses, and a node that stops costs nobody more than a new connection.
func TestBalancedNodes(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("clients at several loopback addresses")
	}
	require.Binary(t, "haproxy")
	nodes := startNodes(t, 2, "VENDLANE_HTTP_TRUSTED_PROXIES=127.0.0.1/32", "VENDLANE_RATELIMIT_AUTH_FAIL_MAX=3")
	b := startBalancer(t, nodes)
	good, bad := b.merchant("127.0.0.3"), b.merchant("127.0.0.2")
	defer good.client.CloseIdleConnections()
	defer bad.client.CloseIdleConnections()
	ping := func() {
		t.Helper()
		if a, err := good.call(t.Context(), "POST", "/ping", map[string]any{}); err != nil || a.Code != 0 {
			t.Fatalf("ping: %d, %v", a.Code, err)
		}
	}
	ping()

	// Only who fails is blocked, whatever address they claim to have.
	bad.client.Transport = liar{bad.client.Transport}
	bad.Merchant.AppSecret = "wrong"
	blocked := false
	for range 20 {
		a, err := bad.call(t.Context(), "POST", "/ping", map[string]any{})
		if err != nil {
			t.Fatal(err)
		}
		if blocked = a.Status == http.StatusTooManyRequests; blocked {
			break
		}
	}
	if !blocked {
		t.Error("a client that fails again and again is not blocked")
	}
	for range 4 {
		ping()
	}

	acknowledged := make(chan struct{}, 16)
	machine, err := simulator.Start(t.Context(), simulator.Config{
		MachineNo: "70000002", Password: "deploy-password", AppKey: "deploy-key", Dir: t.TempDir(),
		BrokerURL: "tls://" + b.mqtts, TLS: &tls.Config{RootCAs: b.authorities},
		Observer: func(e simulator.Event) {
			if e.Kind == simulator.HeartbeatAcked {
				acknowledged <- struct{}{}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(machine.Kill)
	awaitHeartbeat := func() {
		t.Helper()
		select {
		case <-acknowledged:
		case <-time.After(patience):
			t.Fatal("the machine did not get through in time")
		}
	}
	awaitHeartbeat()
	leaving, staying := nodes[0], nodes[1]
	if leaving.holds(t) == 0 {
		leaving, staying = staying, leaving
	}
	if a, b := leaving.holds(t), staying.holds(t); a != 1 || b != 0 {
		t.Fatalf("%d and %d machines, want 1 and 0", a, b)
	}

	if code := leaving.stop(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for range 10 {
		ping()
	}
	awaitHeartbeat()
	if n := staying.holds(t); n != 1 {
		t.Errorf("the other node holds %d machines", n)
	}
	a, err := good.call(t.Context(), "POST", "/rent/machines/70000002", map[string]any{})
	var got struct {
		IsOnline bool `json:"is_online"`
	}
	if err != nil || json.Unmarshal(a.Data, &got) != nil || !got.IsOnline {
		t.Errorf("the machine is not online: %s, %v", a.Data, err)
	}
}
