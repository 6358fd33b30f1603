package postgres

import (
	"context"
	"net"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// connectTimeout bounds the making of a connection, unless the DSN says
	// otherwise.
	connectTimeout = 5 * time.Second
	// silence is how long a server may leave sent bytes unacknowledged, or a
	// probe of an idle connection unanswered, before the connection counts as
	// lost: its host has vanished without a word. The idle wait before the
	// first probe comes on top.
	silence    = 10 * time.Second
	probeAfter = 5 * time.Second
	probeEvery = 2 * time.Second
	probes     = 5
)

// boundWaits makes a connection notice a host that has vanished.
func boundWaits(cfg *pgx.ConnConfig) {
	if cfg.ConnectTimeout == 0 {
		cfg.ConnectTimeout = connectTimeout
	}
	dialer := net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: probeAfter, Interval: probeEvery, Count: probes},
		Control:         boundSilence,
	}
	cfg.DialFunc = dialer.DialContext
}

// serverLimits make the server notice that a node has vanished, so that rows it
// has locked are free again within seconds. In milliseconds, but those of
// keep-alive, which are seconds. A server on another system than Linux leaves
// out what it cannot do.
const serverLimits = `SELECT
	set_config('idle_in_transaction_session_timeout', '10000', FALSE),
	set_config('tcp_user_timeout', '10000', FALSE),
	set_config('tcp_keepalives_idle', '5', FALSE),
	set_config('tcp_keepalives_interval', '2', FALSE),
	set_config('tcp_keepalives_count', '5', FALSE)`

func boundServer(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, serverLimits, pgx.QueryExecModeSimpleProtocol)
	return err
}
