package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/vendlane/vendlane/internal/store"
)

// errNotBegun marks a transaction that never began because its connection was
// dead: nothing was sent that could have had an effect.
var errNotBegun = errors.New("the connection was lost before")

// trustFor is how long after its last use a connection is believed to be alive.
const trustFor = time.Second

// loss remembers when a connection was last found dead. A server that restarts
// kills all of them, so those not used since are tried before they are used.
type loss struct{ at atomic.Int64 } // Unix nanoseconds

func (l *loss) shouldPing(_ context.Context, p stdlib.ShouldPingParams) bool {
	lastUse := time.Now().Add(-p.IdleDuration)
	return p.IdleDuration > trustFor || lastUse.UnixNano() <= l.at.Load()
}

// noted tells whether err means that a connection in use is gone, and remembers
// it.
func (l *loss) noted(err error) bool {
	if !lost(err) {
		return false
	}
	l.at.Store(time.Now().UnixNano())
	return true
}

// lost tells whether err means that a connection in use is gone: the server
// said that it ends it, or it broke. A connection that could not be made and
// one that was given up at a deadline are not meant.
func lost(err error) bool {
	var (
		refused *pgconn.ConnectError
		told    *pgconn.PgError
		network *net.OpError
	)
	switch {
	case err == nil, errors.As(err, &refused), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return false
	case errors.As(err, &told):
		return told.SeverityUnlocalized == "FATAL"
	}
	return errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		pgconn.SafeToRetry(err) // closed meanwhile
}

func (e *Engine) notBegun(err error) error {
	if e.loss.noted(err) {
		return fmt.Errorf("%w: %w", errNotBegun, err)
	}
	return err
}

// commitError tells a commit that the server refused from one that may have
// happened: the connection was lost, or given up, before the answer came.
func commitError(err error) error {
	var told *pgconn.PgError
	if errors.Is(err, pgx.ErrTxCommitRollback) || errors.As(err, &told) && told.SeverityUnlocalized != "FATAL" {
		return fmt.Errorf("commit: %w", err)
	}
	return fmt.Errorf("%w: %w", store.ErrOutcomeUnknown, err)
}
