package app

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/testkit"
)

// syncBuffer is a log that is written and read at the same time.
type syncBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *syncBuffer) count(text string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Count(b.text.String(), text)
}

// A node whose database is away says so, is ready again by itself, and tells of
// it once however often it is asked; requests are answered with 500 meanwhile.
func TestDatabaseAway(t *testing.T) {
	server := testkit.NewPostgresServer(t)
	cfg := config.Default()
	cfg.Data = filepath.Join(t.TempDir(), "data")
	cfg.Store.DSN, cfg.Secrets.MasterKey = server.DSN(), strings.Repeat("5e", 32)
	cfg.HTTP.Listen, cfg.MQTT.Listen = "127.0.0.1:0", "127.0.0.1:0"
	var log syncBuffer
	a, err := New(t.Context(), cfg, Options{Log: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()

	do := func(verb, path string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), verb, "http://"+a.HTTPAddr().String()+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Appid", "vm0123456789abcdef")
		req.Header.Set("AppSecret", "x")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(body)
	}
	awaitStatus := func(want int) {
		limit := time.Now().Add(time.Minute)
		for {
			status, _ := do(http.MethodGet, "/readyz")
			if status == want {
				return
			}
			if time.Now().After(limit) {
				t.Fatalf("/readyz is %d, want %d", status, want)
			}
		}
	}
	awaitStatus(http.StatusOK)
	for _, end := range []func(){server.StopFast, server.StopImmediately} {
		end()
		awaitStatus(http.StatusServiceUnavailable)
		awaitStatus(http.StatusServiceUnavailable)
		if status, body := do(http.MethodPost, "/api/openapi/v1/ping"); status != http.StatusInternalServerError || !strings.Contains(body, `"code":500`) {
			t.Errorf("a request during the outage: %d %s", status, body)
		}
		server.Start()
		awaitStatus(http.StatusOK)
		if status, body := do(http.MethodPost, "/api/openapi/v1/ping"); status != http.StatusUnauthorized {
			t.Errorf("a request after the outage: %d %s", status, body)
		}
	}
	for _, text := range []string{"not ready: the database", "ready again"} {
		if got := log.count(text); got != 2 {
			t.Errorf("%q is %d times in the log, want once for each outage", text, got)
		}
	}
}
