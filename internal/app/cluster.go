package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// minTurn is the shortest time one node does a piece of periodic work before
// another may.
const minTurn = 30 * time.Second

// hearingWithin is how long a node waits at its start until it hears the others.
const hearingWithin = 5 * time.Second

// shareLimits makes the limits that live in memory count for all nodes.
func (a *App) shareLimits() {
	requests, failures := a.API.Tallies()
	a.node.Share("requests", requests)
	a.node.Share("auth_failures", failures)
	a.node.Share("machine_passwords", a.Fleet.WrongPasswords())
	a.metrics.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "nodes_living", Help: "Nodes that were alive when this one last looked, itself included.",
	}, func() float64 { return float64(a.node.Living()) }))
}

// join makes this node one of several, and returns how it leaves. leave must be
// called when its machines are gone.
func (a *App) join(ctx context.Context) (leave func(ctx context.Context) error, err error) {
	if a.node == nil {
		return func(context.Context) error { return nil }, nil
	}
	if err := a.node.Join(ctx); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		a.node.Run(ctx, a.gateway)
	}()
	select {
	case <-a.node.Hearing():
	case <-time.After(hearingWithin): // polling makes up for it
	}
	return func(ctx context.Context) error {
		stop()
		<-ended
		return a.node.Leave(ctx)
	}, nil
}

// myTurn tells whether this node is the one that does a piece of periodic work.
func (a *App) myTurn(ctx context.Context, work string, every time.Duration) (bool, error) {
	if a.node == nil {
		return true, nil
	}
	return a.node.Lease(ctx, work, max(minTurn, 3*every))
}
