package packet

import "fmt"

// Reason is an MQTT 5.0 reason code (MQTT 5.0 §2.4). Values below 0x80 report
// success. MQTT 3.1.1 carries reasons in SUBACK only.
type Reason byte

// Reason codes the gateway sends or interprets.
const (
	Success                 Reason = 0x00
	GrantedQoS1             Reason = 0x01
	DisconnectWithWill      Reason = 0x04
	NoMatchingSubscribers   Reason = 0x10
	NoSubscriptionExisted   Reason = 0x11
	UnspecifiedError        Reason = 0x80
	MalformedPacket         Reason = 0x81
	ProtocolError           Reason = 0x82
	ImplementationSpecific  Reason = 0x83
	UnsupportedVersion      Reason = 0x84
	ClientIDNotValid        Reason = 0x85
	BadUserNameOrPassword   Reason = 0x86
	NotAuthorized           Reason = 0x87
	ServerUnavailable       Reason = 0x88
	ServerShuttingDown      Reason = 0x8B
	BadAuthMethod           Reason = 0x8C
	KeepAliveTimeout        Reason = 0x8D
	SessionTakenOver        Reason = 0x8E
	TopicFilterInvalid      Reason = 0x8F
	TopicNameInvalid        Reason = 0x90
	PacketIDNotFound        Reason = 0x92
	ReceiveMaximumExceeded  Reason = 0x93
	TopicAliasInvalid       Reason = 0x94
	PacketTooLarge          Reason = 0x95
	QuotaExceeded           Reason = 0x97
	AdministrativeAction    Reason = 0x98
	PayloadFormatInvalid    Reason = 0x99
	RetainNotSupported      Reason = 0x9A
	SubscriptionIDsRejected Reason = 0xA1
)

// Return codes of an MQTT 3.1.1 CONNACK (MQTT 3.1.1 §3.2.2.3).
const (
	Accepted3            byte = 0
	BadVersion3          byte = 1
	IdentifierRejected3  byte = 2
	ServerUnavailable3   byte = 3
	BadUserNamePassword3 byte = 4
	NotAuthorized3       byte = 5
)

// Error says why a packet was refused. Reason is the MQTT 5.0 code to answer
// with; MQTT 3.1.1 has no such answer and just closes the connection.
type Error struct {
	Reason Reason
	Msg    string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("%s (0x%02X)", e.Msg, byte(e.Reason)) }

func malformed(msg string) error { return &Error{MalformedPacket, msg} }

func violation(msg string) error { return &Error{ProtocolError, msg} }

// validReason tells whether r may stand in a packet of type t
// (MQTT 5.0 §2.4, table 2-6).
func validReason(t Type, r Reason) bool {
	switch t {
	case PUBACK, PUBREC:
		switch r {
		case Success, NoMatchingSubscribers, UnspecifiedError, ImplementationSpecific, NotAuthorized,
			TopicNameInvalid, 0x91, QuotaExceeded, PayloadFormatInvalid:
			return true
		}
	case PUBREL, PUBCOMP:
		return r == Success || r == PacketIDNotFound
	case AUTH:
		return r == Success || r == 0x18 || r == 0x19
	case DISCONNECT:
		switch r {
		case Success, DisconnectWithWill, 0x87, 0x89, 0x8B:
			return true
		}
		return r >= 0x80 && r <= 0x83 || r >= 0x8D && r <= 0x90 || r >= 0x93 && r <= 0xA2
	}
	return false
}
