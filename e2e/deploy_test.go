package e2e

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
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
	environ = append(environ, "VENDLANE_STORE_DSN="+testkit.NewPostgres(t).DSN(), masterKey,
		"VENDLANE_DATA="+t.TempDir(), "VENDLANE_HTTP_LISTEN=127.0.0.1:0", "VENDLANE_MQTT_LISTEN=127.0.0.1:0")
	applyShop(t, deployShop, environ...)
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
	return metric(t, "http://"+n.http, "mqtt_machines")
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

// redemptions tells how many a node was asked for, which must be one at least.
func (n node) redemptions(t *testing.T) int {
	t.Helper()
	return metric(t, "http://"+n.http, `openapi_answer_seconds_count{route="/consumes"}`)
}

// The balancers as they are deployed, in front of two nodes: merchants keep their
// addresses, redemptions go to one node while it is there, and a node that stops costs
// nobody more than a new connection.
func TestBalancedNodes(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("clients at several loopback addresses")
	}
	t.Parallel()
	t.Run("haproxy", func(t *testing.T) { testBalancedNodes(t, haproxy, require.Binary(t, "haproxy")) })
	t.Run("nginx", func(t *testing.T) { testBalancedNodes(t, nginx, require.NginxStream(t)) })
}

func testBalancedNodes(t *testing.T, p proxy, binary string) {
	nodes := startNodes(t, 2, "VENDLANE_HTTP_TRUSTED_PROXIES=127.0.0.1/32", "VENDLANE_RATELIMIT_AUTH_FAIL_MAX=3")
	b := p.start(t, binary, nodes)
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

	redeem := func() {
		t.Helper()
		a, err := good.call(t.Context(), "POST", "/consumes", map[string]any{
			"method": "event.consume.pickup_code", "machine_no": "70000009", "code": "12345678", "product_id": "1",
			"trade_id": "20240429000000000001", "notify_url": "https://merchant.example/notify",
		})
		if err != nil || a.Code != 30003 {
			t.Fatalf("consume at a machine that does not exist: %d, %v", a.Code, err)
		}
	}
	for range 6 {
		redeem()
	}
	if n := nodes[0].redemptions(t); n != 6 {
		t.Errorf("the first node was asked for %d redemptions of 6", n)
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
	asked := 4
	if staying.http == nodes[0].http {
		asked += 6
	}
	for range 4 {
		redeem()
	}
	if n := staying.redemptions(t); n != asked {
		t.Errorf("the other node was asked for %d redemptions, want %d", n, asked)
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
