package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// stopPatience is how long requests and sends under way may take to end.
	stopPatience = 15 * time.Second
	// Limits of one HTTP connection: slow clients must not hold a goroutine.
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	writeTimeout      = 30 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeaderBytes    = 16 << 10
)

// Run serves until ctx ends or a part fails, then stops in an order that loses
// nothing: no new requests, requests under way are answered, machines are told
// to reconnect, the relays record what they have sent, and the store closes
// last. Listen must have been called.
func (a *App) Run(ctx context.Context) error {
	api := a.httpServer(a.Handler())
	if a.console != nil {
		api.RegisterOnShutdown(a.console.CloseStreams)
	}
	var admin *http.Server
	if a.adminListener != nil {
		admin = a.httpServer(a.adminHandler())
	}
	leave, err := a.join(ctx)
	if err != nil {
		return errors.Join(err, a.Close())
	}
	// The relays and sweeps outlive the requests.
	relayCtx, stopRelays := context.WithCancel(context.WithoutCancel(ctx))
	defer stopRelays()
	// The logs outlive everything that writes to them.
	logCtx, stopLog := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLog()
	logs := errgroup.Group{}
	logs.Go(func() error { return a.MachineLog.Run(logCtx) })
	if a.Requests != nil {
		logs.Go(func() error { return a.Requests.Run(logCtx) })
	}
	relays, relayCtx := errgroup.WithContext(relayCtx)
	relays.Go(func() error { return a.commands.Run(relayCtx) })
	relays.Go(func() error { return a.MachineAPI.RefuseOldPasswords(relayCtx, a.gateway) })
	relays.Go(func() error { return a.callbacks.Run(relayCtx) })
	relays.Go(func() error { return a.live.Run(relayCtx) })
	relays.Go(func() error { return a.pickup.RunBatches(relayCtx) })
	relays.Go(func() error { return a.jobs.Run(relayCtx) })
	relays.Go(func() error { return a.alertPost.Run(relayCtx) })
	relays.Go(func() error { a.sweep(relayCtx); return nil })

	fronts, frontCtx := errgroup.WithContext(ctx)
	fronts.Go(func() error { return serveHTTP(api, a.httpListener) })
	if admin != nil {
		fronts.Go(func() error { return serveHTTP(admin, a.adminListener) })
	}
	// The gateway ends by Shutdown, which also waits for its connections.
	a.machines.serve(context.WithoutCancel(ctx), fronts, a.gateway)

	a.sayHowToSetUp(ctx)
	a.ready.Store(true)
	a.log.Info("vendlane is ready", append([]any{"http", a.HTTPAddr().String()}, a.machines.addresses()...)...)
	select {
	case <-frontCtx.Done():
	case <-relayCtx.Done():
	}
	a.ready.Store(false)
	a.log.Info("vendlane is stopping")

	stopCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopPatience)
	defer cancel()
	errs := []error{api.Shutdown(stopCtx), a.gateway.Shutdown(stopCtx)}
	if admin != nil {
		errs = append(errs, admin.Shutdown(stopCtx))
	}
	errs = append(errs, fronts.Wait())
	stopRelays()
	errs = append(errs, relays.Wait(), leave(stopCtx))
	stopLog()
	errs = append(errs, logs.Wait(), a.Close())
	return errors.Join(errs...)
}

func (a *App) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, MaxHeaderBytes: maxHeaderBytes,
		ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
}

func serveHTTP(s *http.Server, l net.Listener) error {
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
