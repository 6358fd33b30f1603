package devicegw_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// What any MQTT server does with packets no client library would send.

// bytesOf encodes packets.
func bytesOf(t testing.TB, v packet.Version, packets ...packet.Packet) string {
	t.Helper()
	var raw []byte
	for _, p := range packets {
		var err error
		if raw, err = packet.Append(raw, v, p); err != nil {
			t.Fatal(err)
		}
	}
	return string(raw)
}

// violations close the connection. gatewayOnly marks what Debian's Mosquitto
// lets pass although the standard does not.
var violations = []struct {
	name        string
	v           packet.Version // 0 is both
	connected   bool           // sent behind an accepted CONNECT
	raw         string
	gatewayOnly bool
}{
	{name: "unknown protocol version", raw: "\x10\x0d\x00\x04MQTT\x09\x02\x00\x3c\x00\x017"},
	{name: "unknown protocol name", raw: "\x10\x0d\x00\x04MQXX\x04\x02\x00\x3c\x00\x017"},
	{name: "first packet malformed", raw: "\x10\x02\x00\x04"},
	{name: "first packet of another protocol", raw: "GET / HTTP/1.1\r\nHost: x\r\n\r\n"},
	{name: "first packet PINGREQ", raw: "\xc0\x00"},
	{name: "first packet PUBLISH", raw: "\x30\x05\x00\x02/ax"},
	{name: "first packet SUBSCRIBE", raw: "\x82\x07\x00\x01\x00\x02/a\x00"},
	{name: "first packet too large", raw: "\x10\xff\xff\xff\x7f"},
	{name: "length of five bytes", raw: "\x10\xff\xff\xff\xff\x01"},
	{name: "reserved connect flag", raw: "\x10\x0d\x00\x04MQTT\x04\x03\x00\x3c\x00\x017"},
	{name: "will flags without will", raw: "\x10\x0d\x00\x04MQTT\x04\x0a\x00\x3c\x00\x017"},

	{name: "second CONNECT", v: packet.V311, connected: true, raw: "\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x017"},
	{name: "second CONNECT", v: packet.V5, connected: true, raw: "\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\x00\x00\x017"},
	{name: "CONNACK from a client", connected: true, raw: "\x20\x02\x00\x00"},
	{name: "reserved packet type", connected: true, raw: "\x00\x00"},
	{name: "QoS 3", connected: true, raw: "\x36\x09\x00\x04/abc\x00\x01x"},
	{name: "wildcard in a topic", v: packet.V311, connected: true, raw: "\x30\x05\x00\x02/#x"},
	{name: "wildcard in a topic", v: packet.V5, connected: true, raw: "\x30\x06\x00\x02/#\x00x"},
	{name: "empty topic", v: packet.V311, connected: true, raw: "\x30\x03\x00\x00x"},
	{name: "topic not UTF-8", v: packet.V311, connected: true, raw: "\x30\x05\x00\x02\xff\xfex"},
	{name: "packet identifier zero", v: packet.V311, connected: true, raw: "\x32\x07\x00\x02/a\x00\x00x"},
	{name: "packet too large", connected: true, raw: "\x30\xff\xff\xff\x7f"},
	{name: "SUBSCRIBE without filters", v: packet.V311, connected: true, raw: "\x82\x02\x00\x01"},
	{name: "SUBSCRIBE with wrong flags", connected: true, raw: "\x80\x07\x00\x01\x00\x02/a\x00"},
	{name: "SUBSCRIBE at QoS 3", v: packet.V311, connected: true, raw: "\x82\x07\x00\x01\x00\x02/a\x03"},
	{name: "PUBREL with wrong flags", connected: true, raw: "\x60\x02\x00\x01"},
	{name: "PINGREQ with wrong flags", connected: true, raw: "\xc1\x00", gatewayOnly: true},
	{name: "topic alias above the maximum", v: packet.V5, connected: true, raw: "\x30\x07\x00\x00\x03\x23\xff\xffx"},
	{name: "property unknown", v: packet.V5, connected: true, raw: "\x30\x07\x00\x02/a\x01\x7fx"},
	{name: "property repeated", v: packet.V5, connected: true, raw: "\x30\x0a\x00\x02/a\x04\x01\x00\x01\x00x"},
	{name: "AUTH without enhanced authentication", v: packet.V5, connected: true, raw: "\xf0\x00"},
}

func TestConformanceViolations(t *testing.T) {
	for _, c := range violations {
		eachVersion(t, func(t *testing.T, v packet.Version) {
			if c.v != 0 && c.v != v || !c.connected && v != packet.V311 {
				return
			}
			on := onAnyServer
			if c.gatewayOnly {
				on = onGateway
			}
			t.Run(c.name, func(t *testing.T) {
				on(t, func(t *testing.T, b *broker) {
					m := b.dialRaw(t, v)
					if c.connected {
						m = b.connectRaw(t, connectPacket(v, "7"))
					}
					m.sendRaw([]byte(c.raw))
					m.rest() // ends
					b.wantNothing(t)
				})
			})
		})
	}
}

func TestConformanceQoS2(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		onAnyServer(t, func(t *testing.T, b *broker) {
			m := b.connectRaw(t, connectPacket(v, "7"))
			p := publication("/server/app/7", 2, 3, "once")
			m.send(p)
			expectAck(m, packet.PUBREC, 3, 0)
			p.Dup = true
			m.send(p)
			expectAck(m, packet.PUBREC, 3, 0)
			m.send(&packet.Ack{Type: packet.PUBREL, PacketID: 3})
			expectAck(m, packet.PUBCOMP, 3, 0)
			b.wantReceived(t, "once")
			m.send(&packet.Disconnect{})
			b.wantNothing(t)
		})
	})
}

// A silent machine is disconnected after one and a half keep-alives, and its
// will is published.
func TestConformanceKeepAlive(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		onAnyServer(t, func(t *testing.T, b *broker) {
			p := withWill(connectPacket(v, "7"))
			p.KeepAlive = 1
			start := time.Now()
			m := b.connectRaw(t, p)
			m.ping()
			m.rest()
			if took := time.Since(start); took < time.Second {
				t.Errorf("closed after %v", took)
			}
			b.wantReceived(t, "offline")
		})
	})
}

// Packets may arrive byte by byte or many at once.
func TestConformanceFraming(t *testing.T) {
	eachVersion(t, func(t *testing.T, v packet.Version) {
		onAnyServer(t, func(t *testing.T, b *broker) {
			raw := bytesOf(t, v, connectPacket(v, "7"), publication("/server/app", 1, 1, "a"),
				publication("/server/app/7", 1, 2, strings.Repeat("b", 200)), packet.Pingreq{})
			for _, step := range []int{1, len(raw)} {
				m := b.dialRaw(t, v)
				for i := 0; i < len(raw); i += step {
					m.sendRaw([]byte(raw[i : i+step]))
				}
				expect[*packet.Connack](m)
				expectAck(m, packet.PUBACK, 1, 0)
				expectAck(m, packet.PUBACK, 2, 0)
				expect[packet.Pingresp](m)
				b.wantReceived(t, "a")
				b.wantReceived(t, strings.Repeat("b", 200))
				m.send(&packet.Disconnect{})
			}
		})
	})
}
