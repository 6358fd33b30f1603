package fleet

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
	"github.com/vendlane/vendlane/signature"
)

const (
	// frameLimit is the largest packet the benchmark's clients take.
	frameLimit = 128 << 10
	// handshakeLimit bounds one attempt to connect.
	handshakeLimit = 30 * time.Second
	// keepAlive is longer than any measurement, so that no pings disturb it.
	keepAlive = 300
)

// machine is a virtual machine that costs next to nothing, so that ten thousand
// of them fit beside what is measured. It speaks MQTT 3.1.1.
type machine struct {
	no    string
	will  []byte
	beat  []byte
	plain []byte // report to a command no order stands behind
	swarm *swarm

	mu     sync.Mutex
	nc     net.Conn
	lastID uint16
}

func newMachine(i int, s *swarm) *machine {
	no := machineNo(i)
	return &machine{no: no, will: will(no), beat: heartbeat(no), plain: report(no, "5121763043809673", "60", "78"), swarm: s}
}

// connect makes a new connection: CONNECT, CONNACK, SUBSCRIBE, SUBACK, one
// after the other as a machine does. An old connection is left to the server
// to take over.
func (m *machine) connect(ctx context.Context) error {
	nc, err := (&net.Dialer{KeepAlive: -1}).DialContext(ctx, "tcp", m.swarm.addr)
	if err != nil {
		return fmt.Errorf("connect machine: %w", err)
	}
	_ = nc.SetDeadline(time.Now().Add(handshakeLimit))
	c := &client{nc: nc, in: bufio.NewReaderSize(nc, 512)}
	err = c.hello(&packet.Connect{
		ClientID: m.no, Username: m.no, Password: []byte(password),
		Will: &packet.Will{Topic: sharedTopic, Payload: m.will, QoS: 1},
	}, downPrefix+m.no)
	if err != nil {
		return errors.Join(err, nc.Close())
	}
	_ = nc.SetDeadline(time.Time{})
	m.mu.Lock()
	m.nc = nc
	m.mu.Unlock()
	m.swarm.readers.Go(func() { m.read(c) })
	return nil
}

// read answers what comes until the connection ends.
func (m *machine) read(c *client) {
	defer func() { _ = c.nc.Close() }()
	for {
		p, err := c.read()
		if err != nil {
			return
		}
		switch p := p.(type) {
		case *packet.Publish:
			err = m.dispense(c, p)
		case *packet.Ack:
			m.swarm.acknowledged.Add(1)
		}
		if err != nil {
			return
		}
	}
}

// dispense acknowledges a command and reports that its goods have dropped.
func (m *machine) dispense(c *client, p *packet.Publish) error {
	body := m.plain
	if m.swarm.realReports.Load() {
		object, err := signature.DecodeMessage(p.Payload)
		if err != nil {
			return fmt.Errorf("read command: %w", err)
		}
		text := func(name string) string {
			v, _ := object.Lookup(name)
			return v.Text
		}
		body = report(m.no, text("delivery_id"), text("order_id"), text("record_id"))
	}
	out, err := packet.Append(nil, packet.V311, &packet.Ack{Type: packet.PUBACK, PacketID: p.PacketID})
	if err != nil {
		return err
	}
	return m.write(c.nc, out, sharedTopic+"/"+m.no, body)
}

// beatOnce publishes a heartbeat on the newest connection.
func (m *machine) beatOnce() error {
	m.mu.Lock()
	nc := m.nc
	m.mu.Unlock()
	return m.write(nc, nil, sharedTopic, m.beat)
}

// write writes packets and behind them a publication.
func (m *machine) write(nc net.Conn, packets []byte, topic string, body []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lastID = max(1, m.lastID+1)
	out, err := packet.Append(packets, packet.V311, &packet.Publish{QoS: 1, Topic: topic, PacketID: m.lastID, Payload: body})
	if err != nil {
		return err
	}
	_, err = nc.Write(out)
	return err
}

func (m *machine) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.nc != nil {
		_ = m.nc.Close()
	}
}

// swarm is the fleet of virtual machines.
type swarm struct {
	addr         string
	machines     []*machine
	readers      sync.WaitGroup
	acknowledged atomic.Int64
	// realReports lets machines answer what the command says, instead of
	// always the same.
	realReports atomic.Bool
}

func newSwarm(addr string, n int) *swarm {
	s := &swarm{addr: addr, machines: make([]*machine, n)}
	for i := range s.machines {
		s.machines[i] = newMachine(i, s)
	}
	return s
}

func (s *swarm) close() {
	for _, m := range s.machines {
		m.close()
	}
	s.readers.Wait()
}
