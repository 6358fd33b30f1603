package app

import (
	"context"
	"net/http"
	"net/http/pprof"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/vendlane/vendlane/internal/docsite"
	"github.com/vendlane/vendlane/internal/pickuppage"
	"github.com/vendlane/vendlane/internal/storage"
)

const (
	// readyTimeout bounds the database look of /readyz.
	readyTimeout = 2 * time.Second
	// requestTimeout bounds what a request may wait for the database. A write
	// under way may take some seconds more; then there is still time for an
	// answer before writeTimeout.
	requestTimeout = 20 * time.Second
)

// Handler serves everything on the public HTTP port: the Open API and its
// documentation, the console, pictures, health and, unless there is an admin port, metrics.
// It compares paths itself because a ServeMux would redirect the unclean ones
// that the API answers with 404.
func (a *App) Handler() http.Handler {
	metrics, api := a.metricsHandler(), bounded(a.API)
	var pickupPage http.Handler
	if a.pickupPage != nil {
		pickupPage = bounded(a.pickupPage)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A request with a length as well as chunks may be two for a proxy in front:
		// the connection must end behind it (RFC 9112 §6.3). net/http hides the
		// length, so it ends behind all chunks.
		if len(r.TransferEncoding) > 0 {
			w.Header().Set("Connection", "close")
		}
		path := r.URL.Path
		switch {
		case a.routes[path] != nil:
			a.routes[path].ServeHTTP(w, r)
		case a.console != nil && a.console.Serves(path):
			a.console.ServeHTTP(w, r)
		case pickupPage != nil && strings.HasPrefix(path, pickuppage.Prefix):
			pickupPage.ServeHTTP(w, r)
		case strings.HasPrefix(path, storage.Prefix):
			a.pictures.ServeHTTP(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			api.ServeHTTP(w, r)
		case path == "/healthz":
			text(w, http.StatusOK, "ok")
		case path == "/readyz":
			a.readyz(w, r)
		case path == "/openapi.yaml":
			a.docs.ServeSpec(w, r)
		case path == "/docs/api":
			a.docs.ServePage(w, r)
		case path == docsite.Prefix, strings.HasPrefix(path, docsite.Prefix+"/"):
			a.site.ServeHTTP(w, r)
		case path == "/metrics" && a.Config.HTTP.AdminListen == "":
			metrics.ServeHTTP(w, r)
		default:
			api.ServeHTTP(w, r)
		}
	})
}

// bounded ends the context of a request in time for an answer.
func bounded(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		h.ServeHTTP(w, r.WithContext(ctx))
	})
}

// adminHandler serves what only the operator should see.
func (a *App) adminHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metricsHandler())
	mux.HandleFunc("GET /readyz", a.readyz)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// readyz says whether this node should get requests: it runs, is not stopping,
// and its database takes a write.
func (a *App) readyz(w http.ResponseWriter, r *http.Request) {
	if !a.ready.Load() {
		text(w, http.StatusServiceUnavailable, "starting or stopping")
		return
	}
	if err := a.look(r.Context()); err != nil {
		if !a.deaf.Swap(true) { // one line for each time, however often it is asked
			a.log.Error("not ready: the database does not answer", "error", err)
		}
		text(w, http.StatusServiceUnavailable, "database does not answer")
		return
	}
	if a.deaf.Swap(false) {
		a.log.Warn("ready again: the database answers")
	}
	text(w, http.StatusOK, "ready")
}

// look tells whether the database takes a write. Everybody may ask, so those who
// ask at the same time share one look.
func (a *App) look(ctx context.Context) error {
	_, err, _ := a.looks.Do("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTimeout)
		defer cancel()
		return nil, a.Store.Ping(ctx)
	})
	return err
}

func (a *App) metricsHandler() http.Handler {
	return promhttp.HandlerFor(a.metrics, promhttp.HandlerOpts{})
}

func text(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body + "\n")) // the client is gone; there is nobody to tell
}
