package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/vendlane/vendlane/signature"
)

// eventKey is the key of an event in a context.
type eventKey struct{}

// EventFrom returns the verified event of a request that came through
// [Callbacks.Middleware].
func EventFrom(ctx context.Context) (Event, bool) {
	e, ok := ctx.Value(eventKey{}).(Event)
	return e, ok
}

// Middleware lets only verified callbacks through to next, which finds the event with
// [EventFrom] and may read the body once more. Others are answered here: 405 if it is
// no POST, 413 if the body is too long, 400 if it cannot be read, 401 if its signature
// or its time is bad.
func (v *Callbacks) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			w.Header().Set("Allow", http.MethodPost)
			refuse(w, http.StatusMethodNotAllowed)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, signature.MaxSize))
		if err != nil {
			status := http.StatusBadRequest
			if errors.As(err, new(*http.MaxBytesError)) {
				status = http.StatusRequestEntityTooLarge
			}
			refuse(w, status)
			return
		}
		event, err := v.Verify(r.Header, body)
		switch {
		case errors.Is(err, ErrCallbackMalformed):
			refuse(w, http.StatusBadRequest)
		case err != nil:
			refuse(w, http.StatusUnauthorized)
		default:
			r = r.WithContext(context.WithValue(r.Context(), eventKey{}, event))
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		}
	})
}

// Handler is a whole notify_url: take gets each verified event. When it returns nil,
// the platform is told that the message has arrived; after an error the platform sends
// it again later (consume.md §9.5). take should return within seconds, and be ready
// for the same message again.
func (v *Callbacks) Handler(take func(ctx context.Context, e Event) error) http.Handler {
	return v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event, _ := EventFrom(r.Context())
		if take(r.Context(), event) != nil {
			refuse(w, http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
}

func refuse(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }
