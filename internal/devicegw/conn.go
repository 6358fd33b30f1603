package devicegw

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// conn is one connection. The goroutine of serve, and the worker it waits for,
// read it, call the Handler and own the fields above mu.
type conn struct {
	g         *Gateway
	nc        net.Conn
	br        *bufio.Reader
	version   packet.Version
	machineNo string
	epoch     int64
	claimed   bool          // owner of machineNo in the registry, at least once
	resumed   bool          // the session it resumed holds the subscription
	trusting  bool          // it may rely on a session that is not here
	later     chan struct{} // closed with the answer to the message that gets it later; nil without one
	will      *packet.Will  // nil when there is none to publish
	keepAlive time.Duration

	done      chan struct{} // closed when ended is set
	window    int           // messages that may be in flight to the machine
	maxPacket int           // largest packet the machine takes, in bytes

	mu         sync.Mutex
	pending    []byte // to be written
	flushing   bool   // a flush goroutine is running
	open       bool   // CONNACK accepted the connection
	subscribed bool
	writeErr   error // writing has failed; the reader finds the end
	ended      bool
	ending     ending // why, valid once ended
	lastID     uint16
	inflight   map[uint16]*outgoing // written, not acknowledged
	queue      []*outgoing          // waiting for the window
}

func newConn(g *Gateway, nc net.Conn) *conn {
	return &conn{g: g, nc: nc, br: bufio.NewReaderSize(nc, readBuffer), done: make(chan struct{})}
}

// serve is the life of a connection. Its goroutine only waits; what there is to
// do runs on the gateway's workers, one step at a time.
func (c *conn) serve() {
	c.end(c.run())
	c.settle() // a heartbeat must not come behind the will
	c.g.reg.remove(c)
	if c.claimed {
		c.g.do(c.finish)
	}
}

// run takes packet after packet until the connection has to end.
func (c *conn) run() ending {
	e, stop := c.step((*conn).begin)
	for !stop {
		if err := c.await(); err != nil {
			return endOf(err)
		}
		e, stop = c.step((*conn).next)
	}
	return e
}

// step runs f on a worker. A panic ends the connection and nothing else.
func (c *conn) step(f func(*conn) (ending, bool)) (e ending, stop bool) {
	c.g.do(func() {
		e, stop = endPanic, true
		c.guard(func() { e, stop = f(c) })
	})
	return e, stop
}

// begin is the first step: from the first byte to a machine that is served.
func (c *conn) begin() (e ending, stop bool) {
	if !c.handshake() {
		return endRefused, true
	}
	c.g.h.OnConnState(c.g.ctx, ConnState{MachineNo: c.machineNo, Epoch: c.epoch, Online: true})
	if c.resumed {
		c.resume()
	}
	return ending{}, false
}

// next takes one packet.
func (c *conn) next() (e ending, stop bool) {
	p, err := c.read()
	if err != nil {
		return endOf(err), true
	}
	return c.handle(p)
}

// resume takes up the subscription of the session.
func (c *conn) resume() {
	c.mu.Lock()
	ready := !c.ended
	c.subscribed = ready
	c.mu.Unlock()
	if ready {
		c.g.h.OnReady(c.g.ctx, c.machineNo, c.epoch)
	}
}

// trustSession takes up the subscription of a session that was lost: with the
// process, or at another node. Machines subscribe before they publish anything
// (mqtt.md §6.4), so one that publishes first relies on its session without
// looking at Session Present, and would be online but deaf.
func (c *conn) trustSession() {
	c.trusting = false
	c.rememberSubscription(true)
	c.resume()
}

// await waits for the beginning of a packet. The machine has one and a half
// keep-alives for all of it (MQTT 5.0 §3.1.2.10), counted from here, so that the
// time a handler took is not held against the machine.
func (c *conn) await() error {
	select {
	case <-c.done: // what is still buffered is no longer ours to take
		return errEnded
	default:
	}
	c.mu.Lock()
	if c.writeErr == nil {
		_ = c.nc.SetReadDeadline(time.Now().Add(c.keepAlive + c.keepAlive/2)) // fails as reading does
	}
	c.mu.Unlock()
	_, err := c.br.Peek(1)
	if err != nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		return cmp.Or(c.writeErr, err)
	}
	return nil
}

// read returns the packet that await has seen.
func (c *conn) read() (packet.Packet, error) {
	first, body, err := packet.ReadFrame(c.br, c.g.cfg.packetLimit())
	if err != nil {
		return nil, err
	}
	return packet.Decode(c.version, first, body)
}

// finish reports the end of a connection that had been accepted.
func (c *conn) finish() {
	e := c.ending
	c.g.counters.ended.add(e.label)
	if e.will && c.will != nil {
		c.guard(func() { c.publishWill(e.outdated) })
	}
	c.guard(func() {
		c.g.h.OnConnState(c.g.ctx, ConnState{MachineNo: c.machineNo, Epoch: c.epoch, Reason: e.label})
	})
	c.g.log.Debug("machine connection ended", "machine_no", c.machineNo, "epoch", c.epoch, "reason", e.text())
}

func (c *conn) publishWill(outdated bool) {
	m := Message{
		MachineNo: c.machineNo, Epoch: c.epoch, Will: true, Outdated: outdated,
		Topic: c.will.Topic, Payload: c.will.Payload, QoS: c.will.QoS,
	}
	if err := c.g.h.OnMessage(c.g.ctx, m); err != nil {
		c.g.counters.dropped.add("handler error")
		c.g.log.Warn("last will lost", "machine_no", c.machineNo, "error", err)
		return
	}
	c.g.counters.messagesIn.Add(1)
}

// guard runs f and survives its panic.
func (c *conn) guard(f func()) {
	defer func() {
		if p := recover(); p != nil {
			c.logPanic(p)
		}
	}()
	f()
}

func (c *conn) logPanic(p any) {
	c.g.log.Error("panic on a machine connection", "machine_no", c.machineNo,
		"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
}

// ending says why a connection ended and what follows from it.
type ending struct {
	label  string        // for ConnState and Stats
	reason packet.Reason // of the DISCONNECT sent to a 5.0 machine; 0 sends none
	will   bool          // the will is published
	// outdated: a newer connection of the machine is the reason.
	outdated bool
	err      error // details for the log
}

func (e ending) text() string {
	if e.err != nil {
		return e.label + ": " + e.err.Error()
	}
	return e.label
}

var (
	endRefused      = ending{label: "refused"}
	endDisconnect   = ending{label: "client disconnect"}
	endWithWill     = ending{label: "client disconnect with will", will: true}
	endShutdown     = ending{label: "server shutting down", reason: packet.ServerShuttingDown}
	endTakenOver    = ending{label: "taken over", reason: packet.SessionTakenOver, will: true, outdated: true}
	endNodeLost     = ending{label: "node lost its place", reason: packet.ServerShuttingDown}
	endNotAccepted  = ending{label: "password not accepted", reason: packet.AdministrativeAction, will: true}
	endSlow         = ending{label: "slow reader", reason: packet.QuotaExceeded, will: true}
	endUnresponsive = ending{label: "acknowledgements overdue", reason: packet.QuotaExceeded, will: true}
	endPanic        = ending{label: "internal error", reason: packet.UnspecifiedError, will: true}
)

// endOf classifies an error of reading.
func endOf(err error) ending {
	var refused *packet.Error
	switch {
	case errors.As(err, &refused):
		return ending{label: "protocol error", reason: refused.Reason, will: true, err: err}
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return ending{label: "keep-alive timeout", reason: packet.KeepAliveTimeout, will: true}
	}
	return ending{label: "connection lost", will: true, err: err}
}
