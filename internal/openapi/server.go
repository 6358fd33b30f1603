package openapi

import (
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/nodes"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/requestlog"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// Prefix is the path every endpoint starts with (openapi.md §1.1).
const Prefix = "/api/openapi/v1"

// Config holds the settings of the API (openapi.md §8).
type Config struct {
	// TimestampWindow is signing.timestamp_window_s; 0 switches the distance
	// test off.
	TimestampWindow int64
	// RequestsPerSecond and Burst limit each AppId; RequestsPerSecond 0 is off.
	RequestsPerSecond float64
	Burst             int
	// AuthFailures within AuthWindow (milliseconds) block a client address; 0
	// is off.
	AuthFailures int
	AuthWindow   int64
	// TrustedProxies are the addresses whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// AllowPrivateCallbacks is callback.allow_private, AllowCallbackRanges is
	// callback.allow_ranges.
	AllowPrivateCallbacks bool
	AllowCallbackRanges   []netip.Prefix
	// Negotiate answers in English when asked to (i18n.negotiate).
	Negotiate bool
	// Zone is used for machines without one of their own.
	Zone *time.Location
	// PublicURL comes before the path of a stored picture, without a slash at
	// its end.
	PublicURL string
	// Requests keeps the calls for the merchant's developer; nil keeps none.
	Requests *requestlog.Log
}

// UseCases are what the endpoints call.
type UseCases struct {
	Pickup   *pickup.Service
	Ordering *ordering.Service
	Dispense *dispense.Service
	Fleet    *fleet.Service
	Catalog  *catalog.Service
}

// Server serves the Open API.
type Server struct {
	store    *store.Store
	box      *secrets.Box
	use      UseCases
	clock    vending.Clock
	cfg      Config
	log      *slog.Logger
	errors   map[vending.Code]WireError
	rates    *rateLimiter
	failures *authFailures
	observe  Observer
	mux      *http.ServeMux
	unknown  http.Handler
}

// Observer is told of every answer, for metrics: the endpoint's route, the
// code of the envelope and how long it took.
type Observer func(route string, code vending.Code, took time.Duration)

// New makes the server. observe may be nil.
func New(st *store.Store, box *secrets.Box, use UseCases, clock vending.Clock, cfg Config, observe Observer, log *slog.Logger) *Server {
	s := &Server{
		store: st, box: box, use: use, clock: clock, cfg: cfg, log: log,
		errors:   map[vending.Code]WireError{},
		rates:    newRateLimiter(cfg.RequestsPerSecond, cfg.Burst, clock),
		failures: newAuthFailures(cfg.AuthFailures, cfg.AuthWindow, clock),
		observe:  observe,
		mux:      http.NewServeMux(),
	}
	for _, e := range Catalogue() {
		s.errors[e.Code] = e
	}
	s.unknown = s.answer("unknown", notFound)
	for _, r := range s.routes() {
		s.mux.Handle(r.verb+" "+Prefix+r.path, s.answer(r.path, r.endpoint()))
	}
	// Everything else, and every verb a path does not have.
	s.mux.Handle("/", s.unknown)
	return s
}

// Tallies are the counters of the limits of openapi.md §1.3, for all nodes
// together: requests by AppId, and failed authentications by client address.
func (s *Server) Tallies() (requests, failures *nodes.Tally) { return s.rates.tally, s.failures.tally }

// ServeHTTP implements http.Handler. A trailing slash is ignored
// (openapi.md §1.1); paths that are not in their plain form are unknown ones.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	trimmed := strings.TrimRight(r.URL.Path, "/")
	if trimmed == "" || path.Clean(trimmed) != trimmed {
		s.unknown.ServeHTTP(w, r)
		return
	}
	if trimmed != r.URL.Path {
		r = r.Clone(r.Context())
		r.URL.Path, r.URL.RawPath = trimmed, strings.TrimRight(r.URL.RawPath, "/")
	}
	s.mux.ServeHTTP(w, r)
}
