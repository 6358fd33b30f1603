package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strings"
	"testing"
)

// desk is somebody at the console.
type desk struct {
	t    *testing.T
	base string
	http http.Client
	csrf string
}

// ask sends a request and returns what was answered.
func (d *desk) ask(verb, path, body string) map[string]any {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), verb, d.base+"/api/console/v1"+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-CSRF", d.csrf)
	resp, err := d.http.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	out := map[string]any{}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil && resp.StatusCode != http.StatusNoContent || resp.StatusCode >= 300 {
		d.t.Fatalf("%s %s: HTTP %d %v (%v)", verb, path, resp.StatusCode, out, err)
	}
	return out
}

func (d *desk) signIn() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	d.http.Jar = jar
	d.csrf = d.ask("POST", "/session", fmt.Sprintf(`{"email":%q,"password":%q}`, consoleEmail, consolePassword))["csrf"].(string)
}

// runDemo runs a demo with its machines online until the test ends.
func runDemo(t *testing.T) *demo {
	d := &demo{
		opts: Options{
			Listen: "127.0.0.1:0", MQTTListen: "127.0.0.1:0", Data: t.TempDir(), NoStory: true, NoHistory: true,
			Stdout: io.Discard, Stderr: io.Discard,
		},
		out: io.Discard, steps: make(chan machineStep, 256),
	}
	if err := d.open(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.app.Run(ctx) }()
	t.Cleanup(func() {
		d.virtual.stop()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	if err := d.start(ctx); err != nil {
		t.Fatal(err)
	}
	return d
}

// A fault that somebody sets in the console befalls the next command, and no
// other: the order shows it.
func TestFaultFromTheConsole(t *testing.T) {
	d := runDemo(t)
	console := &desk{t: t, base: d.client.base}
	console.signIn()
	console.ask("PUT", "/developers/simulator/"+storyMachine, `{"faults":{"jam":"1"},"runs":1}`)
	for n, status := range []string{"IS_FAILED", "IS_SUCCESS"} {
		order := sell(t, d, product(storyMachine, int64(n))) // a channel that jammed sells no more
		records := console.ask("GET", fmt.Sprintf("/orders/%d", order), "")["records"].([]any)
		if got := records[0].(map[string]any)["state"]; got != status {
			t.Errorf("order %d: %v, want %s", order, got, status)
		}
		for _, item := range console.ask("GET", "/developers/simulator", "")["items"].([]any) {
			m := item.(map[string]any)
			last, _ := m["last"].(map[string]any)
			if m["condition"] != "online" || len(m["faults"].(map[string]any)) != 0 || m["runs"] != 0.0 {
				t.Errorf("%v", m)
			}
			if m["machine_no"] != storyMachine {
				continue
			}
			if last["order_id"] != float64(order) || last["step"] != "reported" || (last["error_msg"] == "") != (status == "IS_SUCCESS") {
				t.Errorf("%s: last command %v", status, last)
			}
		}
	}
}

// sell has a code of a product redeemed and waits until the machine's report is acknowledged.
func sell(t *testing.T, d *demo, productID string) (orderID int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), storyPatience)
	defer cancel()
	s := &story{out: io.Discard, client: d.client, sinkURL: d.client.base + sinkPath, machines: d.steps}
	code, err := s.readCode(ctx, productID)
	if err != nil {
		t.Fatal(err)
	}
	order, err := s.redeem(ctx, productID, code)
	if err != nil {
		t.Fatal(err)
	}
	delivery, err := s.dispense(ctx, order)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.watchMachine(ctx, delivery); err != nil {
		t.Fatal(err)
	}
	return order.OrderID
}
