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
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
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
		rates:    newRateLimiter(cfg.RequestsPerSecond, cfg.Burst),
		failures: newAuthFailures(cfg.AuthFailures, cfg.AuthWindow),
		observe:  observe,
		mux:      http.NewServeMux(),
	}
	for _, e := range Catalogue() {
		s.errors[e.Code] = e
	}
	s.unknown = s.answer("unknown", notFound)
	s.routes()
	return s
}

func (s *Server) routes() {
	// Endpoints without a payload.
	s.handle("POST /ping", s.bare(s.ping))
	s.handle("POST /rent/machines", s.bare(s.machines))
	s.handle("POST /rent/machines/{machine_no}", s.bare(s.machine))
	// Endpoints with a signed payload.
	s.handle("POST /products", s.signed(s.products))
	s.handle("POST /products/{product_id}/pickup_code", s.signed(s.productCodes))
	s.handle("POST /pickup_codes", s.signed(methods{
		"pickup_code.product.id":  s.issueForProduct,
		"pickup_code.product.all": s.issueForAll,
	}.dispatch))
	s.handle("PUT /pickup_codes", s.signed(methods{
		"pickup_code.delete.id":  s.cancelCode,
		"pickup_code.delete.all": s.cancelAllCodes,
	}.dispatch))
	s.handle("POST /consumes", s.signed(methods{"event.consume.pickup_code": s.consume}.dispatch))
	s.handle("POST /orders/{order_id}", s.signed(s.order))
	s.handle("POST /deliveries", s.signed(methods{"device.delivery.put": s.startDelivery}.dispatch))
	s.handle("POST /deliveries/{delivery_id}", s.signed(s.delivery))
	// Never the id of a delivery (openapi.md §7.18); test dispenses come later.
	s.handle("POST /deliveries/debug", notFound)
	// Everything else, and every verb a path does not have.
	s.mux.Handle("/", s.unknown)
}

func (s *Server) handle(pattern string, h endpoint) {
	verb, path, _ := strings.Cut(pattern, " ")
	s.mux.Handle(verb+" "+Prefix+path, s.answer(path, h))
}

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
