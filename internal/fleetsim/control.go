package fleetsim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/vendlane/vendlane/internal/simulator"
)

// publishPatience bounds how long a published message waits for its PUBACK.
const publishPatience = 10 * time.Second

// Control steers a fleet over HTTP:
//
//	GET  /summary                      sums
//	GET  /machines                     all machines
//	GET  /machines/{no}                one machine with its state
//	PUT  /faults                       a profile for all, YAML or JSON
//	PUT  /machines/{no}/faults         a profile for one
//	POST /machines/{no}/kill           power loss; comes back by itself
//	POST /machines/{no}/start          switches on a machine that is off
//	POST /machines/{no}/offline?for=30s
//	POST /machines/{no}/publish        {"method": "…", "fields": {"…": "…"}}
//	POST /storm                        all machines reconnect at once
//
// Answers are JSON; a refusal is {"error": "…"} with status 400, 404 (no such
// machine), 409 (the machine is off, not connected, or on already) or 504 (the
// server did not acknowledge in 10 s). There is no log-in: it belongs on a
// loopback address.
func Control(f *Fleet) http.Handler {
	c := control{f}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /summary", c.answer(func(*http.Request) (any, error) { return f.Summary(), nil }))
	mux.HandleFunc("GET /machines", c.answer(func(*http.Request) (any, error) { return f.Snapshot(), nil }))
	mux.HandleFunc("GET /machines/{no}", c.answer(func(r *http.Request) (any, error) { return f.Machine(r.PathValue("no")) }))
	mux.HandleFunc("PUT /faults", c.answer(c.setFaults))
	mux.HandleFunc("PUT /machines/{no}/faults", c.answer(c.setMachineFaults))
	mux.HandleFunc("POST /machines/{no}/kill", c.do(func(r *http.Request) error { return f.Kill(r.PathValue("no")) }))
	mux.HandleFunc("POST /machines/{no}/start", c.do(func(r *http.Request) error { return f.SwitchOn(r.PathValue("no")) }))
	mux.HandleFunc("POST /machines/{no}/offline", c.do(c.offline))
	mux.HandleFunc("POST /machines/{no}/publish", c.do(c.publish))
	mux.HandleFunc("POST /storm", c.answer(func(r *http.Request) (any, error) {
		return map[string]int{"machines": f.Storm(r.Context())}, nil
	}))
	return mux
}

type control struct{ fleet *Fleet }

// do is answer for what has no answer of its own.
func (c control) do(act func(*http.Request) error) http.HandlerFunc {
	return c.answer(func(r *http.Request) (any, error) { return map[string]bool{"ok": true}, act(r) })
}

func (c control) answer(act func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxFaultsSize)
		status := http.StatusOK
		answer, err := act(r)
		if err != nil {
			status, answer = statusOf(err), map[string]string{"error": err.Error()}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(answer) // the client may have left
	}
}

func statusOf(err error) int {
	switch {
	case errors.Is(err, ErrUnknownMachine):
		return http.StatusNotFound
	case errors.Is(err, simulator.ErrOff), errors.Is(err, simulator.ErrNotConnected), errors.Is(err, ErrOn):
		return http.StatusConflict
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout
	default:
		return http.StatusBadRequest
	}
}

func readFaults(r *http.Request) (Faults, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return Faults{}, fmt.Errorf("body: %w", err)
	}
	return ParseFaults(text)
}

func (c control) setFaults(r *http.Request) (any, error) {
	faults, err := readFaults(r)
	if err != nil {
		return nil, err
	}
	return faults, c.fleet.SetFaults(faults)
}

func (c control) setMachineFaults(r *http.Request) (any, error) {
	faults, err := readFaults(r)
	if err != nil {
		return nil, err
	}
	return faults, c.fleet.SetMachineFaults(r.PathValue("no"), faults, 0)
}

func (c control) offline(r *http.Request) error {
	d, err := time.ParseDuration(r.URL.Query().Get("for"))
	if err != nil || d < 0 || d > maxFor {
		return fmt.Errorf("for= is a duration such as 30s, at most %v", maxFor)
	}
	return c.fleet.GoOffline(r.Context(), r.PathValue("no"), d)
}

// publication is the body of publish.
type publication struct {
	Method string            `json:"method"`
	Fields map[string]string `json:"fields"`
}

func (c control) publish(r *http.Request) error {
	body := json.NewDecoder(r.Body)
	body.DisallowUnknownFields()
	var p publication
	if err := body.Decode(&p); err != nil {
		return fmt.Errorf(`body is {"method": "…", "fields": {"…": "…"}}: %w`, err)
	}
	if body.More() {
		return errors.New("body is more than one object")
	}
	ctx, cancel := context.WithTimeout(r.Context(), publishPatience)
	defer cancel()
	return c.fleet.Publish(ctx, r.PathValue("no"), p.Method, p.Fields)
}
