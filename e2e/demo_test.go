package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/testkit/require"
)

func TestDemoOnceTellsTheStory(t *testing.T) {
	for locale, want := range map[string]string{
		"LC_ALL=C":           "The story is complete",
		"LC_ALL=zh_CN.UTF-8": "演示完成",
	} {
		p := start(t, []string{locale}, "demo", "--once", "--no-history", "--listen", "127.0.0.1:0", "--mqtt-listen", "127.0.0.1:0",
			"--data", filepath.Join(t.TempDir(), "demo"))
		text := readAll(t, p)
		if code := p.wait(); code != 0 {
			t.Errorf("%s: exit code %d", locale, code)
		}
		for _, part := range []string{want, `"code":0`, "PICKUPCODE", "IS_SUCCESS", `"notify_sent":"1"`, "webhook-id: msg_", "/docs\n"} {
			if !strings.Contains(text, part) {
				t.Errorf("%s: the story does not show %s:\n%s", locale, part, text)
			}
		}
	}
}

func readAll(t *testing.T, p *process) string {
	t.Helper()
	var text strings.Builder
	buf := make([]byte, 4096)
	for {
		n, err := p.stdout.Read(buf)
		text.Write(buf[:n])
		if err != nil {
			return text.String()
		}
	}
}

func TestDemoJSONDescribesTheShop(t *testing.T) {
	p, r := startDemo(t, filepath.Join(t.TempDir(), "demo"), "--no-story")
	if len(r.Machines) != 3 || r.Machines[0].MachineNo != "16327129" {
		t.Fatalf("machines: %+v", r.Machines)
	}
	documented := r.Machines[0]
	if len(documented.Products) < 12 {
		t.Fatalf("the documented machine has %d products", len(documented.Products))
	}
	first := documented.Products[0]
	if first.ProductID != 131 || first.Price != "1.00" || first.Stock != 10 || first.Capacity != 10 ||
		first.Channel != "A1" || len(first.Codes) < 3 || first.Codes[0] != "5288640" {
		t.Errorf("first product: %+v", first)
	}
	if code := p.stop(); code != 0 {
		t.Errorf("exit code after SIGTERM: %d", code)
	}
	if rest := readAll(t, p); rest != "" {
		t.Errorf("standard output has more than the JSON line: %q", rest)
	}
}

// The README's request, as it stands there, gets the documented answer, and
// the documented replay the second time.
func TestReadmeRequest(t *testing.T) {
	for _, tool := range []string{"sh", "curl", "openssl"} {
		require.Binary(t, tool)
	}
	for _, file := range []string{"README.md", "README.zh-CN.md"} {
		t.Run(file, func(t *testing.T) {
			_, r := startDemo(t, filepath.Join(t.TempDir(), "demo"))
			script := strings.ReplaceAll(readmeScript(t, file), "http://127.0.0.1:8080", r.URL)
			run := func() map[string]any {
				out, err := exec.Command("sh", "-ec", script).Output()
				if err != nil {
					t.Fatalf("the request failed: %v", err)
				}
				var got map[string]any
				if err := json.Unmarshal(out, &got); err != nil {
					t.Fatalf("answer %q: %v", out, err)
				}
				return got
			}
			today := time.Now().In(time.FixedZone("GMT+8", 8*3600)).Format("2006-01-02")
			want := jsonValue(t, `{"code":0,"message":"ok","data":{"order_id":1060,
				"trade_id":"800a7e95-00d3-45c8-987d-3aafa412c77d","date":"`+today+`","amount":"1.00","status":"PICKUPCODE",
				"records":[{"id":1078,"product_id":131,"quantity":1,"price":"1.00","status":"未取货","notify_sent":"0"}],
				"pickup_code_id":1}}`)
			if got := run(); !reflect.DeepEqual(got, want) {
				t.Errorf("answer %v, want %v", got, want)
			}
			want = jsonValue(t, `{"code":10025,"message":"取货码已使用","data":{"order_id":1060}}`)
			if got := run(); !reflect.DeepEqual(got, want) {
				t.Errorf("second answer %v, want %v", got, want)
			}
		})
	}
}

// A new demo has a past that pages can show, all of it settled, and the next
// order has the number that the documentation gives it.
func TestDemoHasAPast(t *testing.T) {
	_, r := startOldDemo(t, filepath.Join(t.TempDir(), "demo"), "--no-story", "--no-simulator")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r.client = &http.Client{Jar: jar}
	api := strings.TrimSuffix(r.Console.URL, "/console/") + "/api/console/v1"
	ask := func(verb, path string, body string) (out map[string]any) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), verb, api+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := r.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s %s: HTTP %d %v (%v)", verb, path, resp.StatusCode, out, err)
		}
		return out
	}
	ask("POST", "/session", fmt.Sprintf(`{"email":%q,"password":%q}`, r.Console.Email, r.Console.Password))
	rows := func(path string) int { return len(ask("GET", path, "")["items"].([]any)) }
	for path, least := range map[string]int{
		"/orders?outcome=DISPENSED&limit=200": 200, "/orders?outcome=REFUNDED": 5, "/orders?outcome=TIMEOUT": 2, "/orders?outcome=CLOSED": 1,
		"/codes?state=USED&limit=200": 50, "/codes?state=EXPIRED&limit=200": 50, "/codes?state=CANCELLED": 1, "/alerts": 4,
		"/developers/callbacks?limit=200": 200,
	} {
		if n := rows(path); n < least {
			t.Errorf("%s: %d rows, want %d or more", path, n, least)
		}
	}
	for _, path := range []string{"/orders?outcome=WAITING", "/orders?outcome=DISPENSING", "/developers/callbacks?state=PENDING"} {
		if n := rows(path); n != 0 {
			t.Errorf("%s: %d rows are not settled", path, n)
		}
	}
	for _, row := range ask("GET", "/developers/requests", "")["items"].([]any) {
		if ip := row.(map[string]any)["client"]; ip != "127.0.0.1" {
			t.Errorf("a request came from %v", ip)
			break
		}
	}
	hours := 0
	for _, bar := range ask("GET", "/now", "")["bars"].([]any) {
		if bar := bar.(map[string]any); bar["success"].(float64) > 0 {
			hours++
		}
	}
	if hours < 8 {
		t.Errorf("%d hours of the last day have sales", hours)
	}
	if sink := received(t, r); sink != "[]" {
		t.Errorf("the sink got something of the past: %s", sink)
	}
	a, err := r.call(t.Context(), "POST", "/consumes", map[string]any{
		"machine_no": "16327129", "method": "event.consume.pickup_code", "code": "5288640", "product_id": "131",
		"notify_url": r.CallbackSink, "trade_id": "800a7e9500d345c8987d3aafa412c77d",
	})
	if err != nil || a.Code != 0 || !strings.Contains(string(a.Data), `"order_id":1060`) {
		t.Errorf("the documented request: %d %s (%v)", a.Code, a.Data, err)
	}
}

func received(t *testing.T, r ready) string {
	t.Helper()
	status, text := get(t, r.CallbackSink)
	if status != http.StatusOK {
		t.Fatalf("the sink answers HTTP %d", status)
	}
	return text
}

// readmeScript is the first sh block of the README that calls curl.
func readmeScript(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", file))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(block[1], "curl") {
			return block[1]
		}
	}
	t.Fatalf("%s has no request with curl", file)
	return ""
}

func jsonValue(t *testing.T, text string) map[string]any {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// A second start on the same folder keeps what happened.
func TestDemoKeepsItsData(t *testing.T) {
	data := filepath.Join(t.TempDir(), "demo")
	p, r := startDemo(t, data)
	consume := map[string]any{
		"machine_no": "16327129", "method": "event.consume.pickup_code", "code": "5288640", "product_id": "131",
		"notify_url": r.CallbackSink, "trade_id": "800a7e9500d345c8987d3aafa412c77d",
	}
	if a, err := r.call(t.Context(), "POST", "/consumes", consume); err != nil || a.Code != 0 {
		t.Fatalf("consume: %+v, %v", a, err)
	}
	if code := p.stop(); code != 0 {
		t.Fatalf("exit code %d", code)
	}
	_, r = startDemo(t, data)
	if a, err := r.call(t.Context(), "POST", "/consumes", consume); err != nil || a.Code != 10025 {
		t.Errorf("replay after a restart: %+v, %v", a, err)
	}
	if stock := r.Machines[0].Products[0].Stock; stock != 9 {
		t.Errorf("stock after a restart: %d, want 9", stock)
	}
}
