package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/vendlane/vendlane/client"
	"github.com/vendlane/vendlane/signature"
)

// The vector of consume.md §9.4.
const (
	webhookSecret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	webhookID     = "msg_2f9c1d7e4b6a48d0"
	attemptAt     = 1714373697
	failure       = `{"deliver_status":"0","delivery_id":"5121763043809673","error_msg":"Slave Comm Error","floor_status":"3","machine_no":"16327129","method":"device.delivery.response","order_id":60,"record_id":78,"sign":"424AE1E683C52BDD26B2BC4E25D1F3B5","timestamp":"1714373692","trade_id":"800a7e9500d345c8987d3aafa412c77d"}`
)

func vectorHeader() http.Header {
	h := http.Header{}
	h.Set("webhook-id", webhookID)
	h.Set("webhook-timestamp", "1714373697")
	h.Set("webhook-signature", "v1,JZMqfvqBaINtNJFygWBm7jeKVbYLsV39ZACvvbBAT1w=")
	return h
}

// signedHeader signs a body as the platform does.
func signedHeader(t testing.TB, body string) http.Header {
	t.Helper()
	w, err := standardwebhooks.NewWebhook(webhookSecret)
	if err != nil {
		t.Fatal(err)
	}
	h := vectorHeader()
	text, err := w.Sign(webhookID, time.Unix(attemptAt, 0), []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	h.Set("webhook-signature", text)
	return h
}

func newCallbacks(t testing.TB, at int64, secrets, keys []string) *client.Callbacks {
	t.Helper()
	v, err := client.NewCallbacks(client.CallbackConfig{
		WebhookSecrets: secrets, AppKeys: keys, Clock: func() time.Time { return time.Unix(at, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCallbackVectors(t *testing.T) {
	want := client.Event{
		WebhookID: webhookID, ErrorMsg: "Slave Comm Error", FloorStatus: "3", DeliveryID: "5121763043809673", MachineNo: "16327129",
		OrderID: 60, RecordID: 78, TradeID: "800a7e9500d345c8987d3aafa412c77d", At: time.Unix(1714373692, 0),
	}
	both := newCallbacks(t, attemptAt, []string{webhookSecret}, []string{"kva"})
	if got, err := both.Verify(vectorHeader(), []byte(failure)); err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	keys := newCallbacks(t, attemptAt, nil, []string{"kva"})
	want.WebhookID = ""
	for _, header := range []http.Header{{}, vectorHeader()} { // whose id nobody has verified
		if got, err := keys.Verify(header, []byte(failure)); err != nil || got != want {
			t.Errorf("by AppKey: %+v, %v", got, err)
		}
	}
	for body, check := range map[string]func(client.Event) bool{
		`{"deliver_status":"1","delivery_id":"5121763043809673","error_msg":"","floor_status":"1","machine_no":"16327129","method":"device.delivery.response","order_id":60,"record_id":78,"sign":"A5281D2538A979C07806A27A1F1809D3","timestamp":"1714373692","trade_id":"800a7e9500d345c8987d3aafa412c77d"}`: func(e client.Event) bool {
			return e.Success && e.ErrorMsg == ""
		},
		`{"deliver_status":"0","error_msg":"Order Expired","machine_no":"16327129","method":"device.delivery.response","order_id":54,"record_id":70,"sign":"343CC5AE04741F8DFF59AC8ACED72463","timestamp":"1714116942","trade_id":"3f2a58ad69b74e86b8a1a3da6fd75cc1"}`: func(e client.Event) bool {
			return !e.Success && e.DeliveryID == "" && e.OrderID == 54
		},
	} {
		if got, err := keys.Verify(nil, []byte(body)); err != nil || !check(got) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

func TestCallbackIsRefused(t *testing.T) {
	secret, key := []string{webhookSecret}, []string{"kva"}
	other := []string{"whsec_AAAAAAQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}
	for name, c := range map[string]struct {
		at            int64
		secrets, keys []string
		header        func(http.Header)
		body          string
		want          error
	}{
		"good":                       {attemptAt, secret, key, nil, failure, nil},
		"with the second secret":     {attemptAt, append(other, secret...), nil, nil, failure, nil},
		"with the second key":        {attemptAt, nil, []string{"other", "kva"}, nil, failure, nil},
		"another secret":             {attemptAt, other, nil, nil, failure, client.ErrCallbackSignature},
		"another key":                {attemptAt, secret, []string{"other"}, nil, failure, client.ErrCallbackSignature},
		"another body":               {attemptAt, secret, nil, nil, strings.Replace(failure, ":60", ":61", 1), client.ErrCallbackSignature},
		"another body, by key":       {attemptAt, nil, key, nil, strings.Replace(failure, ":60", ":61", 1), client.ErrCallbackSignature},
		"another webhook-id":         {attemptAt, secret, nil, func(h http.Header) { h.Set("webhook-id", "msg_x") }, failure, client.ErrCallbackSignature},
		"another time":               {attemptAt, secret, nil, func(h http.Header) { h.Set("webhook-timestamp", "1714373698") }, failure, client.ErrCallbackSignature},
		"no headers":                 {attemptAt, secret, key, func(h http.Header) { clear(h) }, failure, client.ErrCallbackSignature},
		"late within the window":     {attemptAt + 300, secret, nil, nil, failure, nil},
		"early within the window":    {attemptAt - 300, secret, nil, nil, failure, nil},
		"too late":                   {attemptAt + 301, secret, nil, nil, failure, client.ErrCallbackStale},
		"too early":                  {attemptAt - 301, secret, nil, nil, failure, client.ErrCallbackStale},
		"by key, after a month":      {attemptAt + 31*86400, nil, key, nil, failure, nil},
		"by key, after a longer one": {attemptAt + 33*86400, nil, key, nil, failure, client.ErrCallbackStale},
		"by key, from the future":    {attemptAt - 400, nil, key, nil, failure, client.ErrCallbackStale},
		"too long":                   {attemptAt, nil, key, nil, failure + strings.Repeat(" ", signature.MaxSize), client.ErrCallbackMalformed},
		"no JSON":                    {attemptAt, nil, key, nil, "x", client.ErrCallbackMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			h := vectorHeader()
			if c.header != nil {
				c.header(h)
			}
			got, err := newCallbacks(t, c.at, c.secrets, c.keys).Verify(h, []byte(c.body))
			if !errors.Is(err, c.want) || (err == nil) != (got.OrderID == 60) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

func TestCallbackBodies(t *testing.T) {
	v := newCallbacks(t, attemptAt, []string{webhookSecret}, nil)
	for name, c := range map[string]struct {
		old, with string
		good      bool
	}{
		"new member":            {`"order_id"`, `"new":{"a":[1]},"order_id"`, true},
		"order_id as text":      {`:60`, `:"60"`, true},
		"another method":        {`device.delivery.response`, `device.other`, false},
		"no method":             {`"method"`, `"m"`, false},
		"deliver_status":        {`"deliver_status":"0"`, `"deliver_status":"2"`, false},
		"deliver_status a list": {`"deliver_status":"0"`, `"deliver_status":["0"]`, false},
		"no order":              {`"order_id"`, `"o"`, false},
		"no trade_id":           {`"trade_id"`, `"t"`, false},
		"no machine":            {`"machine_no"`, `"m"`, false},
		"no error_msg":          {`"error_msg"`, `"e"`, false},
		"order 0":               {`:60`, `:0`, false},
		"record of no number":   {`:78`, `:7.8`, false},
		"timestamp":             {`1714373692`, `1714373692000`, false},
	} {
		body := strings.Replace(failure, c.old, c.with, 1)
		_, err := v.Verify(signedHeader(t, body), []byte(body))
		if (err == nil) != c.good || err != nil && !errors.Is(err, client.ErrCallbackMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNewCallbacksRefuses(t *testing.T) {
	for name, cfg := range map[string]client.CallbackConfig{
		"nothing":      {},
		"empty secret": {WebhookSecrets: []string{""}},
		"only whsec_":  {WebhookSecrets: []string{"whsec_"}},
		"no whsec_":    {WebhookSecrets: []string{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}},
		"no base64":    {WebhookSecrets: []string{"whsec_!"}},
		"empty key":    {AppKeys: []string{""}},
	} {
		if _, err := client.NewCallbacks(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestHandler(t *testing.T) {
	var got []client.Event
	var fail error
	v := newCallbacks(t, attemptAt, []string{webhookSecret}, []string{"kva"})
	server := httptest.NewServer(v.Handler(func(_ context.Context, e client.Event) error {
		got = append(got, e)
		return fail
	}))
	defer server.Close()
	post := func(verb, body string, header http.Header) int {
		t.Helper()
		req, err := http.NewRequest(verb, server.URL, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = header
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for name, c := range map[string]struct {
		verb, body string
		header     http.Header
		want       int
	}{
		"GET":         {"GET", "", vectorHeader(), 405},
		"too long":    {"POST", strings.Repeat("x", signature.MaxSize+1), vectorHeader(), 413},
		"not signed":  {"POST", failure, http.Header{}, 401},
		"not read":    {"POST", "{}", signedHeader(t, "{}"), 401}, // no sign
		"no callback": {"POST", `{"a":"b"}`, signedHeader(t, `{"a":"b"}`), 401},
	} {
		if status := post(c.verb, c.body, c.header); status != c.want || len(got) != 0 {
			t.Errorf("%s: %d, want %d; %d events", name, status, c.want, len(got))
		}
	}
	if status := post("POST", failure, vectorHeader()); status != 204 || len(got) != 1 || got[0].OrderID != 60 {
		t.Errorf("%d, events %+v", status, got)
	}
	fail = errors.New("the database is away")
	if status := post("POST", failure, vectorHeader()); status != 500 {
		t.Errorf("%d although taking it failed", status)
	}
}

func TestMiddleware(t *testing.T) {
	v := newCallbacks(t, attemptAt, []string{webhookSecret}, nil)
	h := v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e, ok := client.EventFrom(r.Context())
		body, err := io.ReadAll(r.Body)
		if !ok || e.RecordID != 78 || err != nil || string(body) != failure {
			t.Errorf("%+v, body %q, %v", e, body, err)
		}
		w.WriteHeader(http.StatusAccepted)
	}))
	req := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(failure))
	req.Header = vectorHeader()
	answer := httptest.NewRecorder()
	if h.ServeHTTP(answer, req); answer.Code != http.StatusAccepted {
		t.Errorf("status %d", answer.Code)
	}
	if _, ok := client.EventFrom(t.Context()); ok {
		t.Error("an event out of nothing")
	}
}

// Whatever is signed, it is an event or it is refused as malformed; whatever is not
// signed is refused.
func FuzzCallback(f *testing.F) {
	for _, body := range []string{
		failure, `{}`, `[]`, strings.Replace(failure, `"60"`, `1e3`, 1), strings.Replace(failure, `:60`, `:99999999999999999999`, 1),
		strings.Replace(failure, `"0"`, `null`, 1), strings.Replace(failure, `"sign"`, `"order_id"`, 1),
	} {
		f.Add(body, "msg_x", "1714373697")
	}
	v := newCallbacks(f, attemptAt, []string{webhookSecret}, nil)
	f.Fuzz(func(t *testing.T, body, id, at string) {
		e, err := v.Verify(signedHeader(t, body), []byte(body))
		switch {
		case err != nil && !errors.Is(err, client.ErrCallbackMalformed):
			t.Fatalf("%v", err)
		case err == nil && (e.OrderID < 1 || e.RecordID < 1 || e.At.IsZero() || e.WebhookID != webhookID):
			t.Fatalf("%+v", e)
		}
		h := signedHeader(t, body)
		h.Set("webhook-id", id)
		h.Set("webhook-timestamp", at)
		sent, _ := strconv.ParseInt(at, 10, 64)
		if _, err := v.Verify(h, []byte(body)); err == nil && (id != webhookID || sent != attemptAt) {
			t.Fatalf("accepted with id %q and time %q", id, at)
		}
	})
}
