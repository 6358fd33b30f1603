package fleet

import (
	"bufio"
	"fmt"
	"net"
	"sync"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// client is one end of an MQTT 3.1.1 connection, with nothing around it.
type client struct {
	nc net.Conn
	in *bufio.Reader

	mu     sync.Mutex // guards writes once the connection is shared
	lastID uint16
}

// hello connects and subscribes.
func (c *client) hello(p *packet.Connect, filter string) error {
	p.Version, p.KeepAlive, p.HasUsername = packet.V311, keepAlive, true
	if err := c.write(p); err != nil {
		return err
	}
	answer, err := c.read()
	if err != nil {
		return err
	}
	if ack, ok := answer.(*packet.Connack); !ok || ack.Code != packet.Accepted3 {
		return fmt.Errorf("connection refused: %+v", answer)
	}
	if err := c.write(&packet.Subscribe{PacketID: 1, Filters: []packet.Filter{{Topic: filter, QoS: 1}}}); err != nil {
		return err
	}
	if answer, err = c.read(); err != nil {
		return err
	}
	if ack, ok := answer.(*packet.Suback); !ok || ack.Codes[0] != 1 {
		return fmt.Errorf("subscription refused: %+v", answer)
	}
	return nil
}

func (c *client) read() (packet.Packet, error) {
	first, body, err := packet.ReadFrame(c.in, frameLimit)
	if err != nil {
		return nil, fmt.Errorf("read packet: %w", err)
	}
	return packet.Decode(packet.V311, first, body)
}

func (c *client) write(p packet.Packet) error {
	out, err := packet.Append(nil, packet.V311, p)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, err = c.nc.Write(out); err != nil {
		return fmt.Errorf("write packet: %w", err)
	}
	return nil
}

// publish sends a message at QoS 1 and does not wait for its PUBACK.
func (c *client) publish(topic string, body []byte) error {
	c.mu.Lock()
	c.lastID = max(1, c.lastID+1)
	id := c.lastID
	c.mu.Unlock()
	return c.write(&packet.Publish{QoS: 1, Topic: topic, PacketID: id, Payload: body})
}
