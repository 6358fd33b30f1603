package packet

import "strings"

// Connect is a CONNECT packet. Password is nil if the client sent none.
type Connect struct {
	Version     Version
	CleanStart  bool
	KeepAlive   uint16 // seconds, 0 = none
	ClientID    string
	Will        *Will // nil if the client set none
	HasUsername bool
	Username    string
	Password    []byte
	Props       Properties // MQTT 5.0
}

// Will is the last will of a CONNECT.
type Will struct {
	Topic   string
	Payload []byte
	QoS     byte
	Retain  bool
	Props   Properties // MQTT 5.0
}

const (
	flagCleanStart = 1 << 1
	flagWill       = 1 << 2
	flagWillRetain = 1 << 5
	flagPassword   = 1 << 6
	flagUsername   = 1 << 7
)

func (p *Connect) header() byte { return byte(CONNECT) << 4 }

// decodeConnect returns a non-nil *Connect beside an error as soon as the
// protocol level is known.
func decodeConnect(c *cursor) (Packet, error) {
	name := c.string()
	level := Version(c.uint8())
	if c.err != nil {
		return nil, c.err
	}
	p := &Connect{Version: level}
	switch {
	case name == "MQIsdp" && level == 3, name == "MQTT" && level != V311 && level != V5:
		return p, &Error{UnsupportedVersion, "protocol version not supported"}
	case name != "MQTT":
		return nil, violation("not an MQTT connection")
	}
	flags := c.uint8()
	p.KeepAlive = c.uint16()
	if flags&1 != 0 {
		c.fail(malformed("reserved connect flag"))
	}
	p.CleanStart = flags&flagCleanStart != 0
	if level == V5 {
		p.Props = c.properties(CONNECT)
		if p.Props.Has(AuthData) && !p.Props.Has(AuthMethod) {
			c.fail(violation("authentication data without method"))
		}
	}
	p.ClientID = c.string()
	p.Will = c.will(level, flags)
	if flags&flagUsername != 0 {
		p.HasUsername = true
		p.Username = c.string()
	}
	if flags&flagPassword != 0 {
		if level == V311 && !p.HasUsername {
			c.fail(malformed("password without user name"))
		}
		p.Password = c.binary()
	}
	return p, c.end()
}

func (c *cursor) will(v Version, flags byte) *Will {
	qos := flags >> 3 & 3
	if flags&flagWill == 0 {
		if qos != 0 || flags&flagWillRetain != 0 {
			c.fail(malformed("will flags without will"))
		}
		return nil
	}
	if qos == 3 {
		c.fail(malformed("will QoS 3"))
	}
	w := &Will{QoS: qos, Retain: flags&flagWillRetain != 0}
	if v == V5 {
		w.Props = c.properties(inWill)
	}
	w.Topic = c.topicName()
	w.Payload = c.binary()
	return w
}

// topicName reads a topic name: not empty and without wildcards.
func (c *cursor) topicName() string {
	topic := c.string()
	if c.err == nil {
		c.err = checkTopic(topic)
	}
	return topic
}

func checkTopic(topic string) error {
	if topic == "" || strings.ContainsAny(topic, "+#") {
		return &Error{TopicNameInvalid, "topic name empty or with wildcard"}
	}
	return nil
}

func (p *Connect) appendBody(dst []byte, _ Version) ([]byte, error) {
	flags := byte(0)
	if p.CleanStart {
		flags |= flagCleanStart
	}
	if p.HasUsername {
		flags |= flagUsername
	}
	if p.Password != nil {
		flags |= flagPassword
	}
	if w := p.Will; w != nil {
		flags |= flagWill | w.QoS<<3
		if w.Retain {
			flags |= flagWillRetain
		}
	}
	dst = append(dst, 0, 4, 'M', 'Q', 'T', 'T', byte(p.Version), flags)
	dst = appendUint16(dst, p.KeepAlive)
	var err error
	if p.Version == V5 {
		if dst, err = appendProperties(dst, p.Props); err != nil {
			return nil, err
		}
	}
	if dst, err = appendString(dst, p.ClientID); err != nil {
		return nil, err
	}
	if dst, err = p.Will.append(dst, p.Version); err != nil {
		return nil, err
	}
	if p.HasUsername {
		if dst, err = appendString(dst, p.Username); err != nil {
			return nil, err
		}
	}
	if p.Password != nil {
		return appendString(dst, p.Password)
	}
	return dst, nil
}

func (w *Will) append(dst []byte, v Version) (_ []byte, err error) {
	if w == nil {
		return dst, nil
	}
	if v == V5 {
		if dst, err = appendProperties(dst, w.Props); err != nil {
			return nil, err
		}
	}
	if dst, err = appendString(dst, w.Topic); err != nil {
		return nil, err
	}
	return appendString(dst, w.Payload)
}

// Connack is a CONNACK packet. Code is a return code in MQTT 3.1.1 and a
// Reason in 5.0.
type Connack struct {
	SessionPresent bool
	Code           byte
	Props          Properties // MQTT 5.0
}

func (p *Connack) header() byte { return byte(CONNACK) << 4 }

func decodeConnack(c *cursor, v Version) (Packet, error) {
	flags := c.uint8()
	if flags > 1 {
		c.fail(malformed("reserved connack flags"))
	}
	p := &Connack{SessionPresent: flags == 1, Code: c.uint8()}
	if v == V5 {
		p.Props = c.properties(CONNACK)
	}
	return p, c.end()
}

func (p *Connack) appendBody(dst []byte, v Version) ([]byte, error) {
	flags := byte(0)
	if p.SessionPresent {
		flags = 1
	}
	dst = append(dst, flags, p.Code)
	if v == V5 {
		return appendProperties(dst, p.Props)
	}
	return dst, nil
}
