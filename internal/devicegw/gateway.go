package devicegw

import (
	"context"
	"errors"
	"log/slog"
	"sync"
)

// Errors a Handler returns from Authenticate and CheckWill.
var (
	// ErrBadCredentials: unknown machine or wrong password (4 / 0x86).
	ErrBadCredentials = errors.New("devicegw: bad credentials")
	// ErrNotAuthorized: known, but may not connect (5 / 0x87).
	ErrNotAuthorized = errors.New("devicegw: not authorized")
	// ErrUnavailable, from CheckWill: it cannot be told now (3 / 0x88).
	ErrUnavailable = errors.New("devicegw: unavailable")
)

// Errors of Send. Every error of Send wraps exactly one of them.
var (
	// ErrOffline: no byte of the message was written, so the machine cannot
	// have seen it. The machine is not connected or not subscribed, its window
	// of unacknowledged messages stayed full, or ctx ended before the write.
	ErrOffline = errors.New("devicegw: machine offline")
	// ErrTooLarge: no byte was written, the message exceeds what the gateway
	// or the machine accepts. Trying again on this connection is useless.
	ErrTooLarge = errors.New("devicegw: message too large for the machine")
	// ErrNotAcknowledged: the machine may or may not have seen the message;
	// the connection, AckTimeout or ctx ended before a positive PUBACK came.
	ErrNotAcknowledged = errors.New("devicegw: not acknowledged by the machine")
)

// Credentials are what a CONNECT presents. ClientID and Username are equal and
// not empty. Password is nil if none was sent.
type Credentials struct {
	ClientID   string
	Username   string
	Password   []byte
	RemoteAddr string
}

// Identity is whose connection it is.
type Identity struct {
	MachineNo string
	// Admission is what Authenticate knows and Connecting has to. The gateway does
	// not look at it.
	Admission any
}

// Message is one message of a machine. Payload belongs to the receiver.
type Message struct {
	MachineNo string
	Epoch     int64 // of the connection; 0 in CheckWill, which comes before Connecting
	Topic     string
	Payload   []byte
	QoS       byte
	Dup       bool // the machine says it may have sent this before
	Will      bool // last will, published by the gateway
	Outdated  bool // will of a connection that a newer one of the machine has taken over
	// Later lets a Handler take many messages together: one that calls it in
	// OnMessage returns nil, and calls answer once with what it would have
	// returned. It is nil for a will.
	Later func() (answer func(error))
	// Settle returns when no earlier message of the connection waits for its
	// answer. A Handler calls it first if the order of their effects matters;
	// acknowledgements keep theirs in any case. It is nil for a will, which comes
	// behind all answers.
	Settle func()
}

// ConnState reports that a connection was accepted or has ended.
type ConnState struct {
	MachineNo string
	Epoch     int64
	Online    bool
	Reason    string // of an end: client disconnect, connection lost, keep-alive timeout, …
}

// Handler is the application behind the gateway. While one of its methods runs,
// the machine's connection is not read: they may block (keep-alive does not run
// meanwhile), but must not wait for a Send to the same machine, whose PUBACK
// would have to be read. While a message is answered later, OnMessage may be called
// for the one behind it (see Settle), and OnReady as the answer comes. Else calls for one connection never
// overlap; calls for different connections do, also of one machine during a
// take-over. A panic closes the connection and nothing else. Contexts of
// Authenticate, CheckWill and Connecting end with the connect timeout or at
// Shutdown, all others when Shutdown's patience is over.
type Handler interface {
	// Authenticate returns the machine the connection belongs to.
	// ErrBadCredentials and ErrNotAuthorized refuse it as such, any other error
	// as "server unavailable" (3 / 0x88).
	Authenticate(ctx context.Context, c Credentials) (Identity, error)
	// CheckWill verifies a last will when it is set at CONNECT; an error
	// refuses the CONNECT (5 / 0x83), ErrUnavailable as "server unavailable".
	CheckWill(ctx context.Context, m Message) error
	// Connecting gives the connection its epoch, which is higher than that of
	// every earlier connection of the machine, wherever it was. It comes last
	// before the CONNACK; an error refuses the CONNECT as "server unavailable".
	Connecting(ctx context.Context, id Identity) (epoch int64, err error)
	// OnMessage takes a message. nil releases PUBACK (QoS 1) or PUBREC (QoS
	// 2). An error closes the connection without an acknowledgement, so that
	// the machine sends again after reconnecting; at QoS 0 and for a will
	// nobody would send again, so it is only logged and counted.
	OnMessage(ctx context.Context, m Message) error
	// OnConnState reports a connection's beginning, after its CONNACK was
	// handed out, and its end, once each and in this order.
	OnConnState(ctx context.Context, s ConnState)
	// OnReady reports that the machine now holds its subscription on
	// /clients/{machine_no}, by SUBSCRIBE or with a resumed session: Send
	// reaches it from here on.
	OnReady(ctx context.Context, machineNo string, epoch int64)
}

// Gateway serves machines over MQTT. Use New.
type Gateway struct {
	cfg Config
	h   Handler
	log *slog.Logger

	ctx            context.Context // of handlers; ends when Shutdown stops waiting
	cancel         context.CancelFunc
	acceptCtx      context.Context // of listeners and handshakes; ends when Shutdown begins
	stopAccepting  context.CancelFunc
	handshakeSlots chan struct{}
	wg             sync.WaitGroup // listeners, connections, their flushes and workers
	workers        workers
	counters       counters
	reg            registry
}

// New returns a gateway that reports to h. The zero Config is good.
func New(cfg Config, h Handler, log *slog.Logger) *Gateway {
	cfg = cfg.withDefaults()
	g := &Gateway{cfg: cfg, h: h, log: log, workers: newWorkers()}
	g.ctx, g.cancel = context.WithCancel(context.Background())
	g.acceptCtx, g.stopAccepting = context.WithCancel(g.ctx)
	g.handshakeSlots = make(chan struct{}, cfg.MaxHandshakes)
	g.reg.init()
	return g
}

// Connected tells whether machineNo is connected and subscribed.
func (g *Gateway) Connected(machineNo string) bool {
	c := g.reg.find(machineNo)
	return c != nil && c.isSubscribed()
}

// TakenOver ends the connection of a machine that has connected to another
// node since, if its epoch is lower than that of the new one. It ends as in a
// take-over here, and its session is forgotten. It returns whether there was
// such a connection.
func (g *Gateway) TakenOver(machineNo string, epoch int64) bool {
	return g.letGo(machineNo, epoch, endTakenOver)
}

// Refuse ends the connection of a machine that would not be let in any more (5.0:
// reason 0x98), unless its epoch is higher than this one. Its will is published,
// its session is forgotten. It returns whether there was such a connection.
func (g *Gateway) Refuse(machineNo string, epoch int64) bool {
	return g.letGo(machineNo, epoch+1, endNotAccepted)
}

// letGo ends the connection of a machine if it is older than an epoch.
func (g *Gateway) letGo(machineNo string, epoch int64, e ending) bool {
	c := g.reg.leave(machineNo, epoch)
	if c != nil {
		c.end(e)
	}
	return c != nil
}

// Epochs returns the machines with a connection and its epoch.
func (g *Gateway) Epochs() map[string]int64 { return g.reg.epochs() }

// DisconnectAll ends all connections of machines, which are free to come back
// at once (5.0: reason 0x8B). Wills are not published: it is not the machines
// that failed.
func (g *Gateway) DisconnectAll() {
	for _, c := range g.reg.owners() {
		c.end(endNodeLost)
	}
}

// Shutdown stops accepting, closes all connections (5.0: reason 0x8B) without
// publishing wills, and waits for the handlers in flight and every goroutine.
// When ctx ends first it cancels the handlers' context and returns ctx.Err().
// The gateway cannot be used again.
func (g *Gateway) Shutdown(ctx context.Context) error {
	g.stopAccepting()
	for _, c := range g.reg.close() {
		c.end(endShutdown)
	}
	done := make(chan struct{})
	go func() {
		g.wg.Wait()
		close(done)
	}()
	defer g.cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
