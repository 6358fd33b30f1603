package devicegw

import (
	"errors"
	"os"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// Writing needs no goroutine while nothing is to be written: a packet is
// appended to pending, and the first one starts a flush that ends when pending
// is empty. Whoever appends never blocks on the network.

// errEnded: the connection takes no more packets.
var errEnded = errors.New("connection ended")

// write queues a packet. On an error nothing of it was or will be written:
// errEnded, ErrTooLarge for this machine, or the encoder's.
func (c *conn) write(p packet.Packet) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.writeLocked(p)
}

func (c *conn) writeLocked(p packet.Packet) error {
	if c.ended || c.writeErr != nil {
		return errEnded
	}
	before := len(c.pending)
	buf, err := packet.Append(c.pending, c.version, p)
	if err != nil {
		return err
	}
	if len(buf)-before > c.maxPacket {
		return ErrTooLarge
	}
	if len(buf) > c.g.cfg.MaxPendingBytes {
		c.endLocked(endSlow)
		return errEnded
	}
	c.pending = buf
	c.startFlushLocked()
	return nil
}

func (c *conn) startFlushLocked() {
	if !c.flushing {
		c.flushing = true
		c.g.wg.Go(c.flush)
	}
}

// flush writes until nothing is pending; after the end it closes the
// connection, which also wakes the reader.
func (c *conn) flush() {
	for {
		c.mu.Lock()
		buf := c.pending
		c.pending = nil
		if len(buf) == 0 {
			c.flushing = false
			ended := c.ended
			c.mu.Unlock()
			if ended {
				_ = c.nc.Close()
			}
			return
		}
		if !c.ended { // end has set a shorter deadline
			_ = c.nc.SetWriteDeadline(time.Now().Add(c.g.cfg.WriteTimeout))
		}
		c.mu.Unlock()

		if _, err := c.nc.Write(buf); err != nil {
			c.writeFailed(err)
			return
		}
	}
}

// writeFailed ends the flush. Nothing reaches the machine any more, but what it
// sent last may still be unread: a DISCONNECT, that it went in order. So the
// reader says how the connection ended, and has closeTimeout for it.
func (c *conn) writeFailed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		c.endLocked(endSlow) // starts no second flush, flushing is still set
	}
	if c.ended {
		_ = c.nc.Close()
		return
	}
	c.writeErr, c.pending, c.flushing, c.subscribed = err, nil, false, false
	_ = c.nc.SetReadDeadline(time.Now().Add(closeTimeout))
}

// end ends the connection for the reason given unless it has ended already. It
// does not wait: what is pending and a DISCONNECT are still written within
// closeTimeout, then the connection is closed and serve reports the end.
func (c *conn) end(e ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.endLocked(e)
}

func (c *conn) endLocked(e ending) {
	if c.ended {
		return
	}
	if c.open && c.version == packet.V5 && e.reason != 0 {
		// Cannot fail, and the limit of pending does not apply to goodbyes.
		c.pending, _ = packet.Append(c.pending, c.version, &packet.Disconnect{Reason: e.reason})
	}
	c.ended, c.ending = true, e
	c.subscribed = false
	close(c.done)
	_ = c.nc.SetWriteDeadline(time.Now().Add(closeTimeout))
	c.startFlushLocked()
}

func (c *conn) isSubscribed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.subscribed
}
