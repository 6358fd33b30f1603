package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// startServe runs the platform on free ports and returns its addresses.
func startServe(t *testing.T, data string, environ ...string) (*process, string) {
	t.Helper()
	p := start(t, append([]string{
		"VENDLANE_DATA=" + data, "VENDLANE_HTTP_LISTEN=127.0.0.1:0", "VENDLANE_MQTT_LISTEN=127.0.0.1:0",
	}, environ...), "serve")
	return p, "http://" + awaitReady(t, p)["http"].(string)
}

// awaitReady waits for the log line that tells the real ports. The log is JSON
// on standard error.
func awaitReady(t *testing.T, p *process) map[string]any {
	t.Helper()
	entry := readyOrEnded(t, p)
	if entry == nil {
		t.Fatal("the platform ended before it was ready")
	}
	return entry
}

// readyOrEnded is awaitReady for a node that may end before; then it returns nil.
func readyOrEnded(t *testing.T, p *process) map[string]any {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = io.Copy(io.Discard, p.stdout) // which ends with the process
	}()
	limit := time.After(patience)
	for {
		for _, line := range strings.Split(p.log(), "\n") {
			var entry map[string]any
			if json.Unmarshal([]byte(line), &entry) == nil && entry["msg"] == "vendlane is ready" {
				return entry
			}
		}
		select {
		case <-p.stderr.More():
		case <-ended:
			return nil
		case <-limit:
			t.Fatal("the platform did not get ready in time")
		}
	}
}

// applyShop sets the platform up from a description of merchants.
func applyShop(t *testing.T, shop string, environ ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shop.yaml")
	if err := os.WriteFile(file, []byte(shop), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, environ, "admin", "apply", "-f", file)
	readAll(t, p)
	if code := p.wait(); code != 0 {
		t.Fatalf("admin apply: exit code %d", code)
	}
}

// metric asks a node for one of its metrics.
func metric(t *testing.T, url, name string) (value int) {
	t.Helper()
	_, text := get(t, url+"/metrics")
	for line := range strings.Lines(text) {
		if _, err := fmt.Sscanf(line, name+" %d", &value); err == nil {
			return value
		}
	}
	t.Fatalf("/metrics does not have %s", name)
	return 0
}

func TestServeHealthAndMetrics(t *testing.T) {
	p, url := startServe(t, filepath.Join(t.TempDir(), "data"))
	for path, want := range map[string]string{"/healthz": "ok", "/readyz": "ready"} {
		if status, body := get(t, url+path); status != 200 || body != want {
			t.Errorf("%s: %d %q", path, status, body)
		}
	}
	status, body := get(t, url+"/metrics")
	for _, name := range []string{"mqtt_connections", "callback_attempts_total", "go_goroutines"} {
		if status != 200 || !strings.Contains(body, name) {
			t.Errorf("/metrics: %d, %s is missing", status, name)
		}
	}
	if status, body := get(t, url+"/nothing"); status != 404 || body != `{"code":404,"message":"Not Found","data":{}}` {
		t.Errorf("unknown path: %d %s", status, body)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code after SIGTERM: %d", code)
	}
}

// What an operator gets wrong is said in one line, with an exit code.
func TestServeRefusesWhatCannotWork(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	badConfig := filepath.Join(t.TempDir(), "vendlane.yaml")
	if err := os.WriteFile(badConfig, []byte("http:\n  lissten: 127.0.0.1:0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := func() string { return "VENDLANE_DATA=" + filepath.Join(t.TempDir(), "data") }
	for name, c := range map[string]struct {
		environ []string
		args    []string
		want    string
	}{
		"port taken":      {[]string{data(), "VENDLANE_HTTP_LISTEN=" + taken.Addr().String()}, []string{"serve"}, "http.listen: cannot listen on " + taken.Addr().String()},
		"folder":          {[]string{"VENDLANE_DATA=" + filepath.Join(file, "data")}, []string{"serve"}, "data folder"},
		"key in file":     {[]string{data()}, []string{"serve", "-config", badConfig}, "lissten"},
		"variable":        {[]string{data(), "VENDLANE_HTPP_LISTEN=x"}, []string{"serve"}, "no setting belongs to VENDLANE_HTPP_LISTEN"},
		"value":           {[]string{data(), "VENDLANE_DISPENSE_TIMEOUT_S=0"}, []string{"serve"}, "dispense.timeout_s"},
		"no file":         {[]string{data()}, []string{"serve", "-config", file + ".missing"}, "no such file"},
		"master key":      {[]string{data(), "VENDLANE_SECRETS_MASTER_KEY=abc"}, []string{"serve"}, "secrets.master_key must be 64 hex digits"},
		"unknown command": {nil, []string{"sevre"}, `unknown command "sevre"`},
		"stray argument":  {nil, []string{"serve", "now"}, `unexpected argument "now"`},
		"contradiction":   {nil, []string{"demo", "--once", "--no-simulator"}, "needs the simulator"},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, append(c.environ, "VENDLANE_MQTT_LISTEN=127.0.0.1:0"), c.args...)
			if code := p.wait(); code != 1 {
				t.Errorf("exit code %d, want 1", code)
			}
			if !strings.Contains(p.log(), c.want) {
				t.Errorf("standard error %q does not say %q", p.log(), c.want)
			}
		})
	}
}

func TestAdminApply(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	apply := func() string {
		p := start(t, []string{"VENDLANE_DATA=" + data}, "admin", "apply", "-f", "../examples/shop.yaml")
		out := readAll(t, p)
		if code := p.wait(); code != 0 {
			t.Fatalf("exit code %d", code)
		}
		return out
	}
	first, second := apply(), apply()
	secret := regexp.MustCompile(`(?m)app_secret=(\S+)$`).FindStringSubmatch(first)
	appID := regexp.MustCompile(`appid=(\S+)`).FindStringSubmatch(first)
	key := regexp.MustCompile(`app_key=(\S+)`).FindStringSubmatch(first)
	if secret == nil || appID == nil || key == nil || !strings.Contains(first, "password=") {
		t.Fatalf("the first apply does not print the credentials:\n%s", first)
	}
	if strings.Contains(second, "secret") || strings.Contains(second, "password") || !strings.Contains(second, appID[1]) {
		t.Errorf("the second apply prints:\n%s", second)
	}
	_, url := startServe(t, data)
	var r ready
	r.URL, r.Merchant.AppID, r.Merchant.AppSecret, r.Merchant.AppKey = url, appID[1], secret[1], key[1]
	a, err := r.call(t.Context(), "POST", "/products/1/pickup_code", map[string]any{"machine_no": "88000001"})
	if err != nil || a.Code != 0 || !strings.Contains(string(a.Data), "10203040") {
		t.Errorf("codes of the applied machine: %d %s, %v", a.Code, a.Data, err)
	}
}
