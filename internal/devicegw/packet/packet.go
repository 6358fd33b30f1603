// Package packet encodes and decodes the control packets of MQTT 3.1.1 and
// 5.0. It is strict: what the standards forbid is refused with the reason code
// they name, and nothing is allocated before its length was checked. It does
// no I/O besides ReadFrame and knows nothing about topics or machines.
package packet

// Version is the protocol level of a connection.
type Version byte

// Protocol levels.
const (
	V311 Version = 4
	V5   Version = 5
)

// Type is the control packet type in the upper half of the first byte.
type Type byte

// Control packet types.
const (
	CONNECT     Type = 1
	CONNACK     Type = 2
	PUBLISH     Type = 3
	PUBACK      Type = 4
	PUBREC      Type = 5
	PUBREL      Type = 6
	PUBCOMP     Type = 7
	SUBSCRIBE   Type = 8
	SUBACK      Type = 9
	UNSUBSCRIBE Type = 10
	UNSUBACK    Type = 11
	PINGREQ     Type = 12
	PINGRESP    Type = 13
	DISCONNECT  Type = 14
	AUTH        Type = 15
)

// Packet is one decoded control packet: *Connect, *Connack, *Publish, *Ack,
// *Subscribe, *Suback, *Unsubscribe, *Unsuback, Pingreq, Pingresp, *Disconnect
// or *Auth.
type Packet interface {
	// header returns the first byte of the packet.
	header() byte
	// appendBody appends everything behind the remaining length.
	appendBody(dst []byte, v Version) ([]byte, error)
}

// Decode interprets one packet of a connection of version v. first and body
// come from ReadFrame. Payloads of the result are slices of body. A CONNECT
// names its version itself, so v is ignored for it; if a CONNECT is refused
// after its version was read, the *Connect is returned beside the error so
// that the refusal can be answered in the client's version; beside the error of
// another packet the result means nothing. All errors are of type *Error.
func Decode(v Version, first byte, body []byte) (Packet, error) {
	t, flags := Type(first>>4), first&0x0F
	if t != PUBLISH {
		want := byte(0)
		if t == PUBREL || t == SUBSCRIBE || t == UNSUBSCRIBE {
			want = 2
		}
		if flags != want {
			return nil, malformed("reserved header flags")
		}
	}
	c := &cursor{b: body}
	switch t {
	case CONNECT:
		return decodeConnect(c)
	case CONNACK:
		return decodeConnack(c, v)
	case PUBLISH:
		return decodePublish(c, v, flags)
	case PUBACK, PUBREC, PUBREL, PUBCOMP:
		return decodeAck(c, v, t)
	case SUBSCRIBE:
		return decodeSubscribe(c, v)
	case SUBACK:
		return decodeSuback(c, v)
	case UNSUBSCRIBE:
		return decodeUnsubscribe(c, v)
	case UNSUBACK:
		return decodeUnsuback(c, v)
	case PINGREQ:
		return Pingreq{}, c.end()
	case PINGRESP:
		return Pingresp{}, c.end()
	case DISCONNECT:
		return decodeDisconnect(c, v)
	case AUTH:
		return decodeAuth(c, v)
	}
	return nil, malformed("reserved packet type")
}

// Append appends the encoding of p for a connection of version v to dst. It
// returns dst unchanged and an error if p cannot be encoded: a string or the
// packet is too long, or the packet does not exist in that version. It does not check
// the rules Decode enforces.
func Append(dst []byte, v Version, p Packet) ([]byte, error) {
	body, err := p.appendBody(nil, v)
	if err != nil {
		return dst, err
	}
	if len(body) > MaxLength {
		return dst, violation("packet longer than 268,435,455 bytes")
	}
	dst = append(dst, p.header())
	dst = appendVarint(dst, uint32(len(body)))
	return append(dst, body...), nil
}
