// Package e2e tests the real binary from outside.
package e2e

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/testkit/program"
	"github.com/vendlane/vendlane/signature"
)

// patience bounds every wait; nothing here takes anywhere near as long.
const patience = 60 * time.Second

var binary string // built once by TestMain

func TestMain(m *testing.M) { os.Exit(program.Main(m, "../cmd/vendlane", &binary)) }

// process is a running binary.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	stdout io.Reader
	stderr *program.Output
	waited bool
}

// log is what the process wrote to standard error so far.
func (p *process) log() string { return p.stderr.String() }

// awaitLog waits until there is more of it.
func (p *process) awaitLog() {
	select {
	case <-p.stderr.More():
	case <-time.After(patience):
		p.t.Fatal("nothing more on standard error in time")
	}
}

func start(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	return startProgram(t, binary, environ, args...)
}

// startProgram starts a binary other than the one of TestMain.
func startProgram(t *testing.T, path string, environ []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, cmd: exec.Command(path, args...), stderr: program.NewOutput()}
	p.cmd.Env = append(os.Environ(), environ...)
	p.cmd.Stderr = p.stderr
	var err error
	if p.stdout, err = p.cmd.StdoutPipe(); err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if !p.waited {
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
		if t.Failed() {
			t.Logf("the end of standard error of %v:\n%s", args, lastLines(p.stderr.String(), 40))
		}
	})
	return p
}

// lastLines leaves out what a program that reports all the time said long before.
func lastLines(text string, n int) string {
	lines := slices.Collect(strings.Lines(text))
	return strings.Join(lines[max(0, len(lines)-n):], "")
}

// line reads one line of standard output.
func (p *process) line() string {
	p.t.Helper()
	lines := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(p.stdout).ReadString('\n')
		lines <- text
	}()
	select {
	case text := <-lines:
		if text == "" {
			p.t.Fatalf("the process ended without a line: %s", p.stderr)
		}
		return text
	case <-time.After(patience):
		p.t.Fatal("no line on standard output in time")
		return ""
	}
}

// stop asks the process to end and returns its exit code.
func (p *process) stop() int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	return p.wait()
}

// kill ends it without asking, as a power cut would.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	p.wait()
}

func (p *process) wait() int {
	p.t.Helper()
	p.waited = true
	ended := make(chan error, 1)
	go func() { ended <- p.cmd.Wait() }()
	select {
	case err := <-ended:
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			p.t.Fatal(err)
		}
		return p.cmd.ProcessState.ExitCode()
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		p.t.Fatal("the process did not end in time")
		return -1
	}
}

// ready is the line of `vendlane demo --json`.
type ready struct {
	URL      string `json:"url"`
	MQTTURL  string `json:"mqtt_url"`
	Merchant struct {
		AppID         string `json:"appid"`
		AppSecret     string `json:"app_secret"`
		AppKey        string `json:"app_key"`
		WebhookSecret string `json:"webhook_secret"`
	} `json:"merchant"`
	Machines []struct {
		MachineNo  string `json:"machine_no"`
		MachineID  int64  `json:"machine_id"`
		Password   string `json:"password"`
		PickupPage string `json:"pickup_page"`
		Products   []struct {
			ProductID int64    `json:"product_id"`
			Channel   string   `json:"channel"`
			Price     string   `json:"price"`
			Stock     int64    `json:"stock"`
			Capacity  int64    `json:"capacity"`
			Codes     []string `json:"codes"`
		} `json:"products"`
	} `json:"machines"`
	CallbackSink string `json:"callback_sink"`
	Console      struct {
		URL      string `json:"url"`
		Email    string `json:"email"`
		Password string `json:"password"`
	} `json:"console"`

	client *http.Client // nil is the default one
}

// startDemo starts a demo in which nothing has happened yet.
func startDemo(t *testing.T, data string, args ...string) (*process, ready) {
	t.Helper()
	return startOldDemo(t, data, append(args, "--no-history")...)
}

// startOldDemo starts a demo with its history.
func startOldDemo(t *testing.T, data string, args ...string) (*process, ready) {
	t.Helper()
	p := start(t, nil, append([]string{
		"demo", "--json", "--listen", "127.0.0.1:0", "--mqtt-listen", "127.0.0.1:0", "--data", data,
	}, args...)...)
	var r ready
	if err := json.Unmarshal([]byte(p.line()), &r); err != nil {
		t.Fatalf("the ready line is not JSON: %v", err)
	}
	return p, r
}

// answer is the envelope of the API.
type answer struct {
	Status int
	Code   int             `json:"code"`
	Data   json.RawMessage `json:"data"`
}

// call sends one signed request.
func (r ready) call(ctx context.Context, verb, path string, payload map[string]any) (answer, error) {
	payload["timestamp"] = strconv.FormatInt(time.Now().Unix(), 10)
	body, err := signature.NewEnvelope(payload, r.Merchant.AppKey)
	if err != nil {
		return answer{}, err
	}
	req, err := http.NewRequestWithContext(ctx, verb, r.URL+"/api/openapi/v1"+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Appid", r.Merchant.AppID)
	req.Header.Set("AppSecret", r.Merchant.AppSecret)
	resp, err := cmp.Or(r.client, http.DefaultClient).Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	a := answer{Status: resp.StatusCode}
	return a, json.NewDecoder(resp.Body).Decode(&a)
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(body))
}
