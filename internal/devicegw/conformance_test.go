package devicegw_test

import (
	"context"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	paho5 "github.com/eclipse/paho.golang/paho"
	paho3 "github.com/eclipse/paho.mqtt.golang"

	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/testkit/require"
)

// These tests drive the gateway with clients written by others.

func TestPaho311(t *testing.T) {
	s := serveTCP(t, devicegw.Config{}, newRecorder())
	opts := func(password string) *paho3.ClientOptions {
		return paho3.NewClientOptions().AddBroker("tcp://"+s.addr).SetProtocolVersion(4).
			SetClientID("7").SetUsername("7").SetPassword(password).SetCleanSession(false).
			SetAutoReconnect(false).SetKeepAlive(60*time.Second).SetConnectRetry(false).
			SetWill("/server/app/7", "offline", 1, false)
	}
	wait := func(tok paho3.Token) error {
		t.Helper()
		if !tok.WaitTimeout(patience) {
			t.Fatal("no answer")
		}
		return tok.Error()
	}
	if err := wait(paho3.NewClient(opts("wrong")).Connect()); err == nil || !strings.Contains(err.Error(), "bad user name or password") {
		t.Errorf("wrong password: %v", err)
	}
	lost := make(chan error, 1)
	c := paho3.NewClient(opts(password).SetConnectionLostHandler(func(_ paho3.Client, err error) { lost <- err }))
	if err := wait(c.Connect()); err != nil {
		t.Fatal(err)
	}
	if st := receive(t, s.states); !st.Online {
		t.Errorf("state %+v", st)
	}
	commands := make(chan string, 1)
	sub := c.Subscribe("/clients/7", 1, func(_ paho3.Client, m paho3.Message) { commands <- string(m.Payload()) })
	if err := wait(sub); err != nil {
		t.Fatal(err)
	}
	receive(t, s.readies)
	denied := c.Subscribe("/clients/8", 1, nil)
	_ = wait(denied)
	if r := denied.(*paho3.SubscribeToken).Result(); r["/clients/8"] != 0x80 {
		t.Errorf("subscription to another machine's topic: %v", r)
	}
	for qos := range byte(3) {
		if err := wait(c.Publish("/server/app/7", qos, false, "up")); err != nil {
			t.Fatal(err)
		}
		if m := receive(t, s.messages); m.QoS != qos || string(m.Payload) != "up" {
			t.Errorf("message %+v", m)
		}
	}
	if err := s.Send(t.Context(), "7", devicegw.Outgoing{Payload: []byte("down"), Expiry: time.Minute}); err != nil {
		t.Error(err)
	}
	if got := receive(t, commands); got != "down" {
		t.Errorf("command %q", got)
	}
	// The second connection takes over; the first one's will comes.
	c2 := paho3.NewClient(opts(password))
	if err := wait(c2.Connect()); err != nil {
		t.Fatal(err)
	}
	if err := receive(t, lost); err == nil {
		t.Error("connection lost without an error")
	}
	if m := receive(t, s.messages); !m.Will || string(m.Payload) != "offline" {
		t.Errorf("will %+v", m)
	}
	c2.Disconnect(100)
	for {
		if st := receive(t, s.states); st.Reason == "client disconnect" {
			break
		}
	}
	none(t, s.messages)
}

func pahoClient5(t *testing.T, s *server) (*paho5.Client, chan *paho5.Publish, chan *paho5.Disconnect) {
	t.Helper()
	nc, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	commands, ended := make(chan *paho5.Publish, 1), make(chan *paho5.Disconnect, 1)
	return paho5.NewClient(paho5.ClientConfig{
		Conn: nc, PacketTimeout: patience,
		OnPublishReceived: []func(paho5.PublishReceived) (bool, error){
			func(p paho5.PublishReceived) (bool, error) { commands <- p.Packet; return true, nil },
		},
		OnServerDisconnect: func(d *paho5.Disconnect) { ended <- d },
	}), commands, ended
}

func pahoConnect5(password string) *paho5.Connect {
	expiry := uint32(3600)
	return &paho5.Connect{
		ClientID: "7", Username: "7", UsernameFlag: true, Password: []byte(password), PasswordFlag: true, KeepAlive: 600,
		Properties:  &paho5.ConnectProperties{SessionExpiryInterval: &expiry},
		WillMessage: &paho5.WillMessage{Topic: "/server/app", QoS: 1, Payload: []byte("offline")},
	}
}

func TestPaho5(t *testing.T) {
	s := serveTCP(t, devicegw.Config{}, newRecorder())
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	bad, _, _ := pahoClient5(t, s)
	if ack, err := bad.Connect(ctx, pahoConnect5("wrong")); err == nil || ack == nil || ack.ReasonCode != 0x86 {
		t.Errorf("wrong password: %+v, %v", ack, err)
	}
	c, commands, ended := pahoClient5(t, s)
	ack, err := c.Connect(ctx, pahoConnect5(password))
	if err != nil {
		t.Fatal(err)
	}
	p := ack.Properties
	if ack.SessionPresent || p.RetainAvailable || p.WildcardSubAvailable || p.SubIDAvailable || p.SharedSubAvailable ||
		p.MaximumQoS != nil || p.SessionExpiryInterval != nil || *p.ServerKeepAlive != 300 || *p.ReceiveMaximum != 128 {
		t.Errorf("CONNACK %+v", p)
	}
	subscribe := func(topic string) (*paho5.Suback, error) {
		return c.Subscribe(ctx, &paho5.Subscribe{Subscriptions: []paho5.SubscribeOptions{{Topic: topic, QoS: 1}}})
	}
	if ack, err := subscribe("/clients/8"); err == nil || ack.Reasons[0] != 0x87 {
		t.Errorf("subscribed to another machine's topic: %+v, %v", ack, err)
	}
	if ack, err := subscribe("/clients/7"); err != nil || ack.Reasons[0] != 1 {
		t.Fatalf("subscribe: %+v, %v", ack, err)
	}
	for qos := range byte(3) {
		if _, err := c.Publish(ctx, &paho5.Publish{Topic: "/server/app/7", QoS: qos, Payload: []byte("up")}); err != nil {
			t.Fatal(err)
		}
		if m := receive(t, s.messages); m.QoS != qos || string(m.Payload) != "up" {
			t.Errorf("message %+v", m)
		}
	}
	for qos := byte(1); qos <= 2; qos++ {
		resp, err := c.Publish(ctx, &paho5.Publish{Topic: "/server/app/8", QoS: qos, Payload: []byte("up")})
		if resp == nil || resp.ReasonCode != 0x87 { // err differs between QoS 1 and 2 in this client
			t.Errorf("publish on another machine's topic at QoS %d: %+v, %v", qos, resp, err)
		}
	}
	if err := s.Send(ctx, "7", devicegw.Outgoing{Payload: []byte("down"), Expiry: time.Minute}); err != nil {
		t.Error(err)
	}
	if got := receive(t, commands); string(got.Payload) != "down" || *got.Properties.MessageExpiry != 60 {
		t.Errorf("command %+v", got)
	}
	c2, _, _ := pahoClient5(t, s)
	if _, err := c2.Connect(ctx, pahoConnect5(password)); err != nil {
		t.Fatal(err)
	}
	if d := receive(t, ended); d.ReasonCode != 0x8E {
		t.Errorf("DISCONNECT %+v", d)
	}
	if m := receive(t, s.messages); !m.Will || string(m.Payload) != "offline" {
		t.Errorf("will %+v", m)
	}
	if err := c2.Disconnect(&paho5.Disconnect{ReasonCode: 4}); err != nil {
		t.Fatal(err)
	}
	if m := receive(t, s.messages); !m.Will {
		t.Errorf("will %+v", m)
	}
	<-c.Done()
	<-c2.Done()
}

func TestMosquittoPub(t *testing.T) {
	bin := require.Binary(t, "mosquitto_pub")
	for _, version := range []string{"mqttv311", "mqttv5"} {
		t.Run(version, func(t *testing.T) {
			s := serveTCP(t, devicegw.Config{}, newRecorder())
			run := func(args ...string) (string, error) {
				return mosquitto(t, s, bin, append([]string{"-V", version}, args...)...)
			}
			for _, qos := range []string{"0", "1", "2"} {
				if out, err := run("-P", password, "-t", "/server/app", "-q", qos, "-m", "up"); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				if m := receive(t, s.messages); string(m.Payload) != "up" || m.QoS != qos[0]-'0' {
					t.Errorf("message %+v", m)
				}
			}
			if out, err := run("-P", "wrong", "-t", "/server/app", "-m", "up"); err == nil {
				t.Errorf("wrong password accepted: %s", out)
			}
			if out, err := run("-P", password, "-t", "/server/app", "-m", "up", "--will-topic", "/clients/8", "--will-payload", "x"); err == nil {
				t.Errorf("will on a foreign topic accepted: %s", out)
			}
			none(t, s.messages)
		})
	}
	t.Run("mqttv31", func(t *testing.T) {
		s := serveTCP(t, devicegw.Config{}, newRecorder())
		if out, err := mosquitto(t, s, bin, "-V", "mqttv31", "-P", password, "-t", "/server/app", "-m", "up"); err == nil {
			t.Errorf("MQTT 3.1 accepted: %s", out)
		}
	})
}

func TestMosquittoSub(t *testing.T) {
	bin := require.Binary(t, "mosquitto_sub")
	for _, version := range []string{"mqttv311", "mqttv5"} {
		t.Run(version, func(t *testing.T) {
			s := serveTCP(t, devicegw.Config{}, newRecorder())
			type result struct {
				out string
				err error
			}
			done := make(chan result, 1)
			go func() {
				out, err := mosquitto(t, s, bin, "-V", version, "-P", password, "-t", "/clients/7", "-q", "1", "-C", "2")
				done <- result{out, err}
			}()
			receive(t, s.readies)
			for _, text := range []string{"one", "two"} {
				if err := s.Send(t.Context(), "7", devicegw.Outgoing{Payload: []byte(text)}); err != nil {
					t.Error(err)
				}
			}
			if r := receive(t, done); r.err != nil || r.out != "one\ntwo\n" {
				t.Errorf("%q, %v", r.out, r.err)
			}
			out, _ := mosquitto(t, s, bin, "-V", version, "-P", password, "-t", "#", "-q", "1", "-C", "1", "-W", "5")
			if !strings.Contains(out, "denied") {
				t.Errorf("wildcard subscription: %q", out)
			}
		})
	}
}

// mosquitto runs a Mosquitto client as machine 7 and returns what it prints.
func mosquitto(t *testing.T, s *server, bin string, args ...string) (string, error) {
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	args = append([]string{"-h", host, "-p", port, "-i", "7", "-u", "7"}, args...)
	out, err := exec.CommandContext(ctx, bin, args...).CombinedOutput()
	return string(out), err
}
