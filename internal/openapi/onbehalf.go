package openapi

import (
	"bytes"
	"context"
	"fmt"
	"net/http"

	"github.com/vendlane/vendlane/internal/store/db"
)

// knownMerchant is the key under which a context has the merchant of a call that
// comes from within the platform.
type knownMerchant struct{}

// Answer is what a call was answered.
type Answer struct {
	Status    int
	RequestID string
	Body      []byte
}

// OnBehalf answers a call for a merchant that the caller has identified by other
// means: nobody has the AppSecret, of which the platform keeps a hash. All other
// checks are those of every call (openapi.md §3.1), and so is the request log. path
// begins with Prefix; client is the address of whoever asked.
func (s *Server) OnBehalf(ctx context.Context, merchant db.Merchant, verb, path, client string, body []byte) (Answer, error) {
	ctx = context.WithValue(ctx, knownMerchant{}, merchant)
	r, err := http.NewRequestWithContext(ctx, verb, path, bytes.NewReader(body))
	if err != nil {
		return Answer{}, fmt.Errorf("call on behalf of merchant %d: %w", merchant.ID, err)
	}
	r.RemoteAddr = client
	r.Header.Set("Appid", merchant.AppID)
	r.Header.Set("Content-Type", "application/json")
	w := &keptAnswer{header: http.Header{}}
	s.ServeHTTP(w, r)
	return Answer{w.status, w.header.Get("X-Request-Id"), w.body.Bytes()}, nil
}

// keptAnswer keeps an answer instead of sending it.
type keptAnswer struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *keptAnswer) Header() http.Header { return w.header }

func (w *keptAnswer) WriteHeader(status int) { w.status = status }

func (w *keptAnswer) Write(p []byte) (int, error) { return w.body.Write(p) }
