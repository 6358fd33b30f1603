package devicegw

import (
	"errors"
	"strings"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

const (
	upTopic    = "/server/app"
	downPrefix = "/clients/"
)

// mayPublish tells whether a machine may publish to topic (mqtt.md §2.2).
func mayPublish(machineNo, topic string) bool {
	rest, ok := strings.CutPrefix(topic, upTopic)
	return ok && (rest == "" || rest[0] == '/' && rest[1:] == machineNo)
}

// maySubscribe tells whether a machine may subscribe to filter (mqtt.md §2.2).
func maySubscribe(machineNo, filter string) bool {
	rest, ok := strings.CutPrefix(filter, downPrefix)
	return ok && rest == machineNo && !strings.ContainsAny(rest, "+#")
}

// handle acts on one packet of an accepted connection. stop reports that the
// connection has to end.
func (c *conn) handle(p packet.Packet) (e ending, stop bool) {
	switch p := p.(type) {
	case *packet.Publish:
		return c.handlePublish(p)
	case *packet.Ack:
		return c.handleAck(p)
	case packet.Pingreq:
		return c.reply(packet.Pingresp{})
	}
	c.settle() // what follows changes what a message may meet, or ends the connection
	switch p := p.(type) {
	case *packet.Subscribe:
		return c.handleSubscribe(p)
	case *packet.Unsubscribe:
		return c.handleUnsubscribe(p)
	case *packet.Disconnect:
		return c.handleDisconnect(p)
	}
	return protocolError(packet.ProtocolError, "packet not allowed here")
}

func protocolError(r packet.Reason, msg string) (ending, bool) {
	return endOf(&packet.Error{Reason: r, Msg: msg}), true
}

// reply writes p. A connection that has ended meanwhile is noticed by the next
// read.
func (c *conn) reply(p packet.Packet) (e ending, stop bool) {
	if err := c.write(p); err != nil && !errors.Is(err, errEnded) {
		return ending{label: "connection lost", will: true, err: err}, true
	}
	return ending{}, false
}

func (c *conn) handlePublish(p *packet.Publish) (e ending, stop bool) {
	switch {
	case p.Props.Has(packet.TopicAlias):
		return protocolError(packet.TopicAliasInvalid, "topic alias although none is allowed")
	case p.Props.Has(packet.SubscriptionID):
		return protocolError(packet.ProtocolError, "subscription identifier from a client")
	case len(p.Payload) > c.g.cfg.MaxPacket:
		return protocolError(packet.PacketTooLarge, "message body too large")
	case p.Retain && c.version == packet.V5:
		c.g.counters.dropped.add("retained")
		return protocolError(packet.RetainNotSupported, "retained message although CONNACK forbids it")
	}
	if p.QoS == 2 {
		c.settle() // the message before it may be the same one
		known, n := c.unfinished(p.PacketID)
		// Without the flag it is a new message of a machine that has lost its
		// side of the session.
		if known && p.Dup {
			return c.reply(&packet.Ack{Type: packet.PUBREC, PacketID: p.PacketID})
		}
		if n >= receiveMaximum && !known {
			c.forgetReceived() // or identifiers the machine has lost would lock it out for ever
			return protocolError(packet.ReceiveMaximumExceeded, "too many unfinished QoS 2 messages")
		}
	}
	switch {
	case p.Retain:
		return c.drop(p, "retained", packet.Success)
	case !mayPublish(c.machineNo, p.Topic):
		return c.drop(p, "topic", packet.NotAuthorized)
	}
	later := false
	err := c.g.h.OnMessage(c.g.ctx, Message{
		MachineNo: c.machineNo, Epoch: c.epoch, Topic: p.Topic, Payload: p.Payload, QoS: p.QoS, Dup: p.Dup,
		Settle: c.settle,
		Later: func() func(error) {
			later = true
			return c.answerLater(p)
		},
	})
	if later {
		return ending{}, false
	}
	c.settle() // answers go out in the order of the messages (MQTT 5.0 §4.6)
	return c.answer(p, err)
}

// drop counts a message that the handler does not get to see.
func (c *conn) drop(p *packet.Publish, label string, r packet.Reason) (e ending, stop bool) {
	c.g.counters.dropped.add(label)
	c.settle()
	return c.acknowledge(p, r)
}

// answerLater makes the handler's answer to p come by the function it returns. Until
// then nothing else touches what answer does: see settle.
func (c *conn) answerLater(p *packet.Publish) func(error) {
	c.settle()
	later := make(chan struct{})
	c.later = later
	return func(err error) {
		finish := func() {
			defer close(later)
			e, stop := endPanic, true
			c.guard(func() { e, stop = c.answer(p, err) })
			if stop {
				c.end(e)
			}
		}
		if c.trusting {
			c.g.wg.Go(finish) // it asks the handler, who has others to answer
			return
		}
		finish()
	}
}

// settle returns when no message waits for its answer any more.
func (c *conn) settle() {
	if c.later != nil {
		<-c.later
		c.later = nil
	}
}

// answer does what the handler's answer to a message demands.
func (c *conn) answer(p *packet.Publish, err error) (e ending, stop bool) {
	if err == nil {
		c.g.counters.messagesIn.Add(1)
		if c.trusting {
			c.trustSession()
		}
		return c.acknowledge(p, packet.Success)
	}
	c.g.counters.dropped.add("handler error")
	c.g.log.Warn("message of a machine not taken", "machine_no", c.machineNo, "qos", p.QoS, "error", err)
	if p.QoS == 0 {
		return ending{}, false
	}
	return ending{label: "handler error", reason: packet.ImplementationSpecific, will: true, err: err}, true
}

// acknowledge answers a publication as its QoS demands. In MQTT 3.1.1 every
// answer is a positive one.
func (c *conn) acknowledge(p *packet.Publish, r packet.Reason) (e ending, stop bool) {
	if c.version == packet.V311 {
		r = packet.Success
	}
	switch p.QoS {
	case 1:
		return c.reply(&packet.Ack{Type: packet.PUBACK, PacketID: p.PacketID, Reason: r})
	case 2:
		if r == packet.Success { // a negative PUBREC ends the exchange, no PUBREL follows
			c.received(p.PacketID)
		}
		return c.reply(&packet.Ack{Type: packet.PUBREC, PacketID: p.PacketID, Reason: r})
	}
	return ending{}, false
}

func (c *conn) handleAck(p *packet.Ack) (e ending, stop bool) {
	switch p.Type {
	case packet.PUBACK:
		c.acknowledged(p.PacketID, p.Reason)
		return ending{}, false
	case packet.PUBREL:
		r := packet.Success
		if !c.released(p.PacketID) {
			r = packet.PacketIDNotFound // 3.1.1 has no reason and just completes
		}
		return c.reply(&packet.Ack{Type: packet.PUBCOMP, PacketID: p.PacketID, Reason: r})
	}
	return protocolError(packet.ProtocolError, "acknowledgement of a QoS 2 message that was never sent")
}

func (c *conn) handleSubscribe(p *packet.Subscribe) (e ending, stop bool) {
	c.trusting = false
	denied := packet.UnspecifiedError // the only one 3.1.1 has
	if c.version == packet.V5 {
		denied = packet.NotAuthorized
	}
	ack := &packet.Suback{PacketID: p.PacketID, Codes: make([]byte, len(p.Filters))}
	granted := false
	for i, f := range p.Filters {
		switch {
		case !maySubscribe(c.machineNo, f.Topic):
			ack.Codes[i] = byte(denied)
		case p.Props.Has(packet.SubscriptionID):
			ack.Codes[i] = byte(packet.SubscriptionIDsRejected)
		default:
			granted = true
			ack.Codes[i] = byte(packet.GrantedQoS1)
		}
	}
	if granted {
		c.rememberSubscription(true)
	}
	c.mu.Lock()
	err := c.writeLocked(ack)
	ready := granted && err == nil && !c.subscribed
	c.subscribed = c.subscribed || ready // behind the SUBACK, so that no message overtakes it
	c.mu.Unlock()
	if ready {
		c.g.h.OnReady(c.g.ctx, c.machineNo, c.epoch)
	}
	if err != nil && !errors.Is(err, errEnded) {
		return ending{label: "connection lost", will: true, err: err}, true
	}
	return ending{}, false
}

func (c *conn) handleUnsubscribe(p *packet.Unsubscribe) (e ending, stop bool) {
	c.trusting = false
	ack := &packet.Unsuback{PacketID: p.PacketID}
	c.mu.Lock()
	for _, topic := range p.Topics {
		code := packet.NoSubscriptionExisted
		if c.subscribed && maySubscribe(c.machineNo, topic) {
			c.subscribed = false
			c.rememberSubscription(false)
			code = packet.Success
		}
		ack.Codes = append(ack.Codes, byte(code))
	}
	c.writeQueueLocked() // fails what still waits
	c.mu.Unlock()
	return c.reply(ack)
}

func (c *conn) handleDisconnect(p *packet.Disconnect) (ending, bool) {
	if p.Props.Has(packet.SessionExpiry) {
		asked := time.Duration(p.Props.Uint(packet.SessionExpiry, 0)) * time.Second
		if !c.keepSession(asked) {
			return protocolError(packet.ProtocolError, "session expiry above 0 at DISCONNECT only")
		}
	}
	if p.Reason == packet.Success {
		return endDisconnect, true
	}
	// Any other reason, not only 0x04, is no normal disconnect (MQTT 5.0 §3.1.2.5).
	return endWithWill, true
}
