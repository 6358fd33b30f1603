package demo

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// sinkPath is where the demo receives its own callbacks.
const sinkPath = "/demo/callbacks"

// maxKept bounds how many messages the sink remembers.
const maxKept = 1000

// received is one callback as the sink shows it.
type received struct {
	At        time.Time       `json:"at"`
	WebhookID string          `json:"webhook_id"`
	Verified  bool            `json:"signature_verified"`
	Body      json.RawMessage `json:"body"`
}

// sink plays the merchant's notify_url: it verifies and keeps what arrives.
type sink struct {
	webhook *standardwebhooks.Webhook
	arrived chan received

	mu   sync.Mutex
	kept []received
}

func newSink() (*sink, error) {
	webhook, err := standardwebhooks.NewWebhook(webhookSecret)
	if err != nil {
		return nil, err
	}
	return &sink{webhook: webhook, arrived: make(chan received, 16)}, nil
}

// ServeHTTP takes a callback by POST and lists the kept ones by GET.
func (s *sink) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodPost:
		s.take(w, r)
	case http.MethodGet:
		s.list(w)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (s *sink) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<10))
	if err != nil || !json.Valid(body) {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	got := received{
		At: time.Now(), WebhookID: r.Header.Get("webhook-id"), Body: body,
		Verified: s.webhook.Verify(body, r.Header) == nil,
	}
	s.mu.Lock()
	s.kept = append(s.kept, got)
	if len(s.kept) > maxKept {
		s.kept = s.kept[1:]
	}
	s.mu.Unlock()
	select {
	case s.arrived <- got:
	default: // nobody waits for it
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *sink) list(w http.ResponseWriter) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	kept := s.kept
	if kept == nil {
		kept = []received{}
	}
	_ = json.NewEncoder(w).Encode(kept) // the client is gone; there is nobody to tell
}
