package callback

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/vendlane/vendlane/internal/store"
)

// serveSink starts a receiver on a real socket.
func serveSink(t testing.TB, now func() time.Time) (*sink, string) {
	t.Helper()
	s := &sink{now: now, status: http.StatusOK}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, server.URL + "/notify"
}

func TestRequestIsTheVectorOfTheContract(t *testing.T) {
	clock := newFakeClock() // stands at the vector's webhook-timestamp
	f := newFixture(t, clock.Now)
	s, url := serveSink(t, clock.Now)
	id := f.queue(url, 0, 0)
	f.exec("UPDATE callbacks SET webhook_id = 'msg_2f9c1d7e4b6a48d0' WHERE id = $1", id)
	runOnce(t, f.relay(Config{}))

	got := s.all()
	if len(got) != 1 {
		t.Fatalf("%d requests, want 1", len(got))
	}
	if got[0].method != http.MethodPost || string(got[0].body) != vectorBody {
		t.Errorf("%s %s", got[0].method, got[0].body)
	}
	want := map[string]string{
		"Content-Type":      "application/json",
		"User-Agent":        "vending-callback/1",
		"Webhook-Id":        "msg_2f9c1d7e4b6a48d0",
		"Webhook-Timestamp": "1714373697",
		"Webhook-Signature": "v1,JZMqfvqBaINtNJFygWBm7jeKVbYLsV39ZACvvbBAT1w=",
		"Content-Length":    strconv.Itoa(len(vectorBody)),
	}
	for name, value := range want {
		if got[0].header.Get(name) != value {
			t.Errorf("%s: %q, want %q", name, got[0].header.Get(name), value)
		}
	}
	for name := range got[0].header {
		if want[name] == "" {
			t.Errorf("header %s is not in the contract", name)
		}
	}
}

func TestTwoSignaturesDuringARotation(t *testing.T) {
	const newSecret = "whsec_bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3"
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	until := clock.Now().Add(24 * time.Hour)
	f.exec(`UPDATE merchants SET webhook_secret_sealed = $1, webhook_secret_previous_sealed = $2, webhook_previous_until = $3`,
		f.seal(newSecret), f.seal(vectorSecret), until.UnixMilli())
	r := f.relay(Config{})
	s, url := serveSink(t, clock.Now)

	f.queue(url, 0, 0)
	runOnce(t, r)
	clock.move(24*time.Hour - time.Millisecond)
	f.queue(url, 0, 0)
	runOnce(t, r)
	clock.move(time.Millisecond)
	f.queue(url, 0, 0)
	runOnce(t, r)

	got := s.all()
	if len(got) != 3 {
		t.Fatalf("%d requests, want 3", len(got))
	}
	for i, secrets := range [][]string{{newSecret, vectorSecret}, {newSecret, vectorSecret}, {newSecret}} {
		signatures := strings.Split(got[i].header.Get("webhook-signature"), " ")
		if len(signatures) != len(secrets) {
			t.Errorf("message %d has %d signatures, want %d", i, len(signatures), len(secrets))
			continue
		}
		for j, secret := range secrets {
			verifier, err := standardwebhooks.NewWebhook(secret)
			if err != nil {
				t.Fatal(err)
			}
			header := got[i].header.Clone()
			header.Set("webhook-signature", signatures[j])
			if err := verifier.VerifyIgnoringTimestamp(got[i].body, header); err != nil {
				t.Errorf("message %d, signature %d: %v", i, j, err)
			}
		}
	}
}

func TestOnlyStatus2xxIsAnAcknowledgement(t *testing.T) {
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	r := f.relay(Config{})
	moved := 0
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { moved++ }))
	defer elsewhere.Close()
	for status, state := range map[int]string{
		200: store.CallbackDelivered, 201: store.CallbackDelivered, 204: store.CallbackDelivered, 299: store.CallbackDelivered,
		300: store.CallbackPending, 301: store.CallbackPending, 302: store.CallbackPending, 307: store.CallbackPending,
		308: store.CallbackPending, 400: store.CallbackPending, 404: store.CallbackPending, 410: store.CallbackPending,
		429: store.CallbackPending, 500: store.CallbackPending, 503: store.CallbackPending,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", elsewhere.URL)
			w.Header().Set("Retry-After", "3600") // must change nothing
			w.WriteHeader(status)
		}))
		id := f.queue(server.URL, 0, 0)
		runOnce(t, r)
		row, attempts := f.row(id), f.attempts(id)
		if row.State != state || len(attempts) != 1 || attempts[0].Status != int64(status) || attempts[0].Error != "" {
			t.Errorf("status %d: state %s, attempts %+v", status, row.State, attempts)
		}
		if wait := row.DueAt - clock.Now().UnixMilli(); state == store.CallbackPending && wait != 5000 {
			t.Errorf("status %d: next attempt in %d ms, want 5000", status, wait)
		}
		server.Close()
	}
	if moved != 0 {
		t.Errorf("%d redirects were followed", moved)
	}
}

func TestConnectionsThatFail(t *testing.T) {
	untrusted := httptest.NewUnstartedServer(http.NotFoundHandler())
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	defer untrusted.Close()
	rude := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer rude.Close()
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X", strings.Repeat("x", 100<<10))
	}))
	defer endless.Close()
	// The near end of a connection is a port that is taken and that nobody listens on.
	taken, err := new(net.Dialer).DialContext(t.Context(), "tcp", rude.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()

	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	r := f.relay(Config{})
	g := newGuard(r.cfg)
	resolve := g.lookup
	g.lookup = func(ctx context.Context, network, host string) ([]netip.Addr, error) {
		if host == "unknown.example" {
			return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
		}
		return resolve(ctx, network, host)
	}
	r.transport = newTransport(r.cfg, g)
	defer r.transport.CloseIdleConnections()
	tests := map[string]struct{ url, want string }{
		"refused":        {"http://" + taken.LocalAddr().String(), "connection refused"},
		"untrusted":      {untrusted.URL, "x509"},
		"no TLS":         {"https://" + rude.Listener.Addr().String(), "TLS"},
		"no answer":      {rude.URL, "EOF"},
		"endless header": {endless.URL, "header"},
		"strange scheme": {"gopher://127.0.0.1/", "scheme"},
		"not a URL":      {"http://[", "message cannot be made"},
		"unknown name":   {"http://unknown.example/?token=hush", "no such host"},
	}
	for name, test := range tests {
		id := f.queue(test.url, 0, 0)
		runOnce(t, r)
		row, attempts := f.row(id), f.attempts(id)
		if row.State != store.CallbackPending || len(attempts) != 1 {
			t.Errorf("%s: state %s, attempts %+v", name, row.State, attempts)
			continue
		}
		text := attempts[0].Error
		if attempts[0].Status != 0 || text == "" || !strings.Contains(text, test.want) || len(text) > maxErrorLength ||
			strings.Contains(text, "hush") {
			t.Errorf("%s: status %d, error %q, want one with %q", name, attempts[0].Status, text, test.want)
		}
	}
}

func TestTLSAndHTTP2(t *testing.T) {
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	var protocol string
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { protocol = r.Proto }))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	r := f.relay(Config{})
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	r.transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	id := f.queue(server.URL, 0, 0)
	runOnce(t, r)
	if row := f.row(id); row.State != store.CallbackDelivered || protocol != "HTTP/2.0" {
		t.Errorf("state %s over %q, want DELIVERED over HTTP/2.0", row.State, protocol)
	}
	r.transport.CloseIdleConnections()
}

func TestBlockedTargetIsDeadAtOnce(t *testing.T) {
	clock := newFakeClock()
	f := newFixture(t, clock.Now)
	s, url := serveSink(t, clock.Now)
	r := f.relay(Config{})
	r.transport = newTransport(r.cfg, newGuard(Config{Timeout: time.Minute})) // private targets forbidden
	id := f.queue(url, 0, 0)
	named := f.queue(strings.Replace(url, "127.0.0.1", "localhost", 1), 0, 0)
	runOnce(t, r)
	for _, id := range []int64{id, named} {
		row, attempts := f.row(id), f.attempts(id)
		if row.State != store.CallbackDead || len(attempts) != 1 || attempts[0].Error != "blocked target" {
			t.Errorf("state %s, attempts %+v", row.State, attempts)
		}
	}
	if n := len(s.all()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
	if stats := r.Stats(); stats.Dead != 2 || stats.Failed != 2 || stats.Attempts != 2 || stats.InFlight != 0 {
		t.Errorf("stats %+v", stats)
	}
}

// The limit runs from the start of the connection attempt to the end of the
// headers; a body may take as long as it likes, it is not waited for.
func TestTimeLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t, time.Now)
		network := newMemoryNet()
		release := make(chan struct{})
		silent, stopSilent := network.serve("silent.example", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		slow, stopSlow := network.serve("slow.example", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			time.Sleep(9900 * time.Millisecond)
		}))
		endless, stopEndless := network.serve("endless.example", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusOK)
			_ = http.NewResponseController(w).Flush()
			<-release
		}))
		network.listeners["deaf.example"] = &pipeListener{conns: make(chan net.Conn), closed: make(chan struct{})}
		r := f.relay(Config{Retry: []time.Duration{}})
		network.attach(r)
		tests := []struct {
			url, state, err string
			took            int64
		}{
			{silent, store.CallbackDead, "timeout", 10_000},
			{"http://deaf.example/", store.CallbackDead, "timeout", 10_000},
			{slow, store.CallbackDelivered, "", 9_900},
			{endless, store.CallbackDelivered, "", 0},
		}
		for _, test := range tests {
			start := time.Now()
			id := f.queue(test.url, 0, 0)
			runOnce(t, r)
			row, attempts := f.row(id), f.attempts(id)
			if row.State != test.state || len(attempts) != 1 || attempts[0].Error != test.err || attempts[0].Duration != test.took {
				t.Errorf("%s: state %s, attempts %+v, want %+v", test.url, row.State, attempts, test)
			}
			if busy := time.Since(start); busy > time.Duration(test.took)*time.Millisecond+drainTime {
				t.Errorf("%s: the slot was busy for %v", test.url, busy)
			}
		}
		close(release)
		r.transport.CloseIdleConnections()
		stopSilent()
		stopSlow()
		stopEndless()
	})
}
