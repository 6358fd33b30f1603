// Package app wires the platform together and runs it: boot order, listeners,
// periodic sweeps, health, metrics and a stop that loses nothing.
package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	_ "time/tzdata" // zones of machines must not depend on the host

	"github.com/prometheus/client_golang/prometheus"
	"github.com/vendlane/vendlane/api"
	"github.com/vendlane/vendlane/docs"
	"github.com/vendlane/vendlane/internal/account"
	"github.com/vendlane/vendlane/internal/alertpost"
	"github.com/vendlane/vendlane/internal/alerts"
	"github.com/vendlane/vendlane/internal/apidocs"
	"github.com/vendlane/vendlane/internal/callback"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/config"
	"github.com/vendlane/vendlane/internal/console"
	"github.com/vendlane/vendlane/internal/credentials"
	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/docsite"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/live"
	"github.com/vendlane/vendlane/internal/machineapi"
	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/internal/nodes"
	"github.com/vendlane/vendlane/internal/notify"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/pickuppage"
	"github.com/vendlane/vendlane/internal/provision"
	"github.com/vendlane/vendlane/internal/requestlog"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/storage"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
	"golang.org/x/net/netutil"
	"golang.org/x/sync/singleflight"
)

// Options are what tests and the demo replace. Zero values mean the real thing.
type Options struct {
	Clock  vending.Clock
	Random io.Reader
	Log    *slog.Logger
	// Routes are served beside the API by exact path, for the demo's callback
	// sink.
	Routes map[string]http.Handler
	// Simulator runs virtual machines that the console steers; it may be nil.
	Simulator console.Simulator
	// Machines and Receivers stand for the machines and for whoever is at
	// notify_urls, in a past that CatchUp leads through.
	Machines  machineapi.Sender
	Receivers http.RoundTripper
	// Unsynced makes SQLite's commits durable at the end only (sqlite.Options).
	Unsynced bool
}

// App is the wired platform. Its use cases may be called from New on; the
// outside world reaches them from Run on.
type App struct {
	Config     config.Config
	Store      *store.Store
	Provision  *provision.Applier
	API        *openapi.Server
	Fleet      *fleet.Service
	Catalog    *catalog.Service
	Dispense   *dispense.Service
	MachineLog *machinelog.Log
	Account    *account.Service
	// MachineAPI takes what machines say.
	MachineAPI *machineapi.Handler
	// Requests is nil if the console, which shows it, is switched off.
	Requests *requestlog.Log

	log         *slog.Logger
	pickup      *pickup.Service
	jobs        *fleet.Jobs
	ordering    *ordering.Service
	pictures    *storage.Folder
	credentials *credentials.Service
	docs        *apidocs.Docs
	site        *docsite.Site
	console     *console.Server    // nil if it is switched off
	pickupPage  *pickuppage.Server // nil if it is switched off
	live        *live.Hub
	changes     *live.Pruner
	gateway     *devicegw.Gateway
	node        *nodes.Node // nil if the engine serves one node only
	nodeID      string
	startedAt   int64
	commands    *machineapi.Relay
	callbacks   *callback.Relay
	notifier    *notify.Notifier
	clock       vending.Clock
	alertPost   *alertpost.Relay
	alertWatch  *alerts.Watch
	metrics     *prometheus.Registry
	routes      map[string]http.Handler
	ready       atomic.Bool
	deaf        atomic.Bool        // the database did not answer when it was last asked
	looks       singleflight.Group // at the database, for readiness and health

	httpListener, adminListener net.Listener
	machines                    machineListeners
}

// New opens the data folder and the store and wires everything. The caller
// ends it with Run, or with Close if it never runs.
func New(ctx context.Context, cfg config.Config, opts Options) (*App, error) {
	if opts.Clock == nil {
		opts.Clock = time.Now
	}
	if opts.Random == nil {
		opts.Random = rand.Reader
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	opts.Log = slog.New(newFloodGate(opts.Log.Handler()))
	zone, err := cfg.Zone()
	if err != nil {
		return nil, err
	}
	if err := prepareData(cfg.Data); err != nil {
		return nil, err
	}
	key, err := masterKey(cfg, opts.Random, opts.Log)
	if err != nil {
		return nil, err
	}
	box, err := secrets.NewBox(key, opts.Random)
	if err != nil {
		return nil, err
	}
	machines, err := newMachineListeners(cfg.MQTT, opts.Clock, opts.Log)
	if err != nil {
		return nil, err
	}
	engine, err := openEngine(ctx, cfg, opts.Unsynced)
	if err != nil {
		return nil, err
	}
	pictures, err := storage.Open(filepath.Join(cfg.Data, pictureFolder))
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	a := &App{
		Config: cfg, Store: store.New(engine), pictures: pictures, log: opts.Log, metrics: newRegistry(), routes: opts.Routes,
		docs: apidocs.New(api.OpenAPI, opts.Log), site: docsite.New(docs.Pages, opts.Log), machines: machines,
	}
	if a.nodeID, err = nodes.NewID(opts.Random); err != nil {
		return nil, errors.Join(err, pictures.Close(), engine.Close())
	}
	a.startedAt = opts.Clock.Millis()
	if bus, several := engine.(nodes.Bus); several {
		a.node = nodes.New(a.nodeID, a.Store, bus, opts.Clock, opts.Log)
	}
	a.wire(box, zone, opts)
	if err := errors.Join(a.wireConsole(key, zone, opts), a.wirePickupPage(zone, opts)); err != nil {
		return nil, errors.Join(err, pictures.Close(), engine.Close())
	}
	return a, nil
}

func (a *App) wire(box *secrets.Box, zone *time.Location, opts Options) {
	cfg, st, log := a.Config, a.Store, opts.Log
	holder := "" // of machines: nobody asks who it is where there is one node
	if a.node != nil {
		holder = a.nodeID
	}
	a.pickup = pickup.New(st, opts.Clock, opts.Random, pickup.Config{
		Zone: zone,
		WrongCodes: vending.WrongCodeLimits{
			Max: cfg.Consume.BruteForce.Max, Window: cfg.Consume.BruteForce.WindowS * 1000,
			Lock: cfg.Consume.BruteForce.LockS * 1000,
		},
	}, log)
	notifier := notify.New(box, opts.Random)
	a.notifier, a.clock = notifier, opts.Clock
	a.ordering = ordering.New(st, notifier, opts.Clock, ordering.Config{
		UnpaidTTL: cfg.Order.UnpaidTTLS * 1000, Zone: zone,
	}, log)
	a.Dispense = dispense.New(st, a.ordering, notifier, opts.Clock, opts.Random, dispense.Config{
		Locks: vending.LockTimes(cfg.Dispense.LockS), Timeout: cfg.Dispense.TimeoutS * 1000, Zone: zone,
	}, log)
	a.Fleet = fleet.New(st, box, opts.Clock, fleet.Config{
		Zone: zone, OfflineAfter: cfg.Machine.OfflineAfterS * 1000, Node: holder,
	}, log)
	publicURL := strings.TrimRight(cfg.HTTP.PublicURL, "/")
	a.Catalog = catalog.New(st, opts.Clock, catalog.Config{PublicURL: publicURL}, log)
	a.MachineLog = machinelog.New(st, opts.Clock, log)
	if cfg.Console.Enabled {
		a.Requests = requestlog.New(st, box, opts.Clock, log)
	}
	a.credentials = credentials.New(st, box, opts.Clock, opts.Random)
	a.Provision = provision.New(provision.Deps{
		Store: st, Box: box, Pickup: a.pickup, Catalog: a.Catalog, Fleet: a.Fleet, Pictures: a.pictures,
		Clock: opts.Clock, Random: opts.Random, Zone: zone,
	})

	a.API = openapi.New(st, box, openapi.UseCases{
		Pickup: a.pickup, Ordering: a.ordering, Dispense: a.Dispense, Fleet: a.Fleet,
		Catalog: a.Catalog,
	}, opts.Clock, openapi.Config{
		TimestampWindow:       cfg.Signing.TimestampWindowS,
		RequestsPerSecond:     cfg.RateLimit.AppRPS,
		Burst:                 cfg.RateLimit.AppBurst,
		AuthFailures:          cfg.RateLimit.AuthFailMax,
		AuthWindow:            cfg.RateLimit.AuthFailWindowS * 1000,
		TrustedProxies:        cfg.HTTP.TrustedProxies,
		AllowPrivateCallbacks: cfg.Callback.AllowPrivate,
		AllowCallbackRanges:   cfg.Callback.AllowRanges,
		Negotiate:             cfg.I18n.Negotiate,
		PublicURL:             publicURL,
		Requests:              a.Requests,
		Zone:                  zone,
	}, observeRequests(a.metrics), log)

	deps := machineapi.Deps{
		Store: st, Box: box, Fleet: a.Fleet, Dispense: a.Dispense, Catalog: a.Catalog, Pickup: a.pickup,
		MachineLog: a.MachineLog, Requests: a.Requests, Clock: opts.Clock, Log: log, Metrics: a.metrics, Node: a.nodeID,
	}
	if a.node != nil {
		deps.TakeOver = a.node.TakeOver
		a.shareLimits()
	}
	a.MachineAPI = machineapi.New(deps, machineapi.Config{
		AcceptAppIDKey:  cfg.MQTT.AcceptAppIDKey,
		TimestampWindow: cfg.MQTT.TimestampWindowS,
		RequireOwnTopic: cfg.MQTT.RequireOwnTopic,
	})
	a.gateway = devicegw.New(devicegw.Config{MaxConns: cfg.MQTT.MaxConnections}, a.MachineAPI, log)
	if opts.Machines == nil {
		opts.Machines = a.gateway
	}
	a.commands = machineapi.NewRelay(deps, opts.Machines)

	retries := make([]time.Duration, len(cfg.Callback.RetryS))
	for i, s := range cfg.Callback.RetryS {
		retries[i] = time.Duration(s) * time.Second
	}
	a.callbacks = callback.New(st, box, opts.Clock, callback.Config{
		Node: a.nodeID, Timeout: time.Duration(cfg.Callback.TimeoutS) * time.Second, Retry: retries,
		AllowPrivate: cfg.Callback.AllowPrivate, AllowPrefixes: cfg.Callback.AllowRanges,
		Receivers: opts.Receivers,
	}, log)
	a.wireAlerts(zone, opts)
	registerStats(a.metrics, a.gateway, a.callbacks)
	a.machines.registerExpiry(a.metrics)
}

// Listen opens the ports, so that a taken one is reported before anything
// runs and port 0 has its real number.
func (a *App) Listen(ctx context.Context) error {
	for _, l := range []struct {
		key, addr string
		listener  *net.Listener
	}{
		{"http.listen", a.Config.HTTP.Listen, &a.httpListener},
		{"http.admin_listen", a.Config.HTTP.AdminListen, &a.adminListener},
	} {
		if l.addr == "" {
			continue
		}
		opened, err := listen(ctx, l.key, l.addr)
		if err != nil {
			return err
		}
		*l.listener = opened
	}
	// Without a bound, whoever opens connections takes the descriptors and the
	// memory of machines and database as well.
	a.httpListener = netutil.LimitListener(a.httpListener, a.Config.HTTP.MaxConnections)
	return a.machines.open(ctx, a.Config.MQTT)
}

// listen opens a port; its error names the setting the address is from.
func listen(ctx context.Context, key, addr string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot listen on %s: %w", key, addr, err)
	}
	return l, nil
}

// HTTPAddr is the address the API listens on.
func (a *App) HTTPAddr() net.Addr { return a.httpListener.Addr() }

// MQTTAddr is the address machines connect to without encryption, or nil if
// there is none.
func (a *App) MQTTAddr() net.Addr { return addrOf(a.machines.plain) }

// Close releases an app that is not running.
func (a *App) Close() error {
	var errs []error
	for _, l := range append(a.machines.all(), a.httpListener, a.adminListener) {
		if l != nil {
			if err := l.Close(); !errors.Is(err, net.ErrClosed) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(append(errs, a.pictures.Close(), a.Store.Close())...)
}
