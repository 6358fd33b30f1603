package certify

import (
	"github.com/vendlane/vendlane/internal/devicegw/packet"
	"github.com/vendlane/vendlane/signature"
)

// Methods of the machine protocol that the checks send or look for.
const (
	methodHeartbeat = "client.heartbeat"
	methodOffline   = "client.offline"
	methodEnv       = "client.machine.env.put"
	methodDelivery  = "device.delivery.put"
	methodResponse  = "device.delivery.response"
	methodReboot    = "client.machine.reboot"
	methodDebugging = "client.channel.debugging"
	methodUnknown   = "client.certify.unknown"
)

// message is one publication of the machine.
type message struct {
	topic  string
	qos    byte
	retain bool
	object *signature.Object // nil if malformed
	err    error             // why it is malformed
}

func readMessage(p *packet.Publish) *message {
	m := &message{topic: p.Topic, qos: p.QoS, retain: p.Retain}
	m.object, m.err = signature.DecodeMessage(p.Payload)
	return m
}

// field returns a text or number, "" if there is none.
func (m *message) field(name string) string {
	if m.object == nil {
		return ""
	}
	return fieldOf(m.object, name)
}

func fieldOf(o *signature.Object, name string) string {
	if v, _ := o.Lookup(name); v.Kind == signature.String || v.Kind == signature.Number {
		return v.Text
	}
	return ""
}

// missing returns which of names the message lacks or leaves empty.
func (m *message) missing(names ...string) []string {
	var lacking []string
	for _, name := range names {
		if m.field(name) == "" {
			lacking = append(lacking, name)
		}
	}
	return lacking
}

// Filters of events.

func isKind(k kind) func(event) bool { return func(e event) bool { return e.kind == k } }

func isMethod(method string) func(event) bool {
	return func(e event) bool { return e.kind == published && e.msg.field("method") == method }
}

func isResponse(deliveryID string) func(event) bool {
	return func(e event) bool { return isMethod(methodResponse)(e) && e.msg.field("delivery_id") == deliveryID }
}

// onConn limits match to one connection.
func onConn(conn int, match func(event) bool) func(event) bool {
	return func(e event) bool { return e.conn == conn && match(e) }
}
