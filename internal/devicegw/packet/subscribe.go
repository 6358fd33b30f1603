package packet

// Filter is one entry of a SUBSCRIBE. All but Topic and QoS are MQTT 5.0.
type Filter struct {
	Topic             string
	QoS               byte
	NoLocal           bool
	RetainAsPublished bool
	RetainHandling    byte // 0–2
}

// Subscribe is a SUBSCRIBE packet with at least one filter.
type Subscribe struct {
	PacketID uint16
	Props    Properties // MQTT 5.0
	Filters  []Filter
}

func (p *Subscribe) header() byte { return byte(SUBSCRIBE)<<4 | 2 }

func decodeSubscribe(c *cursor, v Version) (Packet, error) {
	p := &Subscribe{PacketID: c.packetID()}
	if v == V5 {
		p.Props = c.properties(SUBSCRIBE)
	}
	for c.err == nil && len(c.b) > 0 {
		f := Filter{Topic: c.filter()}
		o := c.uint8()
		f.QoS = o & 3
		if v == V5 {
			f.NoLocal, f.RetainAsPublished, f.RetainHandling = o&4 != 0, o&8 != 0, o>>4&3
			o &^= 0x3C
		}
		if o > 2 || f.RetainHandling == 3 {
			c.fail(malformed("subscription options"))
		}
		p.Filters = append(p.Filters, f)
	}
	if c.err == nil && len(p.Filters) == 0 {
		return nil, violation("subscribe without filter")
	}
	return p, c.end()
}

// filter reads a topic filter, which must not be empty.
func (c *cursor) filter() string {
	f := c.string()
	if c.err == nil && f == "" {
		c.fail(malformed("topic filter empty"))
	}
	return f
}

func (p *Subscribe) appendBody(dst []byte, v Version) (_ []byte, err error) {
	dst = appendUint16(dst, p.PacketID)
	if v == V5 {
		if dst, err = appendProperties(dst, p.Props); err != nil {
			return nil, err
		}
	}
	for _, f := range p.Filters {
		if dst, err = appendString(dst, f.Topic); err != nil {
			return nil, err
		}
		o := f.QoS
		if v == V5 {
			o |= f.RetainHandling << 4
			if f.NoLocal {
				o |= 4
			}
			if f.RetainAsPublished {
				o |= 8
			}
		}
		dst = append(dst, o)
	}
	return dst, nil
}

// Suback is a SUBACK packet: one code for each filter of the SUBSCRIBE.
type Suback struct {
	PacketID uint16
	Props    Properties // MQTT 5.0
	Codes    []byte
}

func (p *Suback) header() byte { return byte(SUBACK) << 4 }

func decodeSuback(c *cursor, v Version) (Packet, error) {
	p := &Suback{PacketID: c.packetID()}
	if v == V5 {
		p.Props = c.properties(SUBACK)
	}
	p.Codes = c.take(len(c.b))
	return p, c.end()
}

func (p *Suback) appendBody(dst []byte, v Version) ([]byte, error) {
	return appendCodes(dst, v, p.PacketID, p.Props, p.Codes)
}

func appendCodes(dst []byte, v Version, id uint16, ps Properties, codes []byte) (_ []byte, err error) {
	dst = appendUint16(dst, id)
	if v == V5 {
		if dst, err = appendProperties(dst, ps); err != nil {
			return nil, err
		}
	}
	return append(dst, codes...), nil
}

// Unsubscribe is an UNSUBSCRIBE packet with at least one topic filter.
type Unsubscribe struct {
	PacketID uint16
	Props    Properties // MQTT 5.0
	Topics   []string
}

func (p *Unsubscribe) header() byte { return byte(UNSUBSCRIBE)<<4 | 2 }

func decodeUnsubscribe(c *cursor, v Version) (Packet, error) {
	p := &Unsubscribe{PacketID: c.packetID()}
	if v == V5 {
		p.Props = c.properties(UNSUBSCRIBE)
	}
	for c.err == nil && len(c.b) > 0 {
		p.Topics = append(p.Topics, c.filter())
	}
	if c.err == nil && len(p.Topics) == 0 {
		return nil, violation("unsubscribe without filter")
	}
	return p, c.end()
}

func (p *Unsubscribe) appendBody(dst []byte, v Version) (_ []byte, err error) {
	dst = appendUint16(dst, p.PacketID)
	if v == V5 {
		if dst, err = appendProperties(dst, p.Props); err != nil {
			return nil, err
		}
	}
	for _, t := range p.Topics {
		if dst, err = appendString(dst, t); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

// Unsuback is an UNSUBACK packet. Codes are MQTT 5.0 only.
type Unsuback struct {
	PacketID uint16
	Props    Properties
	Codes    []byte
}

func (p *Unsuback) header() byte { return byte(UNSUBACK) << 4 }

func decodeUnsuback(c *cursor, v Version) (Packet, error) {
	p := &Unsuback{PacketID: c.packetID()}
	if v == V5 {
		p.Props = c.properties(UNSUBACK)
		p.Codes = c.take(len(c.b))
	}
	return p, c.end()
}

func (p *Unsuback) appendBody(dst []byte, v Version) ([]byte, error) {
	if v != V5 {
		return appendUint16(dst, p.PacketID), nil
	}
	return appendCodes(dst, v, p.PacketID, p.Props, p.Codes)
}
