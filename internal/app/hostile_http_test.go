package app

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/signature"
)

// pipes is a listener whose connections are made by dial.
type pipes chan net.Conn

func (p pipes) dial() net.Conn {
	here, there := net.Pipe()
	p <- there
	return here
}

func (p pipes) Accept() (net.Conn, error) {
	if c, open := <-p; open {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

// servePipes serves a platform's public HTTP port on pipes until stop is called.
func servePipes(t *testing.T, a *App) (p pipes, stop func()) {
	t.Helper()
	p = make(pipes)
	server := a.httpServer(a.Handler())
	served := make(chan error, 1)
	go func() { served <- server.Serve(p) }()
	return p, func() {
		close(p)
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
}

// rawRequest is a signed request as it travels.
func rawRequest(t *testing.T, m provision.MerchantResult, header, body string) string {
	t.Helper()
	return fmt.Sprintf("POST /api/openapi/v1/products HTTP/1.1\r\nHost: platform.example\r\nAppid: %s\r\nAppSecret: %s\r\n%s\r\n%s",
		m.AppID, m.AppSecret, header, body)
}

func products(t *testing.T, m provision.MerchantResult, now time.Time) string {
	t.Helper()
	text, err := signature.NewEnvelope(map[string]any{"machine_no": lobby, "timestamp": now.Unix()}, m.AppKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A client that sends or reads slowly, or nothing at all, is let go when the
// time of its part is over, however steadily it drips.
func TestSlowClientsAreLetGo(t *testing.T) {
	for name, c := range map[string]struct {
		send  string // at once
		drip  string // then this, again and again
		deaf  bool   // reads nothing
		limit time.Duration
	}{
		"silent":      {limit: readHeaderTimeout},
		"slow header": {send: "GET /healthz HTTP/1.1\r\nHost: x\r\nX: ", drip: "x", limit: readHeaderTimeout},
		"slow body":   {send: "BODY", drip: " ", limit: readTimeout},
		"idle":        {send: "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", limit: idleTimeout},
		"deaf":        {send: "GET /docs/api HTTP/1.1\r\nHost: x\r\n\r\n", deaf: true, limit: writeTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, m := newApp(t, config.Default(), Options{})
				p, stop := servePipes(t, a)
				defer stop()
				conn := p.dial()
				defer conn.Close()
				started := time.Now()
				if c.send == "BODY" {
					c.send = rawRequest(t, m, "Content-Length: 60000\r\n", "{")
				}
				gone := make(chan struct{})
				if c.deaf {
					close(gone)
				} else {
					go func() {
						defer close(gone)
						_, _ = io.Copy(io.Discard, conn)
					}()
				}
				_, err := io.WriteString(conn, c.send)
				for err == nil && c.drip != "" {
					time.Sleep(time.Second)
					_, err = io.WriteString(conn, c.drip)
				}
				<-gone
				if c.deaf {
					time.Sleep(c.limit)
					synctest.Wait()
					if n, err := io.Copy(io.Discard, conn); n != 0 || err != nil {
						t.Errorf("the connection was still open: %d bytes, %v", n, err)
					}
				}
				// A dripping client notices with its next drop.
				if took := time.Since(started); took < c.limit || took > c.limit+time.Second {
					t.Errorf("let go after %v, want %v", took, c.limit)
				}
			})
		})
	}
}

// What two servers in a row might read differently is refused, and never takes
// what follows for another request.
func TestRequestsThatSmuggle(t *testing.T) { synctest.Test(t, testRequestsThatSmuggle) }

func testRequestsThatSmuggle(t *testing.T) {
	a, m := newApp(t, config.Default(), Options{})
	p, stop := servePipes(t, a)
	defer stop()
	const smuggled = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, head := range map[string]string{
		"two lengths":            "Content-Length: 0\r\nContent-Length: 36\r\n",
		"length with a sign":     "Content-Length: +0\r\n",
		"length of nothing":      "Content-Length: \r\n",
		"negative length":        "Content-Length: -1\r\n",
		"unknown coding":         "Transfer-Encoding: xchunked\r\n",
		"coding twice":           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
		"coding behind another":  "Transfer-Encoding: gzip, chunked\r\n",
		"space before the colon": "Transfer-Encoding : chunked\r\n",
		"NUL in a value":         "X: a\x00b\r\n",
		"CR in a value":          "X: a\rb: c\r\n",
		"second host":            "Host: y\r\n",
		"header without colon":   "nonsense\r\n",
	} {
		conn := p.dial()
		go func() { _, _ = io.WriteString(conn, rawRequest(t, m, head, smuggled)) }()
		text, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		if status := string(text); !strings.HasPrefix(status, "HTTP/1.1 400 ") && !strings.HasPrefix(status, "HTTP/1.1 501 ") || strings.Count(status, "HTTP/1.1 ") != 1 {
			t.Errorf("%s: %q", name, text)
		}
	}
	// Of both, the coding counts, and the connection ends behind the answer.
	conn := p.dial()
	go func() {
		_, _ = io.WriteString(conn, rawRequest(t, m, "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+smuggled))
	}()
	text, err := io.ReadAll(conn)
	if err != nil || strings.Count(string(text), "HTTP/1.1 ") != 1 {
		t.Errorf("length and coding: %q, %v", text, err)
	}
	// A head that does not end.
	conn = p.dial()
	go func() {
		_, _ = io.WriteString(conn, rawRequest(t, m, "X: "+strings.Repeat("x", 2*maxHeaderBytes)+"\r\n", ""))
	}()
	if text, _ := io.ReadAll(conn); !strings.HasPrefix(string(text), "HTTP/1.1 431 ") {
		t.Errorf("endless head: %q", text)
	}
}

// Nothing of a request comes back in the head of an answer.
func TestAnswersRepeatNoHeaders(t *testing.T) {
	a, m := newApp(t, config.Default(), Options{})
	r := httptest.NewRequest(http.MethodPost, "/api/openapi/v1/ping?sentinel", nil)
	r.Header = http.Header{"Appid": {m.AppID}, "Appsecret": {m.AppSecret}}
	for _, name := range []string{"X-Request-Id", "Origin", "Accept-Language", "Access-Control-Request-Headers", "Range", "Accept-Encoding", "Forwarded"} {
		r.Header.Set(name, "sentinel")
	}
	w := httptest.NewRecorder()
	a.Handler().ServeHTTP(w, r)
	if text := fmt.Sprint(w.Header(), w.Body); w.Code != http.StatusOK || strings.Contains(text, "sentinel") {
		t.Errorf("%d %s", w.Code, text)
	}
}

// Compressed bodies are not unpacked: they are no JSON, however small what they
// hold, and no bomb goes off.
func TestCompressedBodiesStayPacked(t *testing.T) {
	a, m := newApp(t, config.Default(), Options{})
	pack := func(text []byte) *bytes.Buffer {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return &packed
	}
	for name, body := range map[string]*bytes.Buffer{
		"a good request": pack([]byte(products(t, m, time.Now()))),
		"a bomb":         pack(make([]byte, 32<<20)),
	} {
		for _, path := range []string{"/products", "/orders"} {
			r := httptest.NewRequest(http.MethodPost, "/api/openapi/v1"+path, bytes.NewReader(body.Bytes()))
			r.Header = http.Header{"Appid": {m.AppID}, "Appsecret": {m.AppSecret}, "Content-Encoding": {"gzip"}}
			w := httptest.NewRecorder()
			a.Handler().ServeHTTP(w, r)
			if w.Code != http.StatusBadRequest {
				t.Errorf("%s to %s: %d %s", name, path, w.Code, w.Body)
			}
		}
	}
}

// More connections than http.max_connections wait, and are served when others
// end.
func TestConnectionsAreBounded(t *testing.T) {
	cfg := config.Default()
	cfg.MQTT.Listen, cfg.HTTP.MaxConnections = "127.0.0.1:0", 1
	a := runApp(t, cfg)
	get := func() net.Conn {
		conn, err := net.Dial("tcp", a.HTTPAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	answered := func(conn net.Conn, patience time.Duration) bool {
		_ = conn.SetReadDeadline(time.Now().Add(patience))
		line, _ := bufio.NewReader(conn).ReadString('\n')
		return line == "HTTP/1.1 200 OK\r\n"
	}
	first := get()
	if !answered(first, patience) {
		t.Fatal("no answer")
	}
	second := get()
	if answered(second, 50*time.Millisecond) {
		t.Fatal("two connections are served")
	}
	first.Close()
	if !answered(second, patience) {
		t.Fatal("no answer when there is room")
	}
}

// lookedAt is a database that counts how often it is looked at, and answers when
// it may.
type lookedAt struct {
	store.Engine
	looks  atomic.Int64
	answer chan struct{}
}

func (e *lookedAt) Reader() db.DBTX { return nil }

func (e *lookedAt) Sets() store.Sets { return nil }

func (e *lookedAt) Ping(context.Context) error {
	e.looks.Add(1)
	<-e.answer
	return nil
}

// Strangers who ask for readiness all at once cost the database one look.
func TestReadinessIsOneLook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		engine := &lookedAt{answer: make(chan struct{})}
		a := &App{Store: store.New(engine), log: slog.New(slog.DiscardHandler), metrics: newRegistry()}
		a.ready.Store(true)
		var asking sync.WaitGroup
		for range 20 {
			asking.Go(func() {
				w := httptest.NewRecorder()
				a.readyz(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
				if w.Code != http.StatusOK {
					t.Errorf("%d %s", w.Code, w.Body)
				}
			})
		}
		synctest.Wait()
		if n := engine.looks.Load(); n != 1 {
			t.Errorf("%d looks", n)
		}
		close(engine.answer)
		asking.Wait()
	})
}

// What net/http has to say goes where the rest of the log goes.
func TestServerErrorsAreLogged(t *testing.T) {
	var log bytes.Buffer
	server := (&App{log: slog.New(slog.NewTextHandler(&log, nil))}).httpServer(nil)
	server.ErrorLog.Print("http: panic\nserving")
	if got := log.String(); !strings.Contains(got, `level=WARN msg="http: panic\nserving"`) || strings.Count(got, "\n") != 1 {
		t.Errorf("%q", got)
	}
}
