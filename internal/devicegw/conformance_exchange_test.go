package devicegw_test

import (
	"strings"
	"testing"
)

// What any MQTT server does for its clients.

func TestConformanceConnect(t *testing.T) {
	eachClient(t, onAnyServer, func(t *testing.T, _ *broker, open func() client) {
		o := defaults()
		o.password = "wrong"
		if _, err := open().connect(o); err == nil {
			t.Error("wrong password accepted")
		}
		if present, err := open().connect(defaults()); err != nil || present {
			t.Errorf("session present %v, %v", present, err)
		}
	})
}

func TestConformanceMessages(t *testing.T) {
	eachClient(t, onAnyServer, func(t *testing.T, b *broker, open func() client) {
		c := open()
		if _, err := c.connect(defaults()); err != nil {
			t.Fatal(err)
		}
		for qos := range byte(3) {
			for _, topic := range []string{"/server/app", "/server/app/7"} {
				body := strings.Repeat("x", 1+int(qos)*30_000)
				if err := c.publish(topic, qos, false, body); err != nil {
					t.Fatal(err)
				}
				b.wantReceived(t, body)
			}
		}
		if granted, err := c.subscribe("/clients/7"); err != nil || granted != 1 {
			t.Fatalf("granted %d, %v", granted, err)
		}
		for _, body := range []string{"one", "", strings.Repeat("x", 60_000)} {
			b.send(body)
			if got := receive(t, c.messages()); got != body {
				t.Errorf("got %d bytes, want %d", len(got), len(body))
			}
		}
	})
}

// The subscription survives the connection, so that a client that trusts its
// session is reached.
func TestConformanceSession(t *testing.T) {
	eachClient(t, onAnyServer, func(t *testing.T, b *broker, open func() client) {
		c := open()
		if _, err := c.connect(defaults()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.subscribe("/clients/7"); err != nil {
			t.Fatal(err)
		}
		c.drop()
		receive(t, c.lost())
		c = open()
		if present, err := c.connect(defaults()); err != nil || !present {
			t.Fatalf("session present %v, %v", present, err)
		}
		if b.ours != nil {
			receive(t, b.ours.readies)
			receive(t, b.ours.readies)
		}
		b.send("again")
		if got := receive(t, c.messages()); got != "again" {
			t.Errorf("got %q", got)
		}
		c.disconnect()
		o := defaults()
		o.clean = true
		if present, err := open().connect(o); err != nil || present {
			t.Errorf("clean: session present %v, %v", present, err)
		}
	})
}

func TestConformanceTakeOver(t *testing.T) {
	eachClient(t, onAnyServer, func(t *testing.T, b *broker, open func() client) {
		o := defaults()
		o.clean, o.will = true, "/server/app/7"
		old := open()
		if _, err := old.connect(o); err != nil {
			t.Fatal(err)
		}
		c := open()
		o.will = ""
		if _, err := c.connect(o); err != nil {
			t.Fatal(err)
		}
		if err := receive(t, old.lost()); err == nil {
			t.Error("ended without an error")
		}
		b.wantReceived(t, "offline")
		if _, err := c.subscribe("/clients/7"); err != nil {
			t.Fatal(err)
		}
		b.send("to the new one")
		if got := receive(t, c.messages()); got != "to the new one" {
			t.Errorf("got %q", got)
		}
		none(t, old.messages())
	})
}

func TestConformanceWill(t *testing.T) {
	eachClient(t, onAnyServer, func(t *testing.T, b *broker, open func() client) {
		o := defaults()
		o.will = "/server/app"
		c := open()
		if _, err := c.connect(o); err != nil {
			t.Fatal(err)
		}
		c.disconnect()
		if b.ours != nil { // or the next connection takes over before the DISCONNECT is read
			for receive(t, b.ours.states).Online {
				continue
			}
		}
		b.wantNothing(t)
		c = open()
		if _, err := c.connect(o); err != nil {
			t.Fatal(err)
		}
		c.drop()
		b.wantReceived(t, "offline")
	})
}
