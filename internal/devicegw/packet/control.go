package packet

// Pingreq is a PINGREQ packet.
type Pingreq struct{}

func (Pingreq) header() byte { return byte(PINGREQ) << 4 }

func (Pingreq) appendBody(dst []byte, _ Version) ([]byte, error) { return dst, nil }

// Pingresp is a PINGRESP packet.
type Pingresp struct{}

func (Pingresp) header() byte { return byte(PINGRESP) << 4 }

func (Pingresp) appendBody(dst []byte, _ Version) ([]byte, error) { return dst, nil }

// Disconnect is a DISCONNECT packet. In MQTT 3.1.1 it is empty and only
// clients send it.
type Disconnect struct {
	Reason Reason     // MQTT 5.0
	Props  Properties // MQTT 5.0
}

func (p *Disconnect) header() byte { return byte(DISCONNECT) << 4 }

func decodeDisconnect(c *cursor, v Version) (Packet, error) {
	p := &Disconnect{}
	if v == V5 {
		p.Reason, p.Props = c.reasonAndProperties(DISCONNECT)
	}
	return p, c.end()
}

func (p *Disconnect) appendBody(dst []byte, v Version) ([]byte, error) {
	if v != V5 {
		return dst, nil
	}
	return appendReasonAndProperties(dst, p.Reason, p.Props)
}

// Auth is an AUTH packet of MQTT 5.0.
type Auth struct {
	Reason Reason
	Props  Properties
}

func (p *Auth) header() byte { return byte(AUTH) << 4 }

func decodeAuth(c *cursor, v Version) (Packet, error) {
	if v != V5 {
		return nil, malformed("reserved packet type")
	}
	p := &Auth{}
	p.Reason, p.Props = c.reasonAndProperties(AUTH)
	return p, c.end()
}

func (p *Auth) appendBody(dst []byte, v Version) ([]byte, error) {
	if v != V5 {
		return nil, violation("AUTH exists in MQTT 5.0 only")
	}
	return appendReasonAndProperties(dst, p.Reason, p.Props)
}
