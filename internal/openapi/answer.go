package openapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// endpoint handles a request and returns the data of a success, or the error.
type endpoint func(ctx context.Context, r *http.Request) (any, error)

// envelope is the outer object of every answer (openapi.md §1.2).
type envelope struct {
	Code    vending.Code `json:"code"`
	Message string       `json:"message"`
	Data    any          `json:"data"`
}

// errRouteNotFound is the only 404 that is also an HTTP 404; a delivery that
// does not exist is answered with HTTP 200 (errors.md §2).
var errRouteNotFound = errors.New("no such route")

func notFound(context.Context, *http.Request) (any, error) { return nil, errRouteNotFound }

// answer turns an endpoint into a handler: request id, panic guard, envelope.
func (s *Server) answer(route string, h endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		started := time.Now()
		requestID := newRequestID()
		w.Header().Set("X-Request-Id", requestID)
		body := s.overhear(r)
		data, err := s.guard(h, r)
		if errors.Is(err, store.ErrOutcomeUnknown) {
			// 500 would say that nothing was changed (errors.md §2). Without an
			// answer the client repeats its request (consume.md §6).
			s.log.Error("request left without an answer", "request_id", requestID, "route", route, "error", err)
			panic(http.ErrAbortHandler)
		}
		out := envelope{Message: "ok", Data: data}
		status := http.StatusOK
		if err != nil {
			out, status = s.refusal(r, requestID, route, err)
			if out.Code == vending.CodeTooManyRequests {
				if d, ok := out.Data.(vending.Data); ok {
					w.Header().Set("Retry-After", strconv.FormatInt(d["retry_after"].(int64), 10))
				}
			}
		}
		answer := writeJSON(w, status, out)
		s.logRequest(r, requestID, started, body, status, out.Code, answer)
		s.log.Debug("answered", "request_id", requestID, "verb", r.Method, "route", route,
			"appid", r.Header.Get("Appid"), "code", out.Code, "error", err)
		if s.observe != nil {
			s.observe(route, out.Code, time.Since(started))
		}
	})
}

func (s *Server) guard(h endpoint, r *http.Request) (data any, err error) {
	defer func() {
		if p := recover(); p != nil {
			data, err = nil, errors.New("panic in handler: "+string(debug.Stack()))
			s.log.Error("panic in handler", "panic", p)
		}
	}()
	return h(r.Context(), r)
}

// refusal is the one place where errors become answers. What is not a domain
// error is logged with its cause and answered as 500.
func (s *Server) refusal(r *http.Request, requestID, route string, err error) (envelope, int) {
	code, data := vending.CodeInternal, vending.Data{"request_id": requestID}
	var domain *vending.Error
	switch {
	case errors.Is(err, errRouteNotFound):
		code, data = vending.CodeNotFound, vending.Data{}
	case errors.As(err, &domain):
		code, data = domain.Code, domain.Data
		if data == nil {
			data = vending.Data{}
		}
	default:
		s.log.Error("request failed", "request_id", requestID, "route", route, "error", err)
	}
	e := s.errors[code]
	status := e.Status
	if code == vending.CodeNotFound && domain != nil {
		status = http.StatusOK
	}
	message, counted := e.Message, "%d 个货道库存更新失败, "
	if s.cfg.Negotiate && strings.HasPrefix(strings.ToLower(r.Header.Get("Accept-Language")), "en") {
		message, counted = e.English, "%d channels not updated, "
	}
	// The one message with a parameter (errors.md §2.1).
	if failed, ok := data["failed"].(int64); ok && code == vending.CodeCapacity {
		message = fmt.Sprintf(counted, failed) + message
	}
	return envelope{Code: code, Message: message, Data: data}, status
}

// writeJSON sends an answer and returns its text.
func writeJSON(w http.ResponseWriter, status int, body envelope) []byte {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // of types that always can be
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(text.Bytes()) // the client is gone; there is nobody to tell
	return text.Bytes()
}

func newRequestID() string {
	var raw [12]byte
	_, _ = rand.Read(raw[:]) // never fails, it ends the process instead
	return hex.EncodeToString(raw[:])
}
