package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

// worldSink is the merchant's notify_url.
type worldSink struct {
	server *httptest.Server

	mu      sync.Mutex
	results map[string]map[bool]int // by delivery_id, then success
	bad     []string
	held    chan struct{} // while it is there, requests wait until it is closed
}

func newWorldSink(t *testing.T) *worldSink {
	s := &worldSink{results: map[string]map[bool]int{}}
	s.server = httptest.NewServer(http.HandlerFunc(s.take))
	t.Cleanup(s.server.Close)
	return s
}

// hold lets requests wait, which are not taken if their sender goes away
// meanwhile, until release.
func (s *worldSink) hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := make(chan struct{})
	s.held = held
	return sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held = nil
		close(held)
	})
}

func (s *worldSink) await(r *http.Request) bool {
	s.mu.Lock()
	held := s.held
	s.mu.Unlock()
	if held == nil {
		return true
	}
	select {
	case <-held:
		return true
	case <-r.Context().Done():
		return false
	}
}

func (s *worldSink) take(_ http.ResponseWriter, r *http.Request) {
	if !s.await(r) {
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<10))
	var got result
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil || json.Unmarshal(body, &got) != nil || got.deliveryID == "" {
		s.bad = append(s.bad, string(body))
		return
	}
	if s.results[got.deliveryID] == nil {
		s.results[got.deliveryID] = map[bool]int{}
	}
	s.results[got.deliveryID][got.success]++
}

// result is what one callback told of a delivery.
type result struct {
	deliveryID string
	success    bool
}

func (r *result) UnmarshalJSON(text []byte) error {
	var body struct {
		DeliveryID    string `json:"delivery_id"`
		DeliverStatus string `json:"deliver_status"`
	}
	if err := json.Unmarshal(text, &body); err != nil {
		return err
	}
	r.deliveryID, r.success = body.DeliveryID, body.DeliverStatus == "1"
	return nil
}
