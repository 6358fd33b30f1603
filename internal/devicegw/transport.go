package devicegw

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
)

// errTLS and errWebSocket mark what a client did wrong before its first packet.
var (
	errTLS       = errors.New("TLS handshake")
	errWebSocket = errors.New("WebSocket handshake")
)

// transportOf names what carries a connection: tcp, tls, ws or wss.
func transportOf(nc net.Conn) string {
	switch nc := nc.(type) {
	case *webSocket:
		if transportOf(nc.Conn) == "tls" {
			return "wss"
		}
		return "ws"
	case *tls.Conn:
		return "tls"
	}
	return "tcp"
}

// openTransport completes the handshakes below MQTT, within the deadline that
// is set. The time and the handshake slot are those of CONNECT.
func openTransport(ctx context.Context, nc net.Conn) error {
	switch nc := nc.(type) {
	case *webSocket:
		if err := openTransport(ctx, nc.Conn); err != nil {
			return err
		}
		return nc.upgrade()
	case *tls.Conn:
		if err := nc.HandshakeContext(ctx); err != nil {
			return errors.Join(errTLS, err)
		}
	}
	return nil
}

// refuseTransport counts a connection that got no further.
func (c *conn) refuseTransport(err error) {
	label := "connection lost"
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		label = "connect timeout"
	case errors.Is(err, io.EOF): // without a byte, as the probe of a load balancer
	case errors.Is(err, errTLS):
		label = "tls handshake"
	case errors.Is(err, errWebSocket):
		label = "websocket handshake"
	}
	c.g.counters.refused.add(label)
	c.g.log.Debug("connection refused", "remote", c.nc.RemoteAddr(), "reason", err)
}
