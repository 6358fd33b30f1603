package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/machineapi"
	"github.com/vendlane/vendlane/internal/machinelog"
	"github.com/vendlane/vendlane/internal/notify"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/vending"
	"golang.org/x/sync/errgroup"
)

// platform is the device side of the platform as `serve` runs it: gateway,
// machine protocol, use cases and SQLite. There is no HTTP and nobody to call
// back.
type platform struct {
	engine     *sqlite.Engine
	store      *store.Store
	box        *secrets.Box
	fleet      *fleet.Service
	dispense   *dispense.Service
	handler    *handler
	gateway    *devicegw.Gateway
	relay      *machineapi.Relay
	machineLog *machinelog.Log
	shop       shop
	online     int // machines that cheer has brought online, from the first on
}

// Settings of the platform where they matter here; they are the defaults.
const (
	offlineAfter   = 600_000
	unpaidTTL      = 1_200_000
	reportTimeout  = 120_000
	sqliteFileName = "bench.db"
)

func newPlatform(ctx context.Context, folder string, stderr io.Writer) (*platform, error) {
	engine, err := sqlite.Open(ctx, filepath.Join(folder, sqliteFileName), sqlite.Options{})
	if err != nil {
		return nil, err
	}
	key := make([]byte, secrets.KeySize)
	_, _ = rand.Read(key) // never fails, it ends the process instead
	box, err := secrets.NewBox(key, rand.Reader)
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	st, clock := store.New(engine), vending.Clock(time.Now)
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	notifier := notify.New(box, rand.Reader)
	orders := ordering.New(st, notifier, clock, ordering.Config{UnpaidTTL: unpaidTTL, Zone: time.UTC}, log)
	p := &platform{engine: engine, store: st, box: box}
	p.fleet = fleet.New(st, box, clock, fleet.Config{Zone: time.UTC, OfflineAfter: offlineAfter}, log)
	p.dispense = dispense.New(st, orders, notifier, clock, rand.Reader, dispense.Config{
		Locks: vending.LockTimes{Lock: 15, Motor: 30, Belt: 90, Default: 45}, Timeout: reportTimeout, Zone: time.UTC,
	}, log)
	p.machineLog = machinelog.New(st, clock, log)
	deps := machineapi.Deps{
		Store: st, Box: box, Fleet: p.fleet, Dispense: p.dispense,
		Catalog: catalog.New(st, clock, catalog.Config{}, log),
		Pickup:  pickup.New(st, clock, rand.Reader, pickup.Config{Zone: time.UTC}, log), MachineLog: p.machineLog,
		Clock: clock, Log: log,
	}
	p.handler = &handler{Handler: machineapi.New(deps, machineapi.Config{}), flights: newFlights()}
	p.gateway = devicegw.New(devicegw.Config{}, p.handler, log)
	p.relay = machineapi.NewRelay(deps, p.gateway)
	return p, nil
}

// servePlatform is the child process that is Vendlane. It makes the machines,
// listens, and does what its parent asks until r ends.
func servePlatform(ctx context.Context, folder string, machines, cold int, r io.Reader, w, stderr io.Writer) error {
	p, err := newPlatform(ctx, folder, stderr)
	if err != nil {
		return err
	}
	if p.shop, err = openShop(ctx, p.store, p.box, p.fleet, machines, cold); err != nil {
		return errors.Join(err, p.store.Close())
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, p.store.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return p.gateway.Serve(groupCtx, listener) })
	group.Go(func() error { return p.relay.Run(groupCtx) })
	logCtx, stopLog := context.WithCancel(context.WithoutCancel(ctx))
	logEnded := make(chan error, 1)
	go func() { logEnded <- p.machineLog.Run(logCtx) }()
	err = answer(groupCtx, r, w, response{Addr: listener.Addr().String()}, p.do)
	stop()
	limit, done := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer done()
	err = errors.Join(err, p.gateway.Shutdown(limit), group.Wait())
	stopLog()
	return errors.Join(err, <-logEnded, p.store.Close())
}

func (p *platform) do(ctx context.Context, q request) (response, error) {
	switch q.Op {
	case "settle":
		// Each collection halves the stacks that were needed at connect. A
		// server that idles comes to the same by itself within some minutes.
		for range 6 {
			debug.FreeOSMemory()
		}
		return response{}, nil
	case "bare":
		p.handler.bareReports.Store(q.BareReports)
		p.handler.bareBeats.Store(q.BareBeats)
		return response{}, nil
	case "commands":
		return p.commands(ctx, q)
	case "reach":
		return p.handler.flights.reach(ctx, q, p.sendBare), nil
	case "messages":
		return response{Count: int(p.handler.taken.Load())}, nil
	case "stored":
		return p.stored(ctx, q)
	}
	return response{}, errors.New("unknown request")
}

// commands measures the way to the machine and back: through the gateway alone,
// or from the start of a dispense until its report is stored.
func (p *platform) commands(ctx context.Context, q request) (response, error) {
	if p.handler.bareReports.Load() {
		return p.handler.flights.pace(ctx, q, p.sendBare), nil
	}
	if err := p.cheer(ctx, min(q.N, commandCount(q))); err != nil {
		return response{}, err
	}
	requests, err := p.shop.orders(ctx, p.store, commandCount(q), q.N)
	if err != nil {
		return response{}, err
	}
	return p.handler.flights.pace(ctx, q, func(ctx context.Context, i int, _ string) error {
		_, _, err := p.dispense.Start(ctx, p.shop.merchant, requests[i])
		return err
	}), nil
}

func (p *platform) sendBare(ctx context.Context, _ int, no string) error {
	return p.gateway.Send(ctx, no, devicegw.Outgoing{Payload: command(no)})
}

// cheer brings the first n machines online, as their first heartbeat would. It
// leaves out those it did before: stored counts heartbeats that came by MQTT.
func (p *platform) cheer(ctx context.Context, n int) error {
	const atOnce = 64
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := p.online; i < n; i++ {
		group.Go(func() error {
			return p.fleet.TakeHeartbeat(ctx, fleet.Heartbeat{MachineID: p.shop.machineIDs[i], NetworkType: "4G"})
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("bring machines online: %w", err)
	}
	p.online = max(p.online, n)
	return nil
}

// stored counts the machines whose heartbeat was stored since a time.
func (p *platform) stored(ctx context.Context, q request) (response, error) {
	var a response
	row := p.engine.Reader().QueryRowContext(ctx, "SELECT COUNT(*) FROM presence WHERE last_heartbeat_at >= $1", q.Since)
	if err := row.Scan(&a.Count); err != nil {
		return a, fmt.Errorf("count heartbeats: %w", err)
	}
	return a, nil
}
