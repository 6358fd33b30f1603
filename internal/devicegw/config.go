package devicegw

import (
	"cmp"
	"time"
)

// Config holds the limits of a Gateway. Zero values mean the defaults.
type Config struct {
	// MaxPacket is the largest message body in bytes, both ways and for wills
	// (mqtt.md §2.1). Packets may be 4 KiB larger for topic and properties.
	// Default 64 KiB.
	MaxPacket int
	// ConnectTimeout is the time from accepting a connection to the end of
	// authentication. Default 5 s.
	ConnectTimeout time.Duration
	// MaxConns limits open connections; more are closed at once. Default 20,000.
	MaxConns int
	// MaxHandshakes limits connections that are not authenticated yet; more
	// wait in the listener's backlog. Default 1,024.
	MaxHandshakes int
	// MaxPendingBytes limits what waits to be written to one connection; a
	// machine that lets more pile up is disconnected. At least one packet of
	// MaxPacket fits. Default 256 KiB.
	MaxPendingBytes int
	// MaxPendingMessages limits messages sent to one machine and not
	// acknowledged yet; a Receive Maximum of the machine lowers it. Further
	// Sends wait. Default 32.
	MaxPendingMessages int
	// AckTimeout is how long Send waits for the window, and then for the
	// machine's PUBACK. Default 10 s.
	AckTimeout time.Duration
	// WriteTimeout is how long one write to a connection may take. Default 10 s.
	WriteTimeout time.Duration
	// MaxKeepAlive is the longest keep-alive; a machine that asks for more or
	// for none is held to it (mqtt.md §2.1). Default 300 s.
	MaxKeepAlive time.Duration
	// MaxSessionExpiry is how long a session is kept after its connection; a
	// machine that asks for more gets this (mqtt.md §2.1). Default 3600 s.
	MaxSessionExpiry time.Duration
}

const (
	// headerSlack is what a packet may have beside its body: topic, packet
	// identifier, properties, CONNECT strings.
	headerSlack = 4 << 10
	// receiveMaximum is how many QoS 1 and 2 messages a machine may have in
	// flight towards us.
	receiveMaximum = 128
	// closeTimeout bounds writing the last bytes of a connection we end.
	closeTimeout = time.Second
	// readBuffer is kept small because every idle connection has one; larger
	// packets are read straight into their own memory.
	readBuffer = 512
)

func (c Config) withDefaults() Config {
	c.MaxPacket = cmp.Or(c.MaxPacket, 64<<10)
	c.ConnectTimeout = cmp.Or(c.ConnectTimeout, 5*time.Second)
	c.MaxConns = cmp.Or(c.MaxConns, 20_000)
	c.MaxHandshakes = cmp.Or(c.MaxHandshakes, 1_024)
	c.MaxPendingBytes = max(cmp.Or(c.MaxPendingBytes, 256<<10), c.packetLimit()+maxFixedHeader)
	c.MaxPendingMessages = cmp.Or(c.MaxPendingMessages, 32)
	c.AckTimeout = cmp.Or(c.AckTimeout, 10*time.Second)
	c.WriteTimeout = cmp.Or(c.WriteTimeout, 10*time.Second)
	c.MaxKeepAlive = cmp.Or(c.MaxKeepAlive, 300*time.Second)
	c.MaxSessionExpiry = cmp.Or(c.MaxSessionExpiry, time.Hour)
	return c
}

// maxFixedHeader is the first byte and the longest remaining length.
const maxFixedHeader = 5

// packetLimit is the largest remaining length accepted.
func (c Config) packetLimit() int { return c.MaxPacket + headerSlack }
