package devicegw

import (
	"bytes"
	"context"
	"errors"
	"math"
	"time"

	"github.com/vendlane/vendlane/internal/devicegw/packet"
)

// refusal is the answer to a CONNECT that is not accepted.
type refusal struct {
	label   string
	code311 byte
	code5   packet.Reason
}

var (
	refuseClientID    = &refusal{"client id", packet.IdentifierRejected3, packet.ClientIDNotValid}
	refuseCredentials = &refusal{"bad credentials", packet.BadUserNamePassword3, packet.BadUserNameOrPassword}
	refuseMachine     = &refusal{"not authorized", packet.NotAuthorized3, packet.NotAuthorized}
	refuseUnavailable = &refusal{"server unavailable", packet.ServerUnavailable3, packet.ServerUnavailable}
	refuseWillTopic   = &refusal{"will topic", packet.NotAuthorized3, packet.NotAuthorized}
	refuseWillRetain  = &refusal{"will retained", packet.NotAuthorized3, packet.RetainNotSupported}
	refuseWillSize    = &refusal{"will too large", packet.NotAuthorized3, packet.PacketTooLarge}
	refuseWill        = &refusal{"will", packet.NotAuthorized3, packet.ImplementationSpecific}
	refuseVersion     = &refusal{"protocol version", packet.BadVersion3, packet.UnsupportedVersion}
	refuseAuthMethod  = &refusal{"authentication method", packet.NotAuthorized3, packet.BadAuthMethod}
)

// handshake takes the connection from its first byte to an accepted CONNECT.
// If it returns false the connection has been answered as far as possible.
func (c *conn) handshake() bool {
	defer func() { <-c.g.handshakeSlots }()
	deadline := time.Now().Add(c.g.cfg.ConnectTimeout)
	ctx, cancel := context.WithDeadline(c.g.acceptCtx, deadline)
	defer cancel()
	_ = c.nc.SetDeadline(deadline) // both ways: a TLS handshake writes, too

	if err := openTransport(ctx, c.nc); err != nil {
		c.refuseTransport(err)
		return false
	}
	p, err := c.readConnect()
	if err != nil {
		c.refuseUnread(p, err)
		return false
	}
	c.version = p.Version
	c.maxPacket = int(min(p.Props.Uint(packet.MaximumPacketSize, math.MaxUint32), packet.MaxLength+maxFixedHeader))
	if r := c.admit(ctx, p); r != nil {
		c.refuse(p.Version, r)
		return false
	}
	return c.accept(p)
}

func (c *conn) readConnect() (*packet.Connect, error) {
	// Looked at before the length is believed: other protocols end up here too.
	start, err := c.br.Peek(1)
	if err != nil {
		return nil, err
	}
	if packet.Type(start[0]>>4) != packet.CONNECT {
		return nil, &packet.Error{Reason: packet.ProtocolError, Msg: "first packet is not CONNECT"}
	}
	first, body, err := packet.ReadFrame(c.br, c.g.cfg.packetLimit())
	if err != nil {
		return nil, err
	}
	p, err := packet.Decode(0, first, body)
	connect, _ := p.(*packet.Connect)
	return connect, err
}

// refuseUnread answers a CONNECT that could not be decoded. p is nil if not
// even its version is known; such a peer gets no answer.
func (c *conn) refuseUnread(p *packet.Connect, err error) {
	e := endOf(err)
	var bad *packet.Error
	switch {
	case !errors.As(err, &bad) || p == nil:
		if e.reason == packet.KeepAliveTimeout {
			e.label = "connect timeout"
		}
		c.g.counters.refused.add(e.label)
	case bad.Reason == packet.UnsupportedVersion:
		// Versions before 5 know no reason codes.
		version := packet.V311
		if p.Version > packet.V5 {
			version = packet.V5
		}
		c.refuse(version, refuseVersion)
	case p.Version == packet.V5:
		c.refuse(packet.V5, &refusal{label: e.label, code5: bad.Reason})
	default:
		c.g.counters.refused.add(e.label)
	}
	c.g.log.Debug("connection refused", "remote", c.nc.RemoteAddr(), "reason", err)
}

func (c *conn) refuse(v packet.Version, r *refusal) {
	c.g.counters.refused.add(r.label)
	code := r.code311
	if v == packet.V5 {
		code = byte(r.code5)
	}
	c.version, c.maxPacket = v, math.MaxInt
	_ = c.write(&packet.Connack{Code: code}) // fails only if the connection has ended
	c.g.log.Debug("connection refused", "remote", c.nc.RemoteAddr(), "reason", r.label)
}

// admit decides on a well-formed CONNECT and sets machineNo, will and epoch.
func (c *conn) admit(ctx context.Context, p *packet.Connect) *refusal {
	switch {
	case p.Props.Has(packet.AuthMethod):
		return refuseAuthMethod
	case p.ClientID == "", p.HasUsername && p.Username != p.ClientID:
		return refuseClientID
	case !p.HasUsername:
		return refuseCredentials
	}
	id, err := c.g.h.Authenticate(ctx, Credentials{
		ClientID: p.ClientID, Username: p.Username, Password: p.Password,
		RemoteAddr: c.nc.RemoteAddr().String(),
	})
	switch {
	case errors.Is(err, ErrBadCredentials):
		return refuseCredentials
	case errors.Is(err, ErrNotAuthorized):
		return refuseMachine
	case err != nil:
		c.g.log.Warn("machine could not be authenticated", "machine_no", p.ClientID, "error", err)
		return refuseUnavailable
	}
	machineNo := id.MachineNo
	c.machineNo = machineNo
	if p.Will == nil {
		return c.connecting(ctx, id)
	}
	switch {
	case p.Will.Retain:
		return refuseWillRetain
	case !mayPublish(machineNo, p.Will.Topic):
		return refuseWillTopic
	case len(p.Will.Payload) > c.g.cfg.MaxPacket:
		return refuseWillSize
	}
	m := Message{MachineNo: machineNo, Topic: p.Will.Topic, Payload: p.Will.Payload, QoS: p.Will.QoS, Will: true}
	if err := c.g.h.CheckWill(ctx, m); err != nil {
		c.g.log.Debug("will refused", "machine_no", machineNo, "error", err)
		if errors.Is(err, ErrUnavailable) {
			return refuseUnavailable
		}
		return refuseWill
	}
	// Copied, or the will would keep the whole CONNECT alive with its password.
	c.will = &packet.Will{Topic: m.Topic, Payload: bytes.Clone(m.Payload), QoS: m.QoS}
	return c.connecting(ctx, id)
}

// connecting gets the connection its epoch.
func (c *conn) connecting(ctx context.Context, id Identity) *refusal {
	epoch, err := c.g.h.Connecting(ctx, id)
	if err != nil {
		c.g.log.Warn("connection of a machine not noted", "machine_no", c.machineNo, "error", err)
		return refuseUnavailable
	}
	c.epoch = epoch
	return nil
}

// accept makes the connection the machine's owner and sends CONNACK.
func (c *conn) accept(p *packet.Connect) bool {
	c.window = min(int(p.Props.Uint(packet.ReceiveMaximum, math.MaxUint16)), c.g.cfg.MaxPendingMessages)
	asked := askedExpiry(p)
	keep := min(asked, c.g.cfg.MaxSessionExpiry)
	c.keepAlive = time.Duration(p.KeepAlive) * time.Second
	limited := c.keepAlive == 0 || c.keepAlive > c.g.cfg.MaxKeepAlive
	if limited {
		c.keepAlive = c.g.cfg.MaxKeepAlive
	}

	claimed, ok := c.g.reg.claim(c, p.CleanStart, keep)
	if !ok {
		c.refuse(p.Version, refuseUnavailable)
		return false
	}
	c.claimed = true
	c.resumed = claimed.subscribed
	c.trusting = keep > 0 && !claimed.present
	if claimed.old != nil {
		claimed.old.end(endTakenOver)
	}
	ack := &packet.Connack{SessionPresent: claimed.present}
	if p.Version == packet.V5 {
		ack.Props = c.connackProperties(limited)
		if asked > keep {
			ack.Props = append(ack.Props, packet.Property{ID: packet.SessionExpiry, Num: uint32(keep / time.Second)})
		}
	}
	c.mu.Lock()
	err := c.writeLocked(ack)
	c.open = err == nil
	c.mu.Unlock()
	c.g.counters.accepted.Add(1)
	if err != nil { // taken over or shut down meanwhile, or a machine that takes no CONNACK
		c.end(ending{label: "connection lost", will: true, err: err})
	}
	c.g.log.Debug("machine connected", "machine_no", c.machineNo, "epoch", c.epoch, "remote", c.nc.RemoteAddr())
	return true
}

// askedExpiry returns how long the machine wants its session kept. MQTT 3.1.1
// knows only "until the connection ends" and "for ever".
func askedExpiry(p *packet.Connect) time.Duration {
	if p.Version == packet.V5 {
		return time.Duration(p.Props.Uint(packet.SessionExpiry, 0)) * time.Second
	}
	if p.CleanStart {
		return 0
	}
	return math.MaxInt64
}

func (c *conn) connackProperties(keepAliveLimited bool) packet.Properties {
	ps := packet.Properties{
		{ID: packet.ReceiveMaximum, Num: receiveMaximum},
		{ID: packet.RetainAvailable, Num: 0},
		{ID: packet.MaximumPacketSize, Num: uint32(c.g.cfg.packetLimit() + maxFixedHeader)},
		{ID: packet.TopicAliasMaximum, Num: 0},
		{ID: packet.WildcardAvailable, Num: 0},
		{ID: packet.SubIDAvailable, Num: 0},
		{ID: packet.SharedAvailable, Num: 0},
	}
	if keepAliveLimited {
		ps = append(ps, packet.Property{ID: packet.ServerKeepAlive, Num: uint32(c.keepAlive / time.Second)})
	}
	return ps
}
