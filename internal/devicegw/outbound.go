package devicegw

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/vendlane/vendlane/internal/crashpoint"
	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// Outgoing is one message to a machine.
type Outgoing struct {
	Payload []byte
	// Expiry is sent to MQTT 5.0 machines as message expiry interval, rounded
	// up to seconds; 0 sends none. The gateway itself keeps nothing for later.
	Expiry time.Duration
}

// outgoing is a message on its way to the machine. All fields but result are
// guarded by conn.mu.
type outgoing struct {
	p      *packet.Publish // nil once written
	sentAt time.Time       // when it was written
	result chan error      // buffered; gets what Send returns
}

var errNoAnswer = errors.New("no answer in time")

// Send publishes out with QoS 1 on /clients/{machineNo} and returns nil when
// the machine's PUBACK has arrived. Else the error tells whether the machine
// can have seen the message: ErrOffline and ErrTooLarge say no,
// ErrNotAcknowledged says perhaps. Messages go out in the order of the calls.
// Send waits at most AckTimeout to be written and AckTimeout for the PUBACK.
func (g *Gateway) Send(ctx context.Context, machineNo string, out Outgoing) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrOffline, err)
	}
	if len(out.Payload) > g.cfg.MaxPacket {
		return fmt.Errorf("%w: body of %d bytes, limit %d", ErrTooLarge, len(out.Payload), g.cfg.MaxPacket)
	}
	c := g.reg.find(machineNo)
	if c == nil {
		return ErrOffline
	}
	o := c.enqueue(out)
	timer := time.NewTimer(g.cfg.AckTimeout)
	defer timer.Stop()
	for {
		select {
		case err := <-o.result:
			return err
		case <-c.done:
			return c.abandon(o, errEnded)
		case <-ctx.Done():
			return c.abandon(o, ctx.Err())
		case <-timer.C:
			left := c.timeLeft(o)
			if left <= 0 {
				return c.abandon(o, errNoAnswer)
			}
			timer.Reset(left)
		}
	}
}

// enqueue puts a message behind those that wait for the window, and writes what
// the window allows.
func (c *conn) enqueue(out Outgoing) *outgoing {
	p := &packet.Publish{QoS: 1, Topic: downPrefix + c.machineNo, Payload: out.Payload}
	if out.Expiry > 0 && c.version == packet.V5 {
		seconds := uint32((out.Expiry + time.Second - 1) / time.Second)
		p.Props = packet.Properties{{ID: packet.MessageExpiry, Num: seconds}}
	}
	o := &outgoing{p: p, result: make(chan error, 1)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, o)
	c.writeQueueLocked()
	return o
}

// writeQueueLocked writes queued messages while the window has room. Without a
// subscription they fail at once.
func (c *conn) writeQueueLocked() {
	for len(c.queue) > 0 && (len(c.inflight) < c.window || !c.subscribed) {
		o := c.queue[0]
		c.queue = slices.Delete(c.queue, 0, 1)
		if !c.subscribed {
			o.result <- ErrOffline
			continue
		}
		o.p.PacketID = c.nextIDLocked()
		if err := c.writeLocked(o.p); err != nil {
			if !errors.Is(err, ErrTooLarge) {
				err = fmt.Errorf("%w: %w", ErrOffline, err)
			}
			o.result <- err
			continue
		}
		if c.inflight == nil {
			c.inflight = make(map[uint16]*outgoing)
		}
		c.inflight[o.p.PacketID] = o
		o.p, o.sentAt = nil, time.Now()
		c.g.counters.messagesOut.Add(1)
	}
}

// nextIDLocked returns a packet identifier that is not in flight. There is one,
// for the window is far smaller than 65,535.
func (c *conn) nextIDLocked() uint16 {
	for {
		c.lastID++
		if _, used := c.inflight[c.lastID]; c.lastID != 0 && !used {
			return c.lastID
		}
	}
}

// timeLeft returns how long the PUBACK may still take; nothing if the message
// has not been written yet.
func (c *conn) timeLeft(o *outgoing) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.g.cfg.AckTimeout - time.Since(o.sentAt)
}

// abandon ends the wait for o and tells what may have become of it. A message
// in flight keeps its place in the window: MQTT frees its identifier only with
// the PUBACK, however late.
func (c *conn) abandon(o *outgoing, why error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case err := <-o.result: // both happened
		return err
	default:
	}
	if o.p == nil {
		return fmt.Errorf("%w: %w", ErrNotAcknowledged, why)
	}
	c.queue = slices.DeleteFunc(c.queue, func(q *outgoing) bool { return q == o })
	c.endIfOverdueLocked()
	return fmt.Errorf("%w: window full: %w", ErrOffline, why)
}

// endIfOverdueLocked closes a connection whose full window holds a message that
// should have been acknowledged long ago. MQTT allows no repetition inside a
// connection, so only a new one can make the machine reachable again.
func (c *conn) endIfOverdueLocked() {
	for _, o := range c.inflight {
		if time.Since(o.sentAt) >= c.g.cfg.AckTimeout {
			c.endLocked(endUnresponsive)
			return
		}
	}
}

// acknowledged takes the machine's PUBACK. An unknown identifier is ignored, as
// MQTT 5.0 §3.4 has no answer for it.
func (c *conn) acknowledged(id uint16, r packet.Reason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.inflight[id]
	if o == nil {
		return
	}
	crashpoint.Hit("command_sent")
	delete(c.inflight, id)
	if r < packet.UnspecifiedError {
		c.g.counters.acknowledged.Add(1)
		o.result <- nil
	} else {
		o.result <- fmt.Errorf("%w: refused with reason 0x%02X", ErrNotAcknowledged, byte(r))
	}
	c.writeQueueLocked()
}
