package simulator

import (
	"context"
	"crypto/tls"
	"net"
	"net/url"
	"strconv"
	"sync/atomic"
)

// open connects to the server: TCP, and TLS on it if the address asks for it.
func (m *Machine) open(ctx context.Context, u *url.URL) (net.Conn, error) {
	conn, err := m.cfg.Dial(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	conn = &countedConn{conn, &m.traffic}
	if u.Scheme == "tcp" {
		return conn, nil
	}
	cfg := m.cfg.TLS.Clone()
	if cfg.ServerName == "" {
		cfg.ServerName = u.Hostname()
	}
	secured := tls.Client(conn, cfg)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // the handshake's error says more
		return nil, err
	}
	return secured, nil
}

// traffic holds running totals since the machine was switched on (mqtt.md
// §4.13). A read or write of the connection counts as a packet.
type traffic struct{ sent, received, sentPackets, receivedPackets atomic.Int64 }

func (t *traffic) fields() map[string]string {
	text := func(n *atomic.Int64) string { return strconv.FormatInt(n.Load(), 10) }
	return map[string]string{
		"network_type": "2", "upload_bytes": text(&t.sent), "download_bytes": text(&t.received),
		"upload_packets": text(&t.sentPackets), "download_packets": text(&t.receivedPackets),
	}
}

type countedConn struct {
	net.Conn
	traffic *traffic
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 {
		c.traffic.received.Add(int64(n))
		c.traffic.receivedPackets.Add(1)
	}
	return n, err
}

func (c *countedConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if n > 0 {
		c.traffic.sent.Add(int64(n))
		c.traffic.sentPackets.Add(1)
	}
	return n, err
}
