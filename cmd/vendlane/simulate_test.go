package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/vendlane/vendlane/internal/app"
	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/fleetsim"
)

// watcher calls a function with everything written so far, after every write.
type watcher struct {
	mu   sync.Mutex
	text strings.Builder
	seen func(text string)
}

func (w *watcher) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if w.seen != nil {
		w.seen(w.text.String())
	}
	return len(p), nil
}

// platform runs a platform with the shop of a file and returns its MQTT address.
func platform(t *testing.T, shop string) string {
	t.Helper()
	e := env{stdout: io.Discard, stderr: io.Discard, environ: []string{
		"VENDLANE_DATA=" + t.TempDir(), "VENDLANE_HTTP_LISTEN=127.0.0.1:0", "VENDLANE_MQTT_LISTEN=127.0.0.1:0",
	}}
	if err := run(t.Context(), e, []string{"admin", "apply", "-f", shop}); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load("", e.environ)
	if err != nil {
		t.Fatal(err)
	}
	a, err := app.New(t.Context(), cfg, app.Options{Log: newLog(cfg, io.Discard)})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Listen(t.Context()); err != nil {
		t.Fatal(errors.Join(err, a.Close()))
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ran := make(chan error, 1)
	go func() { ran <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ran; err != nil {
			t.Error("platform:", err)
		}
	})
	return "tcp://" + a.MQTTAddr().String()
}

// From nothing to a fleet: write a shop, apply it, run its machines.
func TestSimulateShop(t *testing.T) {
	shop, data := filepath.Join(t.TempDir(), "shop.yaml"), t.TempDir()
	var said bytes.Buffer
	e := env{stdout: &said, stderr: io.Discard}
	if err := run(t.Context(), e, []string{"simulate", "--machines", "3", "--write-shop", shop}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(said.String(), "admin apply -f "+shop) {
		t.Error(said.String())
	}
	if err := run(t.Context(), e, []string{"simulate", "--write-shop", shop}); err == nil {
		t.Error("overwrote a file with secrets")
	}
	server := platform(t, shop)

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	control, asked := make(chan string, 1), make(chan struct{})
	e.stderr = &watcher{seen: func(text string) {
		if found := regexp.MustCompile(`control port: (http://127\.0\.0\.1:\d+)\n`).FindStringSubmatch(text); found != nil {
			select {
			case control <- found[1]:
			default:
			}
		}
		if strings.Contains(text, "machines 3/3  commands 0  starts 0  drops 0  reports 0  double starts 0\n") {
			select {
			case <-asked:
				stop()
			default:
			}
		}
	}}
	said.Reset()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, e, []string{"simulate", "--server", server, "--shop", shop, "--data", data, "--json",
			"--fault", "jam=0.5,slow=0.1@3s", "--control", "127.0.0.1:0"})
	}()
	var address string
	select {
	case address = <-control:
	case err := <-done:
		t.Fatal("ended without a control port:", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/summary", nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := http.DefaultClient.Do(request); err != nil || answer.StatusCode != http.StatusOK {
		t.Error(err, answer)
	} else {
		answer.Body.Close()
	}
	http.DefaultClient.CloseIdleConnections()
	close(asked)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	var sum fleetsim.Summary
	if err := json.Unmarshal(said.Bytes(), &sum); err != nil || sum.Machines != 3 || sum.Connected != 3 || sum.DoubleStarts != 0 {
		t.Errorf("%v: %s", err, said.String())
	}
}

// A double start is an error, and so is a machine that cannot go on.
func TestSimulateFails(t *testing.T) {
	for line, why := range map[string]string{
		`{"delivery_id":"9","state":"finished","at":1,"starts":2,"dropped":1,"acked":true}` + "\n": "1 double starts",
		"{\n{}\n": "1 machines failed: machine 16400001: virtual machine 16400001",
	} {
		data := t.TempDir()
		if err := os.MkdirAll(filepath.Join(data, "16400001"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(data, "16400001", "journal.jsonl"), []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var said bytes.Buffer
		e := env{stdout: &said, environ: []string{"VENDLANE_APP_KEY=k", "VENDLANE_MACHINE_PASSWORD=p"}}
		e.stderr = &watcher{seen: func(text string) { // the first line of progress
			if strings.Contains(text, "double starts 1") || strings.Contains(text, "corrupt") {
				stop()
			}
		}}
		err := run(ctx, e, []string{"simulate", "--server", "tcp://127.0.0.1:1", "--machines", "1", "--data", data})
		stop()
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%v, want %s", err, why)
		}
		if !strings.Contains(said.String(), "double starts  ") {
			t.Error("no summary:", said.String())
		}
	}
}

func TestSimulateFlags(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := write("fleet.yaml", "machines:\n  - {machine_no: \"1\", password: p, app_key: k}\n")
	for name, c := range map[string]struct {
		args []string
		why  string
	}{
		"no secrets":     {nil, "no AppKey or password"},
		"both lists":     {[]string{"--fleet", good, "--shop", good}, "cannot be combined"},
		"no file":        {[]string{"--fleet", filepath.Join(dir, "none")}, "no such file"},
		"bad fleet":      {[]string{"--fleet", write("a", "machines: 3")}, "machines is a list"},
		"bad shop":       {[]string{"--shop", write("b", "shops: 3")}, "shops is not known"},
		"no password":    {[]string{"--shop", write("c", "merchants:\n  - {slug: a, app_key: k, machines: [{machine_no: \"1\"}]}\n"), "--data", dir}, "machine 1: no password"},
		"no machines":    {[]string{"--app-key", "k", "--password", "p", "--machines", "0"}, "number of machines"},
		"bad first":      {[]string{"--app-key", "k", "--password", "p", "--first-machine-no", "A1"}, "first machine number"},
		"bad fault":      {[]string{"--fault", "jam=2"}, "rate is not between 0 and 1"},
		"bad faults":     {[]string{"--fleet", good, "--faults", write("d", "jamm: 1")}, "jamm is not known"},
		"bad server":     {[]string{"--fleet", good, "--server", "localhost", "--data", dir}, "tls://host:port"},
		"no certificate": {[]string{"--fleet", good, "--ca-file", write("e", "x")}, "no certificate in it"},
		"bad control":    {[]string{"--fleet", good, "--server", "tcp://127.0.0.1:1", "--data", t.TempDir(), "--control", "nowhere"}, "nowhere"},
		"an argument":    {[]string{"fast"}, "unexpected argument"},
	} {
		err := run(t.Context(), env{stdout: io.Discard, stderr: io.Discard}, append([]string{"simulate"}, c.args...))
		if err == nil || !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Secrets of the environment must not show in the help.
func TestSimulateHelp(t *testing.T) {
	var help bytes.Buffer
	e := env{stdout: io.Discard, stderr: &help, environ: []string{"VENDLANE_APP_KEY=hidden-key", "VENDLANE_MACHINE_PASSWORD=hidden-password"}}
	if _, err := parseSimulation(e, []string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
	if strings.Contains(help.String(), "hidden") || !strings.Contains(help.String(), "first-machine-no") {
		t.Error(help.String())
	}
	s, err := parseSimulation(e, nil)
	if err != nil || s.standard.AppKey != "hidden-key" || s.standard.Password != "hidden-password" {
		t.Errorf("%v %+v", err, s)
	}
}
