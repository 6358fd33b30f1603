package console

import (
	"encoding/json"
	"net/http"
)

// answerer is an answer that is not a JSON value. It returns the HTTP status.
type answerer interface {
	answer(w http.ResponseWriter, r *http.Request) int
}

// redirect sends a browser elsewhere.
type redirect string

func (to redirect) answer(w http.ResponseWriter, _ *http.Request) int {
	w.Header().Set("Location", string(to))
	w.WriteHeader(http.StatusSeeOther)
	return http.StatusSeeOther
}

// created marks an answer to be sent with HTTP 201.
type created struct{ value any }

// write sends what a handler returned.
func write(w http.ResponseWriter, r *http.Request, v any) int {
	status := http.StatusOK
	switch v := v.(type) {
	case nil:
		status = http.StatusNoContent
		w.WriteHeader(status)
	case answerer:
		status = v.answer(w, r)
	case created:
		status = http.StatusCreated
		writeJSON(w, status, v.value)
	default:
		writeJSON(w, status, v)
	}
	return status
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(v) // the client is gone; there is nobody to tell
}
