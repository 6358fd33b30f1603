package certify

import (
	"bufio"
	"context"
	"maps"
	"net"
	"sync"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
	"github.com/vendlane/vendlane/signature"
)

// proxy stands between a good machine and the platform and makes the machine
// look broken. up and down get every packet and return what goes on instead; nil
// means no change. back is what goes back to the sender of a packet.
type proxy struct {
	up   func(p packet.Packet, back func(packet.Packet)) []packet.Packet
	down func(p packet.Packet, back func(packet.Packet)) []packet.Packet
}

// between wraps a dial.
func (x proxy) between(dial dialFunc) dialFunc {
	return func(ctx context.Context) (net.Conn, error) {
		server, err := dial(ctx)
		if err != nil {
			return nil, err
		}
		machine, here := net.Pipe()
		var mu sync.Mutex // packets that go back stand between whole packets
		write := func(to net.Conn) func(packet.Packet) {
			return func(p packet.Packet) {
				raw, err := packet.Append(nil, packet.V311, p)
				if err != nil {
					panic(err)
				}
				mu.Lock()
				defer mu.Unlock()
				_, _ = to.Write(raw)
			}
		}
		go pump(here, server, x.up, write(server), write(here))
		go pump(server, here, x.down, write(here), write(server))
		return machine, nil
	}
}

func pump(from, to net.Conn, change func(packet.Packet, func(packet.Packet)) []packet.Packet, forward, back func(packet.Packet)) {
	defer from.Close()
	defer to.Close()
	r := bufio.NewReader(from)
	for {
		first, body, err := packet.ReadFrame(r, packet.MaxLength)
		if err != nil {
			return
		}
		p, err := packet.Decode(packet.V311, first, body)
		if err != nil {
			panic(err)
		}
		out := []packet.Packet{p}
		if change != nil {
			out = change(p, back)
		}
		for _, p := range out {
			forward(p)
		}
	}
}

func same(p packet.Packet) []packet.Packet { return []packet.Packet{p} }

// connects changes CONNECT.
func connects(change func(*packet.Connect)) proxy {
	return proxy{up: func(p packet.Packet, _ func(packet.Packet)) []packet.Packet {
		if c, ok := p.(*packet.Connect); ok {
			change(c)
		}
		return same(p)
	}}
}

// publishes changes what the machine publishes. fields is nil for a message to be
// dropped; then the machine gets a PUBACK that nobody sent.
func publishes(change func(p *packet.Publish, fields map[string]string) (out map[string]string, key string)) proxy {
	return proxy{up: func(p packet.Packet, back func(packet.Packet)) []packet.Packet {
		pub, ok := p.(*packet.Publish)
		if !ok {
			return same(p)
		}
		fields, key := change(pub, fieldsOf(pub))
		if fields == nil {
			back(&packet.Ack{Type: packet.PUBACK, PacketID: pub.PacketID})
			return nil
		}
		pub.Payload = signature.EncodeMessage(fields, key)
		return same(pub)
	}}
}

// commands changes what the machine receives; nil drops it, acknowledged. A
// changed message is signed anew.
func commands(change func(fields map[string]string, signed bool) map[string]string) proxy {
	return proxy{down: func(p packet.Packet, back func(packet.Packet)) []packet.Packet {
		pub, ok := p.(*packet.Publish)
		if !ok {
			return same(p)
		}
		o, err := signature.DecodeMessage(pub.Payload)
		if err != nil {
			panic(err)
		}
		before := fieldsOf(pub)
		after := change(maps.Clone(before), o.Verify(appKey))
		switch {
		case after == nil:
			back(&packet.Ack{Type: packet.PUBACK, PacketID: pub.PacketID})
			return nil
		case !maps.Equal(before, after):
			pub.Payload = signature.EncodeMessage(after, appKey)
		}
		return same(pub)
	}}
}

func fieldsOf(p *packet.Publish) map[string]string {
	o, err := signature.DecodeMessage(p.Payload)
	if err != nil {
		panic(err)
	}
	fields := make(map[string]string)
	for name, v := range o.Members() {
		fields[name] = v.Text
	}
	return fields
}
