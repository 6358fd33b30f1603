package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/notify"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	engine "github.com/vendlane/vendlane/internal/store/postgres"
	"github.com/vendlane/vendlane/internal/vending"
)

// node is the merchants' side of one Vendlane node: the whole HTTP handler on a
// port, use cases and store. There are no machines and nobody to call back.
type node struct {
	addr   string
	store  *store.Store
	server *http.Server
	served chan error
}

// Settings where they matter here; they are the defaults.
const timestampWindow = 300

func startNode(ctx context.Context, dsn string, box *secrets.Box, portable bool, stderr io.Writer) (*node, error) {
	opened, err := engine.Open(ctx, dsn, engine.Options{})
	if err != nil {
		return nil, err
	}
	var e store.Engine = opened
	if portable {
		e = store.Portable(e)
	}
	st, clock := store.New(e), vending.Clock(time.Now)
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	notifier := notify.New(box, rand.Reader)
	orders := ordering.New(st, notifier, clock, ordering.Config{Zone: time.UTC}, log)
	api := openapi.New(st, box, openapi.UseCases{
		Pickup: pickup.New(st, clock, rand.Reader, pickup.Config{
			Zone: time.UTC, WrongCodes: vending.WrongCodeLimits{Max: 10, Window: 600_000, Lock: 600_000},
		}, log),
		Ordering: orders,
		Dispense: dispense.New(st, orders, notifier, clock, rand.Reader, dispense.Config{Zone: time.UTC}, log),
		Fleet:    fleet.New(st, box, clock, fleet.Config{Zone: time.UTC}, log),
		Catalog:  catalog.New(st, clock, catalog.Config{}, log),
	}, clock, openapi.Config{TimestampWindow: timestampWindow, Zone: time.UTC}, nil, log)
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen: %w", err), st.Close())
	}
	n := &node{
		addr: listener.Addr().String(), store: st, served: make(chan error, 1),
		server: &http.Server{Handler: api, ReadHeaderTimeout: patience},
	}
	go func() { n.served <- n.server.Serve(listener) }()
	return n, nil
}

// close answers what is under way and ends the node.
func (n *node) close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	err := n.server.Shutdown(ctx)
	if served := <-n.served; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return errors.Join(err, n.store.Close())
}
