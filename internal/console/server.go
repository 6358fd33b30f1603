// Package console is the adapter of the web console: its JSON API under
// /api/console/v1, described by api/console.yaml, and the pages at /console/.
// There is one file per resource; routes.go joins them.
package console

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"path"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/audit"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/live"
	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// Prefix is the path every endpoint starts with.
const Prefix = "/api/console/v1"

// Config holds the settings of the console.
type Config struct {
	// PublicURL is http.public_url without a slash at its end.
	PublicURL string
	// TrustedProxies are the addresses whose X-Forwarded-… headers are believed.
	TrustedProxies []netip.Prefix
	// OIDC is the provider that users may sign in with; its Issuer is "" for none.
	OIDC OIDC
	// Zone is used for machines and merchants without one of their own.
	Zone *time.Location
	// OfflineAfter is the silence that makes a machine offline, in milliseconds.
	OfflineAfter int64
	// HTTPWindow and MQTTWindow are the accepted distances of a timestamp, in
	// seconds; 0 is any.
	HTTPWindow, MQTTWindow int64
}

// UseCases are what the endpoints call.
type UseCases struct {
	Account     *account.Service
	Audit       *audit.Log
	Provision   *provision.Applier
	Live        *live.Hub
	Catalog     *catalog.Service
	Pickup      *pickup.Service
	Ordering    *ordering.Service
	Dispense    *dispense.Service
	Fleet       *fleet.Service
	Jobs        *fleet.Jobs
	MachineLog  *machinelog.Log
	Credentials *credentials.Service
	AlertRules  *alerts.Rules
	// System tells what this node knows of itself and the others.
	System func(ctx context.Context) (System, error)
	// CheckCallbackURL judges an address as vending.CheckNotifyURL does.
	CheckCallbackURL func(url string) (reason string)
	// TestCallback posts a test event.
	TestCallback func(ctx context.Context, m db.Merchant, url string) (CallbackTest, error)
	// APIOperations lists what merchants can call. CallAPI calls the merchant API for
	// one of them, without its AppSecret; client is an address.
	APIOperations func() ([]APIOperation, error)
	CallAPI       func(ctx context.Context, m db.Merchant, verb, path, client string, body []byte) (APIAnswer, error)
	// Recover sends dead letters again that are as old as since, in UTC
	// milliseconds, or younger; more tells that there may be others.
	Recover func(ctx context.Context, merchantID, since int64) (queued int64, more bool, err error)
	// Resend sends a dead letter again, or returns ErrNotDead.
	Resend func(ctx context.Context, callbackID int64) error
	// Simulator runs virtual machines; it is nil where there are none.
	Simulator Simulator
}

// ErrNotDead means that a message to a notify_url has not been given up.
var ErrNotDead error = fault{http.StatusConflict, "callback_not_dead", ""}

// Observer is told of every answer, for metrics: the endpoint's route, the
// HTTP status and how long it took.
type Observer func(route string, status int, took time.Duration)

// Server serves the console.
type Server struct {
	store   *store.Store
	use     UseCases
	clock   vending.Clock
	cfg     Config
	log     *slog.Logger
	observe Observer
	origins *http.CrossOriginProtection
	pages   map[string]page
	mux     *http.ServeMux
	streams streams
	oidc    *oidcClient // nil if it is switched off
}

// New makes the server. files are the built pages. observe may be nil.
func New(st *store.Store, use UseCases, files fs.FS, clock vending.Clock, cfg Config, observe Observer, log *slog.Logger) (*Server, error) {
	s := &Server{
		store: st, use: use, clock: clock, cfg: cfg, log: log, observe: observe,
		origins: http.NewCrossOriginProtection(), mux: http.NewServeMux(), streams: newStreams(),
	}
	if cfg.OIDC.Issuer != "" {
		s.oidc = newOIDCClient(cfg.OIDC, clock)
	}
	if cfg.PublicURL != "" {
		if err := s.origins.AddTrustedOrigin(cfg.PublicURL); err != nil {
			log.Warn("http.public_url is no origin; the console believes the Host header alone", "error", err)
		}
	}
	var err error
	if s.pages, err = loadPages(files); err != nil {
		return nil, err
	}
	for _, r := range s.routes() {
		s.mux.Handle(r.verb+" "+Prefix+r.path, s.serve(r))
	}
	s.mux.Handle("/", s.serve(route{path: "unknown", access: anybody, handler: unknownRoute}))
	return s, nil
}

// Serves tells whether a path belongs to the console.
func (s *Server) Serves(path string) bool {
	return strings.HasPrefix(path, Prefix+"/") || path == "/console" || strings.HasPrefix(path, "/console/") || isField(path)
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, Prefix+"/") {
		s.servePage(w, r)
		return
	}
	if path.Clean(r.URL.Path) != r.URL.Path { // the mux would redirect it
		s.serve(route{path: "unknown", access: anybody, handler: unknownRoute}).ServeHTTP(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}
