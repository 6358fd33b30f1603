package devicegw_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"testing"
	"time"

	paho5 "github.com/eclipse/paho.golang/paho"
	"github.com/eclipse/paho.golang/paho/session/state"
	paho3 "github.com/eclipse/paho.mqtt.golang"
)

// client is a machine's MQTT client that others wrote. It acknowledges what it
// receives.
type client interface {
	connect(o options) (sessionPresent bool, err error)
	publish(topic string, qos byte, retain bool, payload string) error
	subscribe(topic string) (granted byte, err error)
	messages() <-chan string
	lost() <-chan error // one value when the server ends the connection
	disconnect()
	drop() // cuts the network
}

// options are what differs between connects of machine 7.
type options struct {
	clientID, password string
	clean              bool
	will               string // topic; empty for none
}

func defaults() options { return options{clientID: "7", password: password} }

// eachClient runs a check with every client library.
func eachClient(t *testing.T, on func(*testing.T, func(*testing.T, *broker)), check func(t *testing.T, b *broker, open func() client)) {
	t.Helper()
	for name, library := range map[string]func(b *broker) func() client{"paho 3.1.1": newPaho3, "paho 5": newPaho5} {
		t.Run(name, func(t *testing.T) {
			on(t, func(t *testing.T, b *broker) {
				open := library(b)
				check(t, b, func() client {
					c := open()
					t.Cleanup(c.disconnect)
					return c
				})
			})
		})
	}
}

// client3 is Eclipse Paho for MQTT 3.1.1.
type client3 struct {
	paho3.Client
	addr  string
	store paho3.Store
	nc    net.Conn
	in    chan string
	ended chan error
}

func newPaho3(b *broker) func() client {
	store := paho3.NewMemoryStore() // outlives the connection
	return func() client {
		return &client3{addr: b.addr, store: store, in: make(chan string, 100), ended: make(chan error, 1)}
	}
}

func (c *client3) connect(o options) (bool, error) {
	opts := paho3.NewClientOptions().AddBroker("tcp://" + c.addr).SetProtocolVersion(4).SetStore(c.store).
		SetClientID(o.clientID).SetUsername("7").SetPassword(o.password).SetCleanSession(o.clean).
		SetAutoReconnect(false).SetConnectRetry(false).SetKeepAlive(time.Minute).
		SetDefaultPublishHandler(func(_ paho3.Client, m paho3.Message) { c.in <- string(m.Payload()) }).
		SetConnectionLostHandler(func(_ paho3.Client, err error) { c.ended <- err }).
		SetCustomOpenConnectionFn(func(*url.URL, paho3.ClientOptions) (net.Conn, error) {
			nc, err := net.Dial("tcp", c.addr)
			if err != nil {
				return nil, err
			}
			c.nc = nc
			return cuttable{nc}, nil
		})
	if o.will != "" {
		opts.SetWill(o.will, "offline", 1, false)
	}
	c.Client = paho3.NewClient(opts)
	token := c.Connect().(*paho3.ConnectToken)
	err := wait3(token)
	return token.SessionPresent(), err
}

func wait3(token paho3.Token) error {
	if !token.WaitTimeout(patience) {
		return errors.New("no answer")
	}
	return token.Error()
}

func (c *client3) publish(topic string, qos byte, retain bool, payload string) error {
	return wait3(c.Publish(topic, qos, retain, payload))
}

func (c *client3) subscribe(topic string) (byte, error) {
	token := c.Subscribe(topic, 1, nil).(*paho3.SubscribeToken)
	err := wait3(token)
	return token.Result()[topic], err
}

func (c *client3) messages() <-chan string { return c.in }
func (c *client3) lost() <-chan error      { return c.ended }
func (c *client3) disconnect()             { c.Disconnect(100) }
func (c *client3) drop()                   { _ = c.nc.Close() }

// cuttable reads as ended by the other side when drop closed it, because the
// library takes its own end of a connection for wanted.
type cuttable struct{ net.Conn }

func (c cuttable) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, net.ErrClosed) {
		err = io.EOF
	}
	return n, err
}

// client5 is Eclipse Paho for MQTT 5.
type client5 struct {
	*paho5.Client
	addr    string
	session *state.State
	nc      net.Conn
	in      chan string
	ended   chan error
	ack     *paho5.Connack
}

func newPaho5(b *broker) func() client {
	return func() client {
		return &client5{addr: b.addr, session: state.NewInMemory(), in: make(chan string, 100), ended: make(chan error, 2)}
	}
}

func (c *client5) connect(o options) (bool, error) {
	nc, err := net.Dial("tcp", c.addr)
	if err != nil {
		return false, err
	}
	c.nc = nc
	c.Client = paho5.NewClient(paho5.ClientConfig{
		Conn: nc, PacketTimeout: patience, Session: c.session,
		OnPublishReceived: []func(paho5.PublishReceived) (bool, error){
			func(p paho5.PublishReceived) (bool, error) { c.in <- string(p.Packet.Payload); return true, nil },
		},
		OnServerDisconnect: func(d *paho5.Disconnect) { c.ended <- fmt.Errorf("reason 0x%02X", d.ReasonCode) },
		OnClientError:      func(err error) { c.ended <- err },
	})
	expiry := uint32(3600)
	p := &paho5.Connect{
		ClientID: o.clientID, Username: "7", UsernameFlag: true, Password: []byte(o.password), PasswordFlag: true,
		KeepAlive: 600, CleanStart: o.clean,
	}
	if !o.clean {
		p.Properties = &paho5.ConnectProperties{SessionExpiryInterval: &expiry}
	}
	if o.will != "" {
		p.WillMessage = &paho5.WillMessage{Topic: o.will, QoS: 1, Payload: []byte("offline")}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c.ack, err = c.Connect(ctx, p)
	return c.ack != nil && c.ack.SessionPresent, err
}

func (c *client5) publish(topic string, qos byte, retain bool, payload string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := c.Publish(ctx, &paho5.Publish{Topic: topic, QoS: qos, Retain: retain, Payload: []byte(payload)})
	if answer != nil && answer.ReasonCode >= 0x80 { // an error at QoS 1 only, in this client
		return fmt.Errorf("reason 0x%02X", answer.ReasonCode)
	}
	return err
}

func (c *client5) subscribe(topic string) (byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	answer, err := c.Subscribe(ctx, &paho5.Subscribe{Subscriptions: []paho5.SubscribeOptions{{Topic: topic, QoS: 1}}})
	if answer != nil && len(answer.Reasons) == 1 {
		return answer.Reasons[0], nil
	}
	return 0, err
}

func (c *client5) messages() <-chan string { return c.in }
func (c *client5) lost() <-chan error      { return c.ended }

func (c *client5) disconnect() {
	_ = c.Disconnect(&paho5.Disconnect{}) // the connection may have ended
	_ = c.nc.Close()
	<-c.Done()
}

func (c *client5) drop() { _ = c.nc.Close() }
