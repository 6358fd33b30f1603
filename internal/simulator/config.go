package simulator

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"time"
)

// Config describes a virtual machine. Zero values mean the defaults.
type Config struct {
	MachineNo string // client id, user name and number in topics; required
	MachineID string // sent as machine_id; default "000", a placeholder also seen in the field
	Password  string
	AppKey    string // signs and verifies every message; required

	// BrokerURL is the server's MQTT address: tcp://host:port, or tls://host:port,
	// which may also be written ssl://; required.
	BrokerURL string
	// TLS is used for tls:// addresses. Default: the system's authorities.
	TLS *tls.Config
	// Dial opens the connection to the server. Default: plain TCP.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	// Dir is the folder of journal, pickup codes and state; it is created.
	// One machine at a time may use it. Required.
	Dir string

	// Heartbeat is the interval of client.heartbeat. Default 5 minutes.
	Heartbeat time.Duration
	// RunTime is how long the motor turns for one piece. Default 700 ms.
	RunTime time.Duration
	// Telemetry is the interval of temperature, humidity and traffic messages,
	// the first of them at once. 0: none.
	Telemetry time.Duration
	// Behaviour decides how a run ends. Default Success.
	Behaviour Behaviour
	// Redeliver is asked for every message received. It is called on the
	// machine's goroutine. Default: nothing is repeated.
	Redeliver func() Redelivery

	// Clock is the machine's clock: timestamps, the start window, the age of
	// journal entries. Intervals do not depend on it. Default time.Now.
	Clock func() time.Time
	// ClockUnsynced says that Clock was never set from the network, so that
	// the start window is not tested (mqtt.md §6.3 row 5).
	ClockUnsynced bool

	// Observer is told what happens, one call at a time: during Start, then on
	// the machine's goroutine. It must return soon and must not call Stop or Kill.
	Observer func(Event)
	// Log receives what an operator of the machine would read. Default: none.
	Log *slog.Logger
}

// CheckServer tells whether a text is a server's address as in
// Config.BrokerURL.
func CheckServer(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("server address: %w", err)
	}
	if !slices.Contains([]string{"tcp", "tls", "ssl"}, u.Scheme) || u.Port() == "" {
		return fmt.Errorf("server address %q: want tcp://host:port or tls://host:port", u.Redacted())
	}
	return nil
}

func (c Config) withDefaults() (Config, error) {
	switch {
	case c.MachineNo == "":
		return c, errors.New("no machine number")
	case c.AppKey == "":
		return c, errors.New("no AppKey")
	case c.Dir == "":
		return c, errors.New("no journal folder")
	}
	if err := CheckServer(c.BrokerURL); err != nil {
		return c, err
	}
	if c.MachineID == "" {
		c.MachineID = "000"
	}
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if c.TLS == nil {
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	if c.Redeliver == nil {
		c.Redeliver = func() Redelivery { return Redelivery{} }
	}
	if c.Heartbeat <= 0 {
		c.Heartbeat = 5 * time.Minute
	}
	if c.RunTime <= 0 {
		c.RunTime = 700 * time.Millisecond
	}
	if c.Behaviour == nil {
		c.Behaviour = Success
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	if c.Observer == nil {
		c.Observer = func(Event) {}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Log = c.Log.With("machine_no", c.MachineNo)
	return c, nil
}
