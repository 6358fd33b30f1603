// Package pickuppage is the page behind the QR code on a machine, /p/{machine_no}:
// a customer enters a pickup code, sees what it is for, and has the machine drop
// it. It is HTML made on the server; everything works without JavaScript, which
// only saves taps and keeps the result up to date.
//
// It needs no cookie: who has a code may use it, and nothing else is asked for.
// So there is nothing a foreign site could abuse in a customer's name but the
// tries left to their address, and requests from other origins are refused.
package pickuppage

import (
	"context"
	"embed"
	"errors"
	"hash/maphash"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/clientaddr"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/guesses"
	"github.com/vendlane/vendlane/internal/nodes"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
	"github.com/vendlane/vendlane/internal/webpage"
)

// Prefix starts the path of every page.
const Prefix = vending.PickupPagePrefix

// Wrong codes of one client address, at one machine and at all of them, that lock
// it, and for how long in milliseconds. That of one machine is below the lock of
// the machine (consume.md §5): one phone must not lock out all other customers.
const (
	triesAtMachine = 5
	triesInAll     = 30
	triesWindow    = 10 * 60 * 1000
)

// maxForm bounds the body of a request, in bytes.
const maxForm = 4 << 10

//go:embed files
var files embed.FS

// Config holds the settings of the page.
type Config struct {
	// PublicURL is http.public_url without a slash at its end; its pages are our own
	// also where a proxy changes the Host header.
	PublicURL string
	// TrustedProxies are the addresses whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// Zone is used for machines without one of their own.
	Zone *time.Location
}

// UseCases are what the page calls.
type UseCases struct {
	Pickup   *pickup.Service
	Dispense *dispense.Service
}

// Server serves the page.
type Server struct {
	store   *store.Store
	use     UseCases
	clock   vending.Clock
	random  io.Reader
	cfg     Config
	log     *slog.Logger
	page    *template.Template
	assets  map[string][]byte
	origins *http.CrossOriginProtection
	mux     *http.ServeMux

	atMachine, inAll *guesses.Counter
	// turns make the codes of one address come one after the other, or many at
	// once would pass its limit together.
	turns [64]chan struct{}
	seed  maphash.Seed
}

// New makes the server. random must be cryptographic: the addresses of results
// are drawn from it.
func New(st *store.Store, use UseCases, clock vending.Clock, random io.Reader, cfg Config, log *slog.Logger) (*Server, error) {
	s := &Server{
		store: st, use: use, clock: clock, random: random, cfg: cfg, log: log, assets: map[string][]byte{},
		origins: http.NewCrossOriginProtection(), mux: http.NewServeMux(), seed: maphash.MakeSeed(),
		atMachine: guesses.New(clock, vending.WrongCodeLimits{Max: triesAtMachine, Window: triesWindow, Lock: triesWindow}),
		inAll:     guesses.New(clock, vending.WrongCodeLimits{Max: triesInAll, Window: triesWindow, Lock: triesWindow}),
	}
	if cfg.PublicURL != "" {
		if err := s.origins.AddTrustedOrigin(cfg.PublicURL); err != nil {
			log.Warn("http.public_url is no origin; the pickup page believes the Host header alone", "error", err)
		}
	}
	var err error
	if s.page, err = template.ParseFS(files, "files/page.html"); err != nil {
		return nil, err
	}
	for _, name := range []string{"page.css", "page.js"} {
		if s.assets[name], err = files.ReadFile("files/" + name); err != nil {
			return nil, err
		}
	}
	for i := range s.turns {
		s.turns[i] = make(chan struct{}, 1)
	}
	s.mux.HandleFunc("GET /p/-/{name}", s.asset)
	s.mux.HandleFunc("GET /p/{machine_no}", s.at(s.enter))
	s.mux.HandleFunc("POST /p/{machine_no}", s.at(s.look))
	s.mux.HandleFunc("POST /p/{machine_no}/redeem", s.at(s.redeem))
	s.mux.HandleFunc("GET /p/{machine_no}/{ref}", s.at(s.result))
	s.mux.HandleFunc("POST /p/{machine_no}/{ref}", s.at(s.start))
	return s, nil
}

// Tallies are the counters of wrong codes by address, for all nodes together.
func (s *Server) Tallies() (atMachine, inAll *nodes.Tally) {
	return s.atMachine.Tally(), s.inAll.Tally()
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "+
		"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	// The address of a result is a secret of the customer. (With "no-referrer" old
	// browsers would send no origin with a form, and be refused.)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	s.mux.ServeHTTP(w, r)
}

// asset serves the style and the script.
func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	content, known := s.assets[name]
	if !known {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/css; charset=utf-8")
	if strings.HasSuffix(name, ".js") {
		h.Set("Content-Type", "text/javascript; charset=utf-8")
	}
	h.Set("Cache-Control", "max-age=300")
	_, _ = w.Write(content) // the client is gone; there is nobody to tell
}

// visit is one request of a customer and the machine it is about.
type visit struct {
	r        *http.Request
	lang     string
	client   string
	machine  store.Machine
	merchant db.Merchant
}

// handler answers a visit with a view, or with an error.
type handler func(ctx context.Context, v *visit) (view, error)

// redirect is a view that is elsewhere.
func redirect(path string) view { return view{location: path} }

// at finds the machine of the path, runs a handler and shows what it returns.
func (s *Server) at(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		v := &visit{r: r, client: clientaddr.Network(clientaddr.Of(r, s.cfg.TrustedProxies)).String()}
		v.lang = webpage.Language(r.FormValue("lang"), r.Header.Get("Accept-Language"))
		shown, err := s.answer(r.Context(), v, h)
		if err != nil {
			// The path may hold the address of a result, which is the customer's.
			s.log.Error("the pickup page has no answer", "machine_no", r.PathValue("machine_no"), "error", err)
			shown = view{Kind: kindError, status: http.StatusInternalServerError}
		}
		s.write(w, v, shown)
	}
}

func (s *Server) answer(ctx context.Context, v *visit, h handler) (view, error) {
	if s.origins.Check(v.r) != nil {
		return view{Kind: kindError, status: http.StatusForbidden}, nil //nolint:nilerr // that is what the caller is told
	}
	no := v.r.PathValue("machine_no")
	var found bool
	var err error
	if vending.Storable(no) { // not every engine can look it up
		v.machine, found, err = store.Find(s.store.MachineByNo(ctx, no))
	}
	if err != nil {
		return view{}, err
	}
	if !found {
		return view{Kind: kindNowhere, status: http.StatusNotFound}, nil
	}
	if v.merchant, err = s.store.MerchantByID(ctx, v.machine.Machine.MerchantID); err != nil {
		return view{}, err
	}
	// Debug mode lets a merchant's developer redeem at a machine that is offline.
	// The customer in front of it must not.
	v.merchant.Debug = false
	return h(ctx, v)
}

// turn waits until no other code of the client is looked at.
func (s *Server) turn(ctx context.Context, client string) (leave func(), err error) {
	t := s.turns[maphash.String(s.seed, client)%uint64(len(s.turns))]
	select {
	case t <- struct{}{}:
		return func() { <-t }, nil
	case <-ctx.Done():
		return nil, errors.Join(errors.New("wait for the turn of a client"), ctx.Err())
	}
}
