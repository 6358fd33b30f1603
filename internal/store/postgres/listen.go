package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// channel is the name under which the nodes of a database talk.
	channel = "vendlane"
	// publishTimeout bounds a message: one that comes late is worth nothing.
	publishTimeout = 2 * time.Second
	// listenRetry is the pause before a lost connection is made again.
	listenRetry = time.Second
)

// Publish sends a text of at most 7,999 bytes to all that listen to this
// database, also at other nodes.
func (e *Engine) Publish(ctx context.Context, text string) error {
	ctx, cancel := context.WithTimeout(ctx, publishTimeout)
	defer cancel()
	if _, err := e.pool.ExecContext(ctx, "SELECT pg_notify($1, $2)", channel, text); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// Listen calls handle with each published text until ctx ends. It has a
// connection of its own and makes a lost one again; each time it begins to hear,
// it calls handle with "", for texts may have been missed.
func (e *Engine) Listen(ctx context.Context, handle func(text string)) {
	for ctx.Err() == nil {
		_ = e.listenOnce(ctx, handle) // the pool's users report that the database is away
		select {
		case <-ctx.Done():
		case <-time.After(listenRetry):
		}
	}
}

func (e *Engine) listenOnce(ctx context.Context, handle func(text string)) error {
	conn, err := pgx.ConnectConfig(ctx, e.cfg.Copy())
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "LISTEN "+channel); err != nil {
		return err
	}
	handle("")
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if n.Payload != "" {
			handle(n.Payload)
		}
	}
}
