package client_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/client"
	"github.com/vendlane/vendlane/signature"
)

// clock is the time of the contract's examples (consume.md §7.2).
const clock = 1714353655

func now() time.Time { return time.Unix(clock, 0) }

// config is that of the examples' merchant.
func config(transport http.RoundTripper) client.Config {
	return client.Config{
		BaseURL: "https://platform.example/", AppID: "vm0123456789abcdef", AppSecret: "0123456789abcdef0123456789abcdef",
		AppKey: "kva", HTTPClient: &http.Client{Transport: transport}, Clock: now,
	}
}

func newClient(t *testing.T, cfg client.Config) *client.Client {
	t.Helper()
	c, err := client.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sent is a request as the platform sees it.
type sent struct {
	verb, path string
	header     http.Header
	body       []byte
}

// payload opens the envelope of a request.
func (s sent) payload(t *testing.T) *signature.Object {
	t.Helper()
	o, err := signature.DecodeEnvelope(s.body)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// reply is an answer of the platform; without a status the connection breaks.
type reply struct {
	status int
	body   string
	header http.Header
}

var broken reply

func ok(body string) reply { return reply{status: http.StatusOK, body: body} }

// platform replies to requests in turn, the last reply for ever, and notes them.
type platform struct {
	replies []reply
	sent    []sent
}

func (p *platform) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	p.sent = append(p.sent, sent{r.Method, r.URL.Path, r.Header, body})
	answer := p.replies[min(len(p.sent), len(p.replies))-1]
	if answer.status == 0 {
		return nil, errors.New("connection reset")
	}
	return &http.Response{StatusCode: answer.status, Header: answer.header, Body: io.NopCloser(strings.NewReader(answer.body))}, nil
}

// answering is a platform that replies with HTTP status 200.
func answering(body string) *platform { return &platform{replies: []reply{ok(body)}} }

func jsonValue(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}
