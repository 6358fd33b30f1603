package packet

import "slices"

// Publish is a PUBLISH packet. PacketID is 0 at QoS 0. Topic may be empty in
// MQTT 5.0 if a topic alias is present.
type Publish struct {
	Dup      bool
	QoS      byte
	Retain   bool
	Topic    string
	PacketID uint16
	Props    Properties // MQTT 5.0
	Payload  []byte
}

func (p *Publish) header() byte {
	first := byte(PUBLISH)<<4 | p.QoS<<1
	if p.Dup {
		first |= 1 << 3
	}
	if p.Retain {
		first |= 1
	}
	return first
}

func decodePublish(c *cursor, v Version, flags byte) (Packet, error) {
	p := &Publish{Dup: flags&8 != 0, QoS: flags >> 1 & 3, Retain: flags&1 != 0}
	switch {
	case p.QoS == 3:
		return nil, malformed("QoS 3")
	case p.QoS == 0 && p.Dup:
		return nil, malformed("duplicate flag at QoS 0")
	}
	p.Topic = c.string()
	if p.QoS > 0 {
		p.PacketID = c.packetID()
	}
	if v == V5 {
		p.Props = c.properties(PUBLISH)
	}
	if c.err != nil {
		return nil, c.err
	}
	if p.Topic != "" || !p.Props.Has(TopicAlias) {
		if err := checkTopic(p.Topic); err != nil {
			return nil, err
		}
	}
	p.Payload = c.b
	return p, nil
}

func (p *Publish) appendBody(dst []byte, v Version) ([]byte, error) {
	dst = slices.Grow(dst, len(p.Topic)+len(p.Payload)+16)
	dst, err := appendString(dst, p.Topic)
	if err != nil {
		return nil, err
	}
	if p.QoS > 0 {
		dst = appendUint16(dst, p.PacketID)
	}
	if v == V5 {
		if dst, err = appendProperties(dst, p.Props); err != nil {
			return nil, err
		}
	}
	return append(dst, p.Payload...), nil
}

// Ack is a PUBACK, PUBREC, PUBREL or PUBCOMP packet.
type Ack struct {
	Type     Type
	PacketID uint16
	Reason   Reason     // MQTT 5.0
	Props    Properties // MQTT 5.0
}

func (p *Ack) header() byte {
	if p.Type == PUBREL {
		return byte(PUBREL)<<4 | 2
	}
	return byte(p.Type) << 4
}

func decodeAck(c *cursor, v Version, t Type) (Packet, error) {
	p := &Ack{Type: t, PacketID: c.packetID()}
	if v == V5 {
		p.Reason, p.Props = c.reasonAndProperties(t)
	}
	return p, c.end()
}

func (p *Ack) appendBody(dst []byte, v Version) ([]byte, error) {
	dst = appendUint16(dst, p.PacketID)
	if v != V5 {
		return dst, nil
	}
	return appendReasonAndProperties(dst, p.Reason, p.Props)
}

// reasonAndProperties reads the optional tail of acknowledgements, DISCONNECT
// and AUTH: nothing means Success, a reason alone means no properties.
func (c *cursor) reasonAndProperties(t Type) (Reason, Properties) {
	if len(c.b) == 0 {
		return Success, nil
	}
	r := Reason(c.uint8())
	if !validReason(t, r) {
		c.fail(malformed("reason code not allowed in this packet"))
	}
	if len(c.b) == 0 {
		return r, nil
	}
	return r, c.properties(t)
}

func appendReasonAndProperties(dst []byte, r Reason, ps Properties) ([]byte, error) {
	if r == Success && len(ps) == 0 {
		return dst, nil
	}
	dst = append(dst, byte(r))
	if len(ps) == 0 {
		return dst, nil
	}
	return appendProperties(dst, ps)
}
