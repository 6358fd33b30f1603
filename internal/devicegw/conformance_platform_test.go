package devicegw_test

import (
	"strings"
	"testing"
)

// What the platform asks beyond the standard (mqtt.md §2), seen by client
// libraries.

func TestConformanceAccessControl(t *testing.T) {
	eachClient(t, onGateway, func(t *testing.T, b *broker, open func() client) {
		c := open()
		if _, err := c.connect(defaults()); err != nil {
			t.Fatal(err)
		}
		_, v5 := c.(*client5)
		for qos := byte(1); qos <= 2; qos++ {
			for _, topic := range []string{"/server/app/8", "/clients/7", "/clients/8", "elsewhere"} {
				err := c.publish(topic, qos, false, "denied")
				if v5 != (err != nil && strings.Contains(err.Error(), "0x87")) { // 3.1.1 cannot say no
					t.Errorf("publish to %s at QoS %d: %v", topic, qos, err)
				}
			}
		}
		denied := byte(0x80)
		if v5 {
			denied = 0x87
		}
		for _, filter := range []string{"/clients/8", "/clients/+", "/clients/#", "#", "/server/app", "$SYS/#"} {
			// paho 5 does not even send what CONNACK excludes.
			if granted, err := c.subscribe(filter); err == nil && granted != denied {
				t.Errorf("subscription to %s: 0x%02X", filter, granted)
			}
		}
		// It may still do what is allowed, and nothing denied came through.
		if err := c.publish("/server/app/7", 1, false, "allowed"); err != nil {
			t.Error(err)
		}
		b.wantReceived(t, "allowed")
	})
}

func TestConformanceIdentity(t *testing.T) {
	eachClient(t, onGateway, func(t *testing.T, _ *broker, open func() client) {
		o := defaults()
		o.clientID = "8"
		if _, err := open().connect(o); err == nil {
			t.Error("client id that is not the user name accepted")
		}
	})
}

// The will of a connection that is taken over comes also if the session goes on
// (mqtt.md §2.1); the standard leaves that to the will's delay.
func TestConformanceTakeOverOfSession(t *testing.T) {
	eachClient(t, onGateway, func(t *testing.T, b *broker, open func() client) {
		o := defaults()
		o.will = "/server/app/7"
		old, c := open(), open()
		if _, err := old.connect(o); err != nil {
			t.Fatal(err)
		}
		if _, err := old.subscribe("/clients/7"); err != nil {
			t.Fatal(err)
		}
		receive(t, b.ours.readies)
		if present, err := c.connect(defaults()); err != nil || !present {
			t.Fatalf("session present %v, %v", present, err)
		}
		receive(t, old.lost())
		b.wantReceived(t, "offline")
		receive(t, b.ours.readies)
		b.send("to the new one")
		if got := receive(t, c.messages()); got != "to the new one" {
			t.Errorf("got %q", got)
		}
	})
}

func TestConformanceRetained(t *testing.T) {
	eachClient(t, onGateway, func(t *testing.T, b *broker, open func() client) {
		c := open()
		if _, err := c.connect(defaults()); err != nil {
			t.Fatal(err)
		}
		err := c.publish("/server/app/7", 1, true, "retained")
		if _, v5 := c.(*client5); v5 && err == nil { // 3.1.1 cannot say no
			t.Error("retained publication accepted")
		}
		c.disconnect()
		b.wantNothing(t)
	})
}

func TestConformanceWillRefused(t *testing.T) {
	eachClient(t, onGateway, func(t *testing.T, b *broker, open func() client) {
		o := defaults()
		for _, o.will = range []string{"/server/app/8", "/clients/7", "elsewhere"} {
			if _, err := open().connect(o); err == nil {
				t.Errorf("will on %s accepted", o.will)
			}
		}
		b.refuseWills.Store(true)
		o.will = "/server/app/7"
		if _, err := open().connect(o); err == nil {
			t.Error("will accepted that the application refuses")
		}
		b.wantNothing(t)
	})
}

func TestConformanceOversize(t *testing.T) {
	eachClient(t, onGateway, func(t *testing.T, b *broker, open func() client) {
		c := open()
		if _, err := c.connect(defaults()); err != nil {
			t.Fatal(err)
		}
		if err := c.publish("/server/app/7", 1, false, strings.Repeat("x", 64<<10)); err != nil {
			t.Errorf("largest body: %v", err)
		}
		b.wantReceived(t, strings.Repeat("x", 64<<10))
		if err := c.publish("/server/app/7", 0, false, strings.Repeat("x", 64<<10+1)); err != nil {
			t.Logf("not even sent: %v", err)
		} else {
			receive(t, c.lost())
		}
		b.wantNothing(t)
	})
}

// An MQTT 5 client learns what the gateway does not do, and keeps to its limits.
func TestConformanceConnack(t *testing.T) {
	onGateway(t, func(t *testing.T, b *broker) {
		c := newPaho5(b)().(*client5)
		if _, err := c.connect(defaults()); err != nil {
			t.Fatal(err)
		}
		defer c.disconnect()
		p := c.ack.Properties
		if p.RetainAvailable || p.WildcardSubAvailable || p.SubIDAvailable || p.SharedSubAvailable ||
			p.MaximumQoS != nil || p.SessionExpiryInterval != nil || *p.ServerKeepAlive != 300 || *p.ReceiveMaximum != 128 ||
			*p.TopicAliasMaximum != 0 || *p.MaximumPacketSize != maxPacket || p.ResponseInfo != "" {
			t.Errorf("CONNACK %+v", p)
		}
	})
}
