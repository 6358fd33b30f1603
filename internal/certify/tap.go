package certify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// maxPacket is larger than what the gateway takes; more is not read along.
const maxPacket = 128 << 10

// tapListener puts a tap on every connection.
type tapListener struct {
	net.Listener
	s *station
}

func (l tapListener) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &tap{Conn: nc, s: l.s}, nil
}

// tap reads along what a machine and the gateway say to each other, and can
// hold back the gateway's acknowledgements. The gateway reads on one goroutine
// and writes whole packets on another.
type tap struct {
	net.Conn
	s *station

	in  []byte // read, and not a whole packet yet
	bad bool   // the machine broke MQTT, the gateway will end the connection

	mu       sync.Mutex
	number   int // of the connection, 0 before its CONNECT
	version  packet.Version
	withhold bool                // hold back acknowledgements of results
	hold     map[uint16]struct{} // packet ids of these results
	held     []byte              // the acknowledgements held back
	gone     bool
}

// Read implements net.Conn.
func (t *tap) Read(b []byte) (int, error) {
	n, err := t.Conn.Read(b)
	if n > 0 && !t.bad {
		t.in = append(t.in, b[:n]...)
		t.readPackets()
	}
	return n, err
}

func (t *tap) readPackets() {
	for len(t.in) > 0 {
		p, size, err := decode(t.getVersion(), t.in)
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return
		}
		if err != nil {
			t.in, t.bad = nil, true
			return
		}
		t.in = t.in[size:]
		t.note(p)
	}
}

// errTooLarge is a packet the gateway will not take either.
var errTooLarge = errors.New("packet too large")

// decode returns the first packet in b and its size in bytes. It fails with
// io.ErrUnexpectedEOF if the packet is not complete, before anything is copied.
func decode(v packet.Version, b []byte) (p packet.Packet, size int, err error) {
	length, n := binary.Uvarint(b[1:]) // as MQTT writes a remaining length
	size = 1 + n + int(length)
	switch {
	case n < 0 || length > maxPacket:
		return nil, 0, errTooLarge
	case n == 0 || size > len(b):
		return nil, 0, io.ErrUnexpectedEOF
	}
	p, err = packet.Decode(v, b[0], bytes.Clone(b[1+n:size]))
	return p, size, err
}

func (t *tap) getVersion() packet.Version {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.version
}

func (t *tap) note(p packet.Packet) {
	switch p := p.(type) {
	case *packet.Connect:
		number := t.s.open(t, p)
		t.mu.Lock()
		t.number, t.version = number, p.Version
		t.mu.Unlock()
	case *packet.Subscribe:
		t.s.events.add(event{kind: subscribing, conn: t.number, filters: p.Filters})
	case *packet.Publish:
		m := readMessage(p)
		t.mu.Lock()
		if t.withhold && m.field("method") == methodResponse {
			t.hold[p.PacketID] = struct{}{}
		}
		t.mu.Unlock()
		t.s.events.add(event{kind: published, conn: t.number, msg: m})
	case *packet.Disconnect:
		t.s.events.add(event{kind: disconnected, conn: t.number})
	}
}

// Write implements net.Conn. It leaves out the acknowledgements to hold back.
func (t *tap) Write(b []byte) (int, error) {
	if pass := t.filter(b); len(pass) > 0 {
		if _, err := t.Conn.Write(pass); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

func (t *tap) filter(b []byte) (pass []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(b) > 0 {
		p, size, err := decode(t.version, b)
		if err != nil { // a CONNACK for a version we do not know, and the like
			return append(pass, b...)
		}
		switch p := p.(type) {
		case *packet.Connack:
			if p.Code != 0 {
				t.s.events.add(event{kind: refused, conn: t.number, code: p.Code})
			}
		case *packet.Ack:
			if _, ours := t.hold[p.PacketID]; ours && (p.Type == packet.PUBACK || p.Type == packet.PUBREC) {
				t.held = append(t.held, b[:size]...)
				b = b[size:]
				continue
			}
		}
		pass = append(pass, b[:size]...)
		b = b[size:]
	}
	return pass
}

// withholdResults holds back the acknowledgements of results from now on.
func (t *tap) withholdResults() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.withhold = true
	t.hold = make(map[uint16]struct{})
}

// release sends what was held back, and holds back nothing any more.
func (t *tap) release() {
	t.mu.Lock()
	held := t.held
	t.withhold, t.hold, t.held = false, nil, nil
	t.mu.Unlock()
	if len(held) > 0 {
		_, _ = t.Conn.Write(held) // a connection that is gone needs none
	}
}

// Close implements net.Conn.
func (t *tap) Close() error {
	t.mu.Lock()
	first, number := !t.gone, t.number
	t.gone = true
	t.mu.Unlock()
	err := t.Conn.Close()
	if first && number > 0 {
		t.s.events.add(event{kind: closed, conn: number})
	}
	return err
}
