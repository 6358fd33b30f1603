package machineapi

import (
	"context"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"
	mqtt "github.com/eclipse/paho.mqtt.golang"
	"github.com/vendlane/vendlane/internal/devicegw"
	"github.com/vendlane/vendlane/internal/store"
	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/vending"
)

// patience bounds what should take milliseconds.
const patience = 20 * time.Second

// observed is the handler with signals for the test.
type observed struct {
	*Handler
	wills chan struct{} // a last will was handled
}

func (o observed) OnMessage(ctx context.Context, m devicegw.Message) error {
	err := o.Handler.OnMessage(ctx, m)
	if m.Will {
		o.wills <- struct{}{}
	}
	return err
}

// platform is the fixture behind a real gateway, with a running relay.
type platform struct {
	*fixture
	addr    string
	gateway *devicegw.Gateway
	wills   chan struct{}
	stop    func() // ends gateway and relay, after what is under way
}

func newPlatform(t *testing.T) *platform {
	t.Helper()
	p := &platform{fixture: newFixture(t, Config{}), wills: make(chan struct{}, 10)}
	p.clock.run() // the relay's pauses must end
	p.gateway = devicegw.New(devicegw.Config{}, observed{p.handler, p.wills}, p.deps.Log)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	p.check(err)
	p.addr = listener.Addr().String()
	relay := NewRelay(p.deps, p.gateway)
	ctx, cancel := context.WithCancel(p.ctx)
	ended := make(chan error, 2)
	go func() { ended <- p.gateway.Serve(ctx, listener) }()
	go func() { ended <- relay.Run(ctx) }()
	p.stop = sync.OnceFunc(func() {
		cancel()
		limit, done := context.WithTimeout(context.Background(), patience)
		defer done()
		p.check(p.gateway.Shutdown(limit))
		p.check(<-ended)
		p.check(<-ended)
	})
	t.Cleanup(p.stop)
	return p
}

// machine connects a 3.1.1 client as a machine does (mqtt.md §6.4 step 3).
func (p *platform) machine(will []byte) (mqtt.Client, <-chan string) {
	p.t.Helper()
	opts := mqtt.NewClientOptions().AddBroker("tcp://"+p.addr).SetClientID(machineNo).
		SetUsername(machineNo).SetPassword(password).SetCleanSession(false).SetAutoReconnect(false).
		SetBinaryWill(sharedTopic+"/"+machineNo, will, 1, false)
	client := mqtt.NewClient(opts)
	p.token(client.Connect())
	commands := make(chan string, 10)
	p.token(client.Subscribe("/clients/"+machineNo, 1, func(_ mqtt.Client, m mqtt.Message) {
		commands <- decode(p.t, string(m.Payload()))
	}))
	return client, commands
}

func (p *platform) token(token mqtt.Token) {
	p.t.Helper()
	if !token.WaitTimeout(patience) {
		p.t.Fatal("no answer from the gateway")
	}
	p.check(token.Error())
}

func receive[T any](t *testing.T, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

func TestMachineOverGateway(t *testing.T) {
	p := newPlatform(t)
	p.inTx(func(tx *store.Tx) error {
		_, err := tx.MachineOffline(p.ctx, db.MachineOfflineParams{MachineID: machineID, Epoch: 1 << 62})
		return err
	})
	p.queue(machineID, "client.pickup_codes.create", map[string]string{"id": "1", "code": "5288640"})

	client, commands := p.machine(body(t, p.offline(nil), appKey))
	if got := receive(t, commands); memberOf(t, got, "code") != "5288640" {
		t.Errorf("message that waited: %s", got)
	}
	up := func(members map[string]any) {
		t.Helper()
		p.token(client.Publish(sharedTopic+"/"+machineNo, 1, false, body(t, members, appKey)))
	}
	up(p.heartbeat(map[string]any{"network_rssi": "-51"}))
	if got := p.presence(machineID).NetworkRssi; got != "-51" {
		t.Errorf("after the PUBACK the heartbeat is not stored: rssi %q", got)
	}

	d := p.dispenseOne()
	command := receive(t, commands)
	if memberOf(t, command, "delivery_id") != strconv.FormatInt(d.ID, 10) || memberOf(t, command, "timeout") != "30" {
		t.Errorf("command %s", command)
	}
	up(p.report(d, "1", nil))
	if got := p.delivery(d.ID).State; got != vending.DeliverySuccess {
		t.Errorf("after the PUBACK the report is not applied: %s", got)
	}

	client.Publish(sharedTopic, 1, false, "not base64").WaitTimeout(patience) // dropped, and acknowledged
	up(p.heartbeat(nil))
	if got := p.dropped(reasonMalformed, ""); got != 1 {
		t.Errorf("%v messages dropped, want 1", got)
	}

	// A second connection takes over. Whether the will of the first is handled
	// before or after the new heartbeat, the machine is online in the end.
	second, _ := p.machine(body(t, p.offline(nil), appKey))
	p.token(second.Publish(sharedTopic, 1, false, body(t, p.heartbeat(nil), appKey)))
	receive(t, p.wills)
	if !p.presence(machineID).IsOnline {
		t.Error("the will of the connection that was taken over outlasted the new one's heartbeat")
	}
	client.Disconnect(0)
	second.Disconnect(0)
}

func TestMachineOverGatewayMQTT5(t *testing.T) {
	p := newPlatform(t)
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	commands := make(chan *paho.Publish, 10)
	connect := func(will []byte) (*paho.Client, net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.addr)
		p.check(err)
		client := paho.NewClient(paho.ClientConfig{
			Conn: conn,
			OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(r paho.PublishReceived) (bool, error) {
				commands <- r.Packet
				return true, nil
			}},
		})
		_, err = client.Connect(ctx, &paho.Connect{
			ClientID: machineNo, Username: machineNo, UsernameFlag: true, Password: []byte(password), PasswordFlag: true,
			KeepAlive: 60, WillMessage: &paho.WillMessage{Topic: sharedTopic, Payload: will, QoS: 1},
		})
		return client, conn, err
	}
	if _, _, err := connect(body(t, p.offline(nil), "other")); err == nil {
		t.Fatal("a will with a wrong signature was accepted")
	}
	if got := p.dropped(reasonBadSign, methodOffline); got != 1 {
		t.Errorf("%v wills counted as badly signed, want 1", got)
	}

	client, conn, err := connect(body(t, p.offline(nil), appKey))
	p.check(err)
	_, err = client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "/clients/" + machineNo, QoS: 1}}})
	p.check(err)
	d := p.dispenseOne()
	command := receive(t, commands)
	if expiry := command.Properties.MessageExpiry; expiry == nil || *expiry != 30 {
		t.Errorf("message expiry %v, want 30 s", expiry)
	}
	_, err = client.Publish(ctx, &paho.Publish{
		Topic: sharedTopic, QoS: 1, Payload: body(t, p.report(d, "0", map[string]any{"error_msg": "Over Current"}), appKey),
	})
	p.check(err)
	if got := p.delivery(d.ID); got.State != vending.DeliveryFailed || got.FailReason != "Over Current" {
		t.Errorf("after the PUBACK the report is not applied: %+v", got)
	}
	p.check(conn.Close())
	receive(t, p.wills)
	if p.presence(machineID).IsOnline {
		t.Error("the will of the lost connection had no effect")
	}
	<-client.Done()
}
