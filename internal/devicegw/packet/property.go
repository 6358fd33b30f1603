package packet

import (
	"encoding/binary"
	"strings"
)

// PropertyID identifies an MQTT 5.0 property (MQTT 5.0 §2.2.2.2).
type PropertyID byte

// Property identifiers.
const (
	PayloadFormat       PropertyID = 0x01
	MessageExpiry       PropertyID = 0x02 // seconds
	ContentType         PropertyID = 0x03
	ResponseTopic       PropertyID = 0x08
	CorrelationData     PropertyID = 0x09
	SubscriptionID      PropertyID = 0x0B
	SessionExpiry       PropertyID = 0x11 // seconds
	AssignedClientID    PropertyID = 0x12
	ServerKeepAlive     PropertyID = 0x13 // seconds
	AuthMethod          PropertyID = 0x15
	AuthData            PropertyID = 0x16
	RequestProblemInfo  PropertyID = 0x17
	WillDelay           PropertyID = 0x18 // seconds
	RequestResponseInfo PropertyID = 0x19
	ResponseInfo        PropertyID = 0x1A
	ServerReference     PropertyID = 0x1C
	ReasonString        PropertyID = 0x1F
	ReceiveMaximum      PropertyID = 0x21
	TopicAliasMaximum   PropertyID = 0x22
	TopicAlias          PropertyID = 0x23
	MaximumQoS          PropertyID = 0x24
	RetainAvailable     PropertyID = 0x25
	UserProperty        PropertyID = 0x26
	MaximumPacketSize   PropertyID = 0x27 // bytes
	WildcardAvailable   PropertyID = 0x28
	SubIDAvailable      PropertyID = 0x29
	SharedAvailable     PropertyID = 0x2A
)

// Property is one MQTT 5.0 property. Num holds integers, Str strings, binary
// data and the name of a user property, Val the value of a user property.
type Property struct {
	ID  PropertyID
	Num uint32
	Str string
	Val string
}

// Properties are the properties of one packet or will, in wire order.
type Properties []Property

// Has tells whether property id is present.
func (ps Properties) Has(id PropertyID) bool {
	for _, p := range ps {
		if p.ID == id {
			return true
		}
	}
	return false
}

// Uint returns the integer value of property id, or absent if it is missing.
func (ps Properties) Uint(id PropertyID, absent uint32) uint32 {
	for _, p := range ps {
		if p.ID == id {
			return p.Num
		}
	}
	return absent
}

type kind byte

const (
	kindFlag   kind = iota + 1 // one byte, 0 or 1
	kindUint16                 // two bytes
	kindUint32                 // four bytes
	kindVarint
	kindString
	kindBinary
	kindPair
)

// inWill marks properties of a will, which has no packet type of its own.
const inWill Type = 0

// propertyRule returns the data type of a property, the packets it may stand
// in as a bit set of 1<<Type, and whether zero is a forbidden value. kind is 0
// for unknown properties.
func propertyRule(id PropertyID) (k kind, packets uint16, nonZero bool) {
	in := func(ts ...Type) (set uint16) {
		for _, t := range ts {
			set |= 1 << t
		}
		return set
	}
	switch id {
	case PayloadFormat:
		return kindFlag, in(PUBLISH, inWill), false
	case MessageExpiry:
		return kindUint32, in(PUBLISH, inWill), false
	case ContentType, ResponseTopic:
		return kindString, in(PUBLISH, inWill), false
	case CorrelationData:
		return kindBinary, in(PUBLISH, inWill), false
	case SubscriptionID:
		return kindVarint, in(PUBLISH, SUBSCRIBE), true
	case SessionExpiry:
		return kindUint32, in(CONNECT, CONNACK, DISCONNECT), false
	case AssignedClientID, ResponseInfo:
		return kindString, in(CONNACK), false
	case ServerKeepAlive:
		return kindUint16, in(CONNACK), false
	case AuthMethod:
		return kindString, in(CONNECT, CONNACK, AUTH), false
	case AuthData:
		return kindBinary, in(CONNECT, CONNACK, AUTH), false
	case RequestProblemInfo, RequestResponseInfo:
		return kindFlag, in(CONNECT), false
	case WillDelay:
		return kindUint32, in(inWill), false
	case ServerReference:
		return kindString, in(CONNACK, DISCONNECT), false
	case ReasonString:
		return kindString, in(CONNACK, PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK, DISCONNECT, AUTH), false
	case ReceiveMaximum:
		return kindUint16, in(CONNECT, CONNACK), true
	case TopicAliasMaximum:
		return kindUint16, in(CONNECT, CONNACK), false
	case TopicAlias:
		return kindUint16, in(PUBLISH), false // zero is refused with its own reason by the receiver
	case MaximumQoS, RetainAvailable, WildcardAvailable, SubIDAvailable, SharedAvailable:
		return kindFlag, in(CONNACK), false
	case UserProperty:
		return kindPair, ^in(PINGREQ, PINGRESP), false
	case MaximumPacketSize:
		return kindUint32, in(CONNECT, CONNACK), true
	}
	return 0, 0, false
}

// properties reads the property block of a packet of type t. It refuses
// unknown, misplaced and repeated properties and values out of range. Without
// properties the result is nil.
func (c *cursor) properties(t Type) Properties {
	sub := &cursor{b: c.take(int(c.varint()))}
	if c.err != nil {
		return nil
	}
	var ps Properties
	var seen uint64
	for sub.err == nil && len(sub.b) > 0 {
		p := sub.property(t)
		once := p.ID != UserProperty && (p.ID != SubscriptionID || t != PUBLISH)
		if once && seen&(1<<p.ID) != 0 {
			sub.fail(violation("property repeated"))
		}
		seen |= 1 << p.ID
		ps = append(ps, p)
	}
	if sub.err != nil {
		c.fail(sub.err)
		return nil
	}
	return ps
}

func (c *cursor) property(t Type) Property {
	p := Property{ID: PropertyID(c.uint8())}
	k, packets, nonZero := propertyRule(p.ID)
	if k == 0 || packets&(1<<t) == 0 {
		c.fail(malformed("property not allowed in this packet"))
		return Property{}
	}
	switch k {
	case kindFlag:
		p.Num = uint32(c.uint8())
		if p.Num > 1 {
			c.fail(violation("property value other than 0 or 1"))
		}
	case kindUint16:
		p.Num = uint32(c.uint16())
	case kindUint32:
		p.Num = c.uint32()
	case kindVarint:
		p.Num = c.varint()
	case kindString:
		p.Str = c.string()
	case kindBinary:
		p.Str = string(c.binary())
	case kindPair:
		p.Str = c.string()
		p.Val = c.string()
	}
	if nonZero && p.Num == 0 {
		c.fail(violation("property value zero"))
	}
	if p.ID == ResponseTopic && strings.ContainsAny(p.Str, "+#") {
		c.fail(violation("response topic with wildcard"))
	}
	return p
}

// appendProperties appends the property block, empty or not.
func appendProperties(dst []byte, ps Properties) ([]byte, error) {
	var body []byte
	var err error
	for _, p := range ps {
		body = append(body, byte(p.ID))
		k, _, _ := propertyRule(p.ID)
		switch k {
		case kindFlag:
			body = append(body, byte(p.Num))
		case kindUint16:
			body = appendUint16(body, uint16(p.Num))
		case kindUint32:
			body = binary.BigEndian.AppendUint32(body, p.Num)
		case kindVarint:
			body = appendVarint(body, p.Num)
		case kindString, kindBinary:
			body, err = appendString(body, p.Str)
		case kindPair:
			if body, err = appendString(body, p.Str); err == nil {
				body, err = appendString(body, p.Val)
			}
		default:
			err = violation("unknown property")
		}
		if err != nil {
			return dst, err
		}
	}
	dst = appendVarint(dst, uint32(len(body)))
	return append(dst, body...), nil
}
