package redeem

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/vendlane/vendlane/internal/bench"
	"github.com/vendlane/vendlane/internal/catalog"
	"github.com/vendlane/vendlane/internal/dispense"
	"github.com/vendlane/vendlane/internal/fleet"
	"github.com/vendlane/vendlane/internal/notify"
	"github.com/vendlane/vendlane/internal/openapi"
	"github.com/vendlane/vendlane/internal/ordering"
	"github.com/vendlane/vendlane/internal/pickup"
	"github.com/vendlane/vendlane/internal/requestlog"
	"github.com/vendlane/vendlane/internal/secrets"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/vending"
)

// node is the merchants' side of one Vendlane node: the whole HTTP handler on a
// port, request log, use cases and store. There are no machines and nobody to
// call back.
type node struct {
	server   *bench.Server
	store    *store.Store
	stopLog  context.CancelFunc
	logEnded chan error
}

// Settings where they matter here; they are the defaults.
const timestampWindow = 600

func startNode(ctx context.Context, e store.Engine, box *secrets.Box, stderr io.Writer) (*node, error) {
	st, clock := store.New(e), vending.Clock(time.Now)
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	notifier := notify.New(box, rand.Reader)
	orders := ordering.New(st, notifier, clock, ordering.Config{Zone: time.UTC}, log)
	requests := requestlog.New(st, box, clock, log)
	api := openapi.New(st, box, openapi.UseCases{
		Pickup: pickup.New(st, clock, rand.Reader, pickup.Config{
			Zone: time.UTC, WrongCodes: vending.WrongCodeLimits{Max: 10, Window: 600_000, Lock: 600_000},
		}, log),
		Ordering: orders,
		Dispense: dispense.New(st, orders, notifier, clock, rand.Reader, dispense.Config{Zone: time.UTC}, log),
		Fleet:    fleet.New(st, box, clock, fleet.Config{Zone: time.UTC}, log),
		Catalog:  catalog.New(st, clock, catalog.Config{}, log),
	}, clock, openapi.Config{TimestampWindow: timestampWindow, Zone: time.UTC, Requests: requests}, nil, log)
	server, err := bench.Serve(ctx, api)
	if err != nil {
		return nil, errors.Join(err, st.Close())
	}
	logCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
	n := &node{server: server, store: st, stopLog: stop, logEnded: make(chan error, 1)}
	go func() { n.logEnded <- requests.Run(logCtx) }()
	return n, nil
}

// close answers what is under way and ends the node.
func (n *node) close(ctx context.Context) error {
	err := n.server.Close(ctx)
	n.stopLog()
	return errors.Join(err, <-n.logEnded, n.store.Close())
}
